"""What happens around training: checkpoints, an early end, evaluation in the game, throughput, predictions, rewards."""

from padzoo.callbacks.closed_loop import ClosedLoop
from padzoo.callbacks.last_checkpoint import LastCheckpoint
from padzoo.callbacks.plateau import Plateau
from padzoo.callbacks.prediction_writer import PredictionWriter
from padzoo.callbacks.reward_renewal import RewardRenewal
from padzoo.callbacks.throughput import Throughput

__all__ = ["ClosedLoop", "LastCheckpoint", "Plateau", "PredictionWriter", "RewardRenewal", "Throughput"]
