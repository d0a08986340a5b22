"""What a second process gives: `python benchmarks/strategies.py FOLDER [SIZE]` prints a table.

Behavior cloning on the demonstrations in FOLDER through `padzoo fit`, reading, augmenting and logging as users do, with
one process on two threads, one on one, and two processes (DDP) on one thread each. The batch of all ranks is the same.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from padzoo.core.provenance import origin

ROUNDS, UPDATES, EVERY, BATCH = 3, 24, 4, 8
WAYS = {  # processes, threads in each
    "1 process, 1 thread": (1, 1),
    "1 process, 2 threads": (1, 2),
    "2 processes, 1 thread each": (2, 1),
}


def rate(folder: str, size: str, processes: int, threads: int) -> float:
    """Returns the frames a second of a short training, the median of its readings but the first."""
    with tempfile.TemporaryDirectory() as root:
        table = {"class_path": "lightning.pytorch.loggers.CSVLogger"}
        table["init_args"] = {"save_dir": root, "name": "", "version": ""}  # type: ignore[assignment]
        strategy = ["--trainer.strategy", "ddp"] if processes > 1 else []
        arguments = [
            *("fit", "--config", "configs/experiment/policy.yaml", "--model.size", size),
            *("--data.train", folder, "--data.batch_size", BATCH // processes, "--data.val_fraction", 0),
            *("--trainer.precision", "bf16-mixed", "--trainer.max_steps", UPDATES, "--trainer.devices", processes),
            *("--trainer.callbacks", "Throughput", "--trainer.callbacks.every", EVERY, *strategy),
            *("--trainer.log_every_n_steps", EVERY, "--trainer.logger", json.dumps(table)),
            *("--trainer.default_root_dir", root),
        ]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, "-m", "padzoo", *map(str, arguments)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        with (Path(root) / "metrics.csv").open() as file:
            rates = [float(row["train/frames_per_second"]) for row in csv.DictReader(file)]
    return median(rates[1:])


if __name__ == "__main__":
    folder, size = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "4m"
    rounds = [{name: rate(folder, size, *way) for name, way in WAYS.items()} for _ in range(ROUNDS)]
    print(f"## Strategies, {size}\n\n{origin()}")
    print(f"`python benchmarks/strategies.py FOLDER {size}`: {ROUNDS} rounds of {UPDATES} updates of {BATCH} windows\n")
    print("| way | frames/s | to one process, one thread |\n| --- | --- | --- |")
    first = next(iter(WAYS))
    for name in WAYS:
        ratio = median(found[name] / found[first] for found in rounds)
        print(f"| {name} | {median(found[name] for found in rounds):,.0f} | {ratio:.2f} |")
