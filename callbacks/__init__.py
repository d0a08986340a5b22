"""What happens around training: checkpoints, evaluation in the game, throughput, predictions, renewed reward models."""

from padzoo.callbacks.closed_loop import ClosedLoop
from padzoo.callbacks.last_checkpoint import LastCheckpoint
from padzoo.callbacks.prediction_writer import PredictionWriter
from padzoo.callbacks.reward_renewal import RewardRenewal
from padzoo.callbacks.throughput import Throughput

__all__ = ["ClosedLoop", "LastCheckpoint", "PredictionWriter", "RewardRenewal", "Throughput"]
