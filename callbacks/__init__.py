"""What happens around training: checkpoints, closed-loop evaluation with pictures, throughput, written predictions."""

from padzoo.callbacks.closed_loop import ClosedLoop
from padzoo.callbacks.last_checkpoint import LastCheckpoint
from padzoo.callbacks.prediction_writer import PredictionWriter
from padzoo.callbacks.throughput import Throughput

__all__ = ["ClosedLoop", "LastCheckpoint", "PredictionWriter", "Throughput"]
