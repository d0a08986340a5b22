"""One part of the report on a GPU, or on this machine's CPU: `python benchmarks/gpu_part.py train 4m` prints it.

* train: updates of behavior cloning, as Lightning runs them, on frames that are copied to the device at every update;
  then each of resident frames, convolutions whose weights lie channels last, and `torch.compile`; then all of them.
  Beside them, how many operations a second that is of those of a plain matrix product in the same process.
* fsdp: `trainer/fsdp.yaml` through the command line: train, stop, resume, export, play.
* act: decisions a second, with every trunk.
"""

import argparse
import gc
import logging
import warnings
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any, Final

import torch
from act import agent_rate, episode_rate
from sharded import sharded
from updates import Setup, by_hand, by_lightning, matrix_rate

from padzoo.allocator import keep_freed_memory
from padzoo.core.provenance import peak_memory
from padzoo.zoo.nets.cost import training_flops
from padzoo.zoo.nets.policy import CONTEXT, Policy
from padzoo.zoo.nets.trunk import TRUNKS
from padzoo.zoo.play.agent import Agent

GOAL: Final = 0.30  # of the rate of a matrix product
ALL: Final = {"resident": True, "channels_last": True, "compiled": True}
Ways = dict[str, tuple[Callable[..., list[float]], dict[str, Any]]]
WAYS: Final[Ways] = {
    "plain": (by_lightning, {}),
    "resident frames": (by_lightning, {"resident": True}),
    "channels last": (by_lightning, {"channels_last": True}),
    "all together": (by_lightning, ALL),
    "all together, by hand": (by_hand, ALL),
}
GPU_WAYS: Final[Ways] = {  # to compile takes longer on two cores than they have
    "compiled": (by_lightning, {"compiled": True}),
    "all together, 4 times the batch": (by_lightning, {**ALL, "windows": 4}),
    "all together, by hand, CUDA graphs": (by_hand, {**ALL, "graphs": True}),
}


def training(size: str, device: str) -> None:
    """Times updates in every way and prints a row of each."""
    gpu = device == "cuda"
    base = Setup(size, device, windows=128 if gpu else 2, steps=10 if gpu else 2, readings=3, resident=False)
    flops = training_flops(Policy(size))
    matrix = median(matrix_rate(device, base.precision, 8192 if gpu else 512) for _ in range(3))
    print(f"{base.windows} windows a batch, {base.precision}; a matrix product: {matrix / 1e12:,.3g} TFLOP/s; ", end="")
    print(f"goal: {GOAL:.0%} of it.\n")
    print("| | updates/s | frames/s | TFLOP/s | of a matrix product | peak memory, GB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for name, (loop, changes) in (WAYS | GPU_WAYS if gpu else WAYS).items():
        setup = replace(base, **{**changes, "windows": changes.get("windows", 1) * base.windows})
        print(f"| {name} | {_row(loop, setup, flops, matrix)} |", flush=True)
        torch.compiler.reset()  # else a batch of another size would be compiled as one of any size
        gc.collect()
        if gpu:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()


def _row(loop: Callable[..., list[float]], setup: Setup, flops: float, matrix: float) -> str:
    """Times updates in one way; returns the cells of its row."""
    try:
        rate = setup.frames / median(loop(setup.batch(), setup))
    except Exception as error:  # the next way may do
        return f"failed: {(str(error).strip() or repr(error)).splitlines()[-1].replace('|', '/')} | | | |"
    updates, share = rate / setup.windows / CONTEXT, rate * flops / matrix
    return f"{updates:,.2f} | {rate:,.0f} | {rate * flops / 1e12:,.3g} | {share:.1%} | {peak_memory():.1f}"


def acting(size: str, device: str) -> None:
    """Times decisions with every trunk and prints a row of each number of games."""
    steps = 50 if device == "cuda" else 10
    print("| trunk | precision | games | decisions/s, full windows | over episodes of 50 steps |")
    print("| --- | --- | ---: | ---: | ---: |", flush=True)
    for trunk in TRUNKS.names:
        for dtype in (torch.float32, torch.bfloat16):
            policy = Policy(size, trunk=trunk).to(device, dtype).eval()
            for games in (1, 16, 128) if device == "cuda" else (1, 4):
                agent_rate(policy, games, 1)  # warms up
                rates = agent_rate(policy, games, steps), episode_rate(Agent(policy), games)
                cells = " | ".join(f"{rate:,.0f}" for rate in rates)
                print(f"| {trunk} | {str(dtype).removeprefix('torch.')} | {games} | {cells} |", flush=True)


KINDS: Final[dict[str, Callable[[str, str], None]]] = {"train": training, "fsdp": sharded, "act": acting}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("size", help="of the policy")
    given = parser.parse_args()
    keep_freed_memory()  # as every command does
    torch.set_num_threads(1)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    KINDS[given.kind](given.size, "cuda" if torch.cuda.is_available() else "cpu")
