"""How fast windows are read, as ratios to the bare codec on the same frames: `python benchmarks/reader.py [FOLDER]`.

Without a folder it records 64 runs over the island at 128 x 128 first. A ratio of 0.85 at 0 workers says: 85 % of what
the codec alone decodes. With workers the codec's rate is that of one process times the workers.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median

from datamodules import Demonstrations
from datamodules.shards import records
from datamodules.windows import Batch
from zoo.cli import main

BATCHES = 40
ROUNDS = 5


def codec(folder: Path) -> float:
    """Frames a second that the codec decodes, whole trajectories, bytes in memory."""
    stored = list(islice(records(folder), 32))
    start = time.perf_counter()
    frames = sum(len(record.decode().frames) for record in stored)
    return frames / (time.perf_counter() - start)


def reader(folder: Path, workers: int, cache: bool) -> Callable[[], float]:
    """Returns a measurement of frames a second out of the data module, once it runs."""
    data = Demonstrations(
        str(folder), workers=workers, cache=cache, augment=False, val_fraction=0.0, filter_noops=False, shuffle=64
    )
    batches: Iterator[Batch] = iter(data.train_dataloader())
    next(batches)

    def measure() -> float:
        start = time.perf_counter()
        frames = sum(int(batch["mask"].sum()) for batch in islice(batches, BATCHES))
        return frames / (time.perf_counter() - start)

    return measure


def compare(folder: Path) -> None:
    """Measures all in turn, several rounds, and prints the medians of rates and of ratios within a round."""
    readers = {
        "reader, 0 workers": (reader(folder, 0, cache=False), 1),
        "reader, 2 workers": (reader(folder, 2, cache=False), 2),
        "decoded once, 0 workers": (reader(folder, 0, cache=True), 1),
    }
    rates: dict[str, list[float]] = {name: [] for name in ("codec", *readers)}
    for _ in range(ROUNDS):
        rates["codec"].append(codec(folder))
        for name, (measure, _) in readers.items():
            rates[name].append(measure())
    print("| what | frames/s | ratio to the codec |\n| --- | --- | --- |")
    print(f"| codec | {median(rates['codec']):,.0f} | 1 |")
    for name, (_, processes) in readers.items():
        ratio = median(rate / codec / processes for rate, codec in zip(rates[name], rates["codec"], strict=True))
        print(f"| {name} | {median(rates[name]):,.0f} | {ratio:.2f} |")
    once = median(a / b for a, b in zip(rates["decoded once, 0 workers"], rates["reader, 0 workers"], strict=True))
    print(f"\nDecoded once against the reader, 0 workers: {once:.1f} times.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compare(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            made = Path(scratch) / "demos"
            if main(["demos", "--player", "curated", "--episodes", "64", "--size", "128", "--out", str(made)]):
                raise SystemExit(1)
            compare(made)
