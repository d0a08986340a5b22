"""What happens around training: checkpoints, closed-loop evaluation with pictures, throughput, written predictions."""

from callbacks.closed_loop import ClosedLoop
from callbacks.last_checkpoint import LastCheckpoint
from callbacks.prediction_writer import PredictionWriter
from callbacks.throughput import Throughput

__all__ = ["ClosedLoop", "LastCheckpoint", "PredictionWriter", "Throughput"]
