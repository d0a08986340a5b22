"""FSDP through the command line: a training is stopped, resumed, exported and played. A part of `gpu.py`."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from unittest.mock import patch

import torch
from checkout import HERE
from lightning.pytorch.strategies import FSDPStrategy
from torch import Tensor
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.distributed.fsdp._flat_param import FlatParamHandle
from torch.nn import Module
from torch.optim import Optimizer

from padzoo.zoo import hub
from padzoo.zoo.nets.policy import SIZES

STOP, END = 3, 6  # updates
WINDOWS: Final = 4  # a batch and process
PATIENT: Final = '{"patience": 600}'
SHORT: Final = '{"max_steps": 60, "patience": 600}'
ON_CPU: Final = (
    *("--trainer.accelerator", "cpu", "--trainer.devices", 2, "--trainer.strategy.class_path", "sharded.FSDPOnCPU"),
    *("--trainer.strategy.init_args.auto_wrap_policy", "[padzoo.zoo.nets.gpt2.Block]"),
    *("--trainer.strategy.init_args.state_dict_type", "full"),
)


class FSDPOnCPU(FSDPStrategy):
    """FSDP of processes on a CPU: PyTorch can do so if it is asked to, and Lightning does not know this class."""

    def _setup_model(self, model: Module) -> Module:
        """Wraps the model as ever, but for the device."""
        return FullyShardedDataParallel(
            model,
            mixed_precision=self.mixed_precision_config,
            sharding_strategy=self.sharding_strategy,
            device_id=torch.device("cpu"),
            **self.kwargs,
        )

    def optimizer_state(self, optimizer: Optimizer) -> dict[str, Tensor]:
        """Copies what is gathered: PyTorch gathers one moment after another into one buffer, and keeps views of it."""
        views = FlatParamHandle._get_unflat_views_aligned
        with patch.object(FlatParamHandle, views.__name__, lambda handle, flat: views(handle, flat.clone())):
            return super().optimizer_state(optimizer)


class Steps:
    """Runs commands and prints a row of each.

    Args:
        root: Where they run.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        print("| step | seconds |\n| --- | --- |", flush=True)

    def run(self, name: str, *words: object) -> None:
        """Runs a command of padzoo.

        Raises:
            RuntimeError: If it fails, with the last line that it wrote.
        """
        paths = [str(HERE), str(HERE / "benchmarks"), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        command, start = [sys.executable, "-m", "padzoo", *map(str, words)], time.perf_counter()
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{name}: {(done.stderr.strip() or str(done.returncode)).splitlines()[-1]}")
        print(f"| {name} | {time.perf_counter() - start:.0f} |", flush=True)


def sharded(size: str, device: str) -> None:
    """Trains a policy, stops it, resumes it, exports it and plays it, and says whether the resumed one is the same."""
    with tempfile.TemporaryDirectory() as folder:
        steps = Steps(Path(folder))
        fit: tuple[object, ...] = ("fit", "--config", "experiment/policy.yaml", "--trainer", "trainer/fsdp.yaml")
        fit += ("--model.size", size, "--model.warmup_steps", 0, "--data.train", "shards", "--data.workers", 0)
        fit += ("--data.cache", "true", "--data.val_fraction", 0, "--data.batch_size", WINDOWS)
        fit += ("--trainer.limit_val_batches", 0, *(ON_CPU if device == "cpu" else ()), "--trainer.default_root_dir")
        last = Path("checkpoints", "last.ckpt")
        record = ("--player", "curated", "--episodes", 4, "--size", SIZES[size].image_size, "--env_args", PATIENT)
        steps.run("record 4 runs", "demos", *record, "--games", 2, "--out", "shards")
        steps.run(f"train {END} updates", *fit, "whole", "--trainer.max_steps", END)
        steps.run(f"train {STOP} updates", *fit, "parted", "--trainer.max_steps", STOP)
        before = weights(steps.root / "parted" / last)
        steps.run(f"resume to {END}", *fit, "parted", "--trainer.max_steps", END, "--ckpt_path", "last")
        steps.run("export", "export", Path("parted") / last, "--format", "safetensors", "--out", "exported")
        play = ("--policy", "exported", "--episodes", 1, "--env_args", SHORT, "--games", 1)
        steps.run("play an episode", "rollout", *play, "--out", "played")
        whole, parted = (weights(steps.root / name / last) for name in ("whole", "parted"))
        exported = weights(steps.root / "exported")
    print(f"\nBetween the resumed training and the one in one go, a weight differs by up to {gap(whole, parted):.1e}")
    print(f"(the updates after the stop moved one by up to {gap(before, parted):.1e}); between the checkpoint and what")
    print(f"is exported, by {gap(parted, exported):.1e}.", flush=True)


def weights(path: Path) -> dict[str, Tensor]:
    """Returns a policy's weights by name."""
    return hub.load(str(path), "policy").state_dict()


def gap(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    """Returns the largest difference between weights of the same names."""
    assert one.keys() == other.keys()
    return max(float((one[name] - other[name]).abs().max()) for name in one)
