"""A finished run of a preset without the training: files as the workflow leaves them, with outcomes of choice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import digest
import numpy as np
import torch
import yaml
from agents import ALIGNED, Agent, amounts, wanted
from torch.utils.tensorboard import SummaryWriter

from padzoo.datamodules import ShardWriter, Trajectory

PAPER = Path(__file__).parents[2] / "benchmarks" / "paper"
Rates = dict[str, float]
TURNED = {"none": 70.0, "left": 10.0, "middle": 10.0, "right": 10.0}  # how any agent does in that condition


def preset(name: str) -> dict[str, Any]:
    """Reads a preset."""
    found: dict[str, Any] = yaml.safe_load((PAPER / "presets" / f"{name}.yaml").read_text())
    return found


def write(
    run: Path,
    settings: dict[str, Any],
    rates: Callable[[Agent], Rates],
    accuracy: Callable[[str, int], float],
    success: Callable[[Agent, int], float],
    updates: int = 20,
) -> None:
    """Writes a run.

    Args:
        run: Folder to make.
        settings: The preset.
        rates: How an agent's episodes end, in percent.
        accuracy: Accuracy of a reward model by encoder and comparisons, in percent.
        success: How often an agent under alignment reaches its pad at an update, 0 to 1.
        updates: Updates of an alignment.
    """
    for agent in wanted(settings, "evaluate"):
        home = run / f"{agent.size}-{agent.seed}"
        folder = home / "evaluation" / agent.name
        _trajectories(folder)
        (folder / "outcomes.json").write_text(json.dumps(rates(agent) | {"episodes": 200}))
        if agent.name.startswith("base"):
            _pretraining(home / agent.name, int(agent.name[5:] or 2400), rates(agent)["none"])
    for agent in wanted(settings, "turned"):
        folder = run / f"{agent.size}-{agent.seed}" / "turned" / agent.name
        folder.mkdir(parents=True)
        (folder / "outcomes.json").write_text(json.dumps(TURNED | {"episodes": 200}))
    for kind in ("train", "evaluate"):
        for agent in wanted(settings, kind):
            if name := ALIGNED.fullmatch(agent.name):
                _alignment(run / f"{agent.size}-{agent.seed}", agent, name["side"], success, updates)
    for agent in wanted(settings, "judge"):
        _accuracies(run / f"{agent.size}-{agent.seed}" / "reward" / agent.name, settings, accuracy)
    for side in settings["sides"]:
        (run / f"agent_{side}.gif").write_bytes(b"GIF89a")
    assert amounts(settings)
    for home in sorted(run.glob("*-*")):
        digest.write(run, home.name, settings)


def _trajectories(folder: Path) -> None:
    """Writes eight short ways, two from each spawn: to the left, and to the right or nowhere."""
    with ShardWriter(folder, source={}) as writer:
        for index in range(8):
            x, y = (-130.0, 130.0)[index % 2], (-180.0, 40.0)[index // 2 % 2]
            outcome = "left" if index < 4 else ("right", "none")[index % 2]
            way = np.linspace((x, y, 90), ((-520, 520)[outcome == "right"], 1500, 90), 12).astype(np.float32)
            frames = np.zeros((12, 8, 8, 3), np.uint8)
            actions = np.zeros((12, 16), np.int8)
            meta = {"seed": index, "outcome": outcome, "player": "synthetic"}
            writer.write(Trajectory(f"episode-{index}", frames, actions, way, meta))


def _pretraining(folder: Path, updates: int, none: float) -> None:
    (folder / "checkpoints").mkdir(parents=True)
    with SummaryWriter(str(folder)) as log:
        for step in (updates // 2 - 1, updates - 1):
            log.add_scalar("val/loss", 2 + 100 / (step + 1), step)
            log.add_scalar("closed_loop/none", none / 100, step)


def _alignment(home: Path, agent: Agent, side: str, success: Callable[[Agent, int], float], updates: int) -> None:
    (home / "agents").mkdir(parents=True, exist_ok=True)
    about = {"source": {"url": None, "revision": "0123456789ab"}}
    torch.save({"padzoo": {"about": about}}, home / "agents" / f"{agent.name}.ckpt")
    if (home / agent.name).exists():  # listed for training and for evaluation
        return
    with SummaryWriter(str(home / agent.name)) as log:
        for step in range(updates):
            rate = success(agent, step)
            ends = {"none": 1 - rate, "left": 0.0, "middle": 0.0, "right": 0.0} | {side: rate}
            for name, value in (ends | {"reward": rate, "kl": 1.0 * step}).items():
                log.add_scalar(f"train/{name}", value, step)


def _accuracies(folder: Path, settings: dict[str, Any], accuracy: Callable[[str, int], float]) -> None:
    folder.mkdir(parents=True)
    rows = [
        {"encoder": encoder, "side": folder.name, "comparisons": n, "seed": subset, "accuracy": accuracy(encoder, n)}
        | {"between": accuracy(encoder, n) + 1, "within": accuracy(encoder, n) - 1}
        for encoder in settings["encoders"]
        for n in settings["comparisons"]
        for subset in range(settings["subsets"])
    ]
    (folder / "accuracy.json").write_text(json.dumps(rows))


def unsplit(run: Path) -> None:
    """Takes from a run's digests the accuracies between categories and within them, as older ones lack them."""
    for path in (run / "digests").glob("*.json"):
        found = json.loads(path.read_text())
        for row in found["accuracies"]:
            del row["between"], row["within"]
        path.write_text(json.dumps(found))


RANKS = {"pico": 0, "nano": 1, "tiny": 2}


def rates(agent: Agent) -> dict[str, float]:
    """The paper's world: base 44, fine-tuned 11, scratch 20 and worse if smaller, give or take a point a seed."""
    none = 45.0 + 500 / int(agent.name[5:] or 2400) if agent.name.startswith("base") else 11.0
    if agent.name in ("scratch", "past"):
        none = 20.0 + 10 * (2 - RANKS[agent.size])
    rest = 100 - none - agent.seed
    ends = {"left": rest / 4, "middle": rest / 2, "right": rest / 4}
    if agent.name == "scratch" or agent.name.startswith("base"):
        ends = {"left": 0.1 * rest, "middle": 0.8 * rest, "right": 0.1 * rest}
    for side in ("left", "right"):
        if agent.name.startswith(f"prefft_{side}"):
            ends = {"left": 0.1 * rest, "middle": 0.1 * rest, "right": 0.1 * rest} | {side: 0.8 * rest}
    if name := ALIGNED.fullmatch(agent.name):
        return {"none": 2.0, "left": 0.0, "middle": 0.0, "right": 0.0} | {name["side"]: 98.0 - agent.seed / 10}
    return {"none": none + agent.seed, **ends}


def accuracy(encoder: str, comparisons: int) -> float:
    return {"agent": 92.0, "random_projection": 60.0}.get(encoder, 55.0) + len(str(comparisons))


def success(agent: Agent, update: int) -> float:
    name = ALIGNED.fullmatch(agent.name)
    assert name is not None
    speed = {"prefft": 0.10, "sft": 0.06, "base": 0.03, "balanced": 0.06, "scratch": 0.01 * (RANKS[agent.size] + 1)}
    slow = 0.6 if (name["start"], name["side"]) == ("sft", "right") else 1.0
    slow *= 0.8 + 0.04 * len(name["comparisons"])
    return min(0.99, slow * (speed[name["start"]] * update + 0.01 * agent.seed))
