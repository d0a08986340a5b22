"""How fast windows are read, in ratios measured in one run: `python benchmarks/reader.py [FOLDER]` prints a table.

Without a folder it records 96 runs over the island at 128 x 128 first. What is compared, frames a second each:

* codec: the same trajectories decoded from memory, in as many processes as read (0 workers: one);
* reader: `Demonstrations`, shuffled windows of 32 in batches of 16, not augmented, with 0 and 2 workers;
* memory map: the same with `cache: true`;
* one member a frame: WebDataset as most people use it, a tar member for every JPEG;
* litdata: its own chunks with the same bytes, if it is installed (`pip install litdata`).
"""

import io
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from functools import partial
from itertools import chain, islice, pairwise, repeat
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np
import simplejpeg
import torch
import webdataset as wds

from padzoo.allocator import keep_freed_memory
from padzoo.cli import main
from padzoo.core.provenance import origin
from padzoo.datamodules import Demonstrations
from padzoo.datamodules.sets.shard_set import ShardSet

BATCH, CONTEXT = 16, 32
SECONDS = 4.0  # that every measurement takes
ROUNDS = 7


def rate(counts: Iterator[int]) -> float:
    """Frames a second of an endless iterator over frame counts."""
    start, frames = time.perf_counter(), 0
    for count in counts:
        frames += count
        elapsed = time.perf_counter() - start
        if elapsed > SECONDS:
            return frames / elapsed
    raise AssertionError


def decode(folder: Path) -> float:
    """Frames a second of the codec alone, whole trajectories, bytes in memory."""
    stored = list(islice(ShardSet(folder).stream(), 32))
    return rate(len(record.decode().frames) for record in chain.from_iterable(repeat(stored)))


def codec(folder: Path, processes: int) -> float:
    """Frames a second of the codec in some processes at once."""
    with get_context("fork").Pool(processes) as pool:
        return float(sum(pool.map(decode, [folder] * processes)))


def reader(folder: Path, workers: int, cache: bool) -> Iterator[int]:
    """Counts the frames of the data module's batches."""
    data = Demonstrations(
        str(folder), workers=workers, cache=cache, augment=False, val_fraction=0.0, batch_size=BATCH, context=CONTEXT
    )
    for batch in data.train_dataloader():
        yield int(batch["mask"].sum())


def one_member_a_frame(folder: Path, scratch: Path) -> Iterator[int]:
    """Counts the frames of WebDataset over tars that hold a member for every frame."""
    names = []
    shards = ShardSet(folder)
    for number, path in enumerate(shards.manifest.paths):
        names.append(str(scratch / path.name))
        with tarfile.open(names[-1], "w") as tar:
            for record in shards.stream([number]):
                for step, (start, stop) in enumerate(pairwise(record.offsets.tolist())):
                    info = tarfile.TarInfo(f"{record.key}.{step:04d}.jpg")
                    info.size = stop - start
                    tar.addfile(info, io.BytesIO(record.data[start:stop]))
    source = wds.WebDataset(names, shardshuffle=8, seed=0, empty_check=False).repeat().shuffle(64, initial=64)
    windows = (
        [sample[name] for name in part]
        for sample in source
        for part in np.array_split(sorted(k for k in sample if k.endswith(".jpg")), 3)
    )
    while True:
        batch = np.zeros((BATCH, CONTEXT + 2, 128, 128, 3), np.uint8)
        count = 0
        for row, window in enumerate(islice(windows, BATCH)):
            for place, image in enumerate(window[: CONTEXT + 2]):
                simplejpeg.decode_jpeg(image, "RGB", fastdct=False, fastupsample=False, buffer=batch[row, place])
                count += 1
        torch.from_numpy(batch)
        yield count


def litdata(folder: Path, scratch: Path) -> dict[str, Iterator[int]]:
    """Counts the frames of litdata's batches, where it is installed."""
    try:
        from baseline_litdata import litdata_windows
    except ModuleNotFoundError as error:
        print(f"not compared: {error}\n")
        return {}
    return litdata_windows(folder, scratch / "litdata", BATCH)


def compare(folder: Path, scratch: Path) -> None:
    """Measures all in turn, several rounds, and prints the medians of rates and of ratios within a round."""
    streams: dict[str, Iterator[int]] = {
        "reader, 0 workers": reader(folder, 0, cache=False),
        "reader, 2 workers": reader(folder, 2, cache=False),
        "memory map, 0 workers": reader(folder, 0, cache=True),
        "memory map, 2 workers": reader(folder, 2, cache=True),
        "WebDataset, one member a frame": one_member_a_frame(folder, scratch),
        **litdata(folder, scratch),
    }
    measures: dict[str, Callable[[], float]] = {
        "codec, 1 process": partial(codec, folder, 1),
        "codec, 2 processes": partial(codec, folder, 2),
        **{name: partial(rate, counts) for name, counts in streams.items()},
    }
    for counts in streams.values():
        next(counts)
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(ROUNDS)]
    print("| what | frames/s |\n| --- | --- |")
    for name in measures:
        print(f"| {name} | {median(found[name] for found in rounds):,.0f} |")
    print("\n| ratio | median | least to greatest | goal |\n| --- | --- | --- | --- |")
    for one, other, goal in (
        ("reader, 0 workers", "codec, 1 process", "0.85"),
        ("reader, 2 workers", "codec, 2 processes", "0.60"),
        ("memory map, 0 workers", "reader, 0 workers", "10"),
        ("reader, 0 workers", "WebDataset, one member a frame", "-"),
        ("reader, 0 workers", "litdata, 0 workers", "1"),
        ("reader, 2 workers", "litdata, 2 workers", "1"),
    ):
        if other in measures:
            ratios = [found[one] / found[other] for found in rounds]
            print(f"| {one} / {other} | {median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} | {goal} |")


def run(arguments: list[str]) -> None:
    """Records a set if none is given, and compares."""
    torch.set_num_threads(1)
    keep_freed_memory()  # as every command does
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder = Path(arguments[0]) if arguments else scratch / "demos"
        if not arguments:
            with redirect_stdout(sys.stderr):  # the report alone goes to standard output
                if main(["demos", "--player", "curated", "--episodes", "96", "--out", str(folder)]):
                    raise SystemExit(1)
        print(f"## Reading\n\n{origin()}")
        print(f"`python benchmarks/reader.py`, {ROUNDS} rounds of {SECONDS:.0f} s each\n")
        compare(folder, scratch)


if __name__ == "__main__":
    run(sys.argv[1:])
