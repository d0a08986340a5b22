"""What happens around training: closed-loop evaluation with pictures, throughput, written predictions."""

from callbacks.closed_loop import ClosedLoop
from callbacks.prediction_writer import PredictionWriter
from callbacks.throughput import Throughput

__all__ = ["ClosedLoop", "PredictionWriter", "Throughput"]
