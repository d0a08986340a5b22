"""What a report needs of one home, RUN/SIZE-SEED, in one small file: a study may run on several machines."""

import argparse
import csv
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
import yaml
from agents import wanted
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from values import Json

from padzoo.callbacks.heatmap import CELL
from padzoo.core.provenance import hardware
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.envs.island.plan import SPAWNS

OUTCOMES: Final = ("none", "left", "middle", "right")
FOLLOWED: Final = ("base", "sft")  # policies whose ways are drawn
Series = NDArray[np.float64]


@dataclass(frozen=True)
class Home:
    """The finished agents of one size and seed.

    Args:
        run: Folder of the run.
        name: Name of the home in it, `SIZE-SEED`.
        preset: The preset.
    """

    run: Path
    name: str
    preset: Json

    @property
    def folder(self) -> Path:
        """Where the agents lie."""
        return self.run / self.name

    def outcomes(self) -> Json:
        """Returns how the episodes of every evaluated agent ended, in percent, by name."""
        return {path.parent.name: _json(path) for path in sorted(self.folder.glob("evaluation/*/outcomes.json"))}

    def turned(self) -> Json:
        """Returns how the episodes of the agents ended that were evaluated in that condition, in percent, by name."""
        return {path.parent.name: _json(path) for path in sorted(self.folder.glob("turned/*/outcomes.json"))}

    def accuracies(self) -> list[Json]:
        """Returns the accuracy of every reward model in percent, with `of`, `side`, `encoder` and so on."""
        paths = sorted(self.folder.glob("reward/*/*/accuracy.json"))
        return [row | {"of": path.parents[1].name} for path in paths for row in _json(path)]

    def alignments(self) -> Json:
        """Returns what every alignment logged at each update, by name: `left`, `reward`, `kl` and so on."""
        found = {}
        listed = {agent.name for kind in ("train", "evaluate") for agent in wanted(self.preset, kind)}
        for path in sorted(self.folder.glob("agents/aligned_*.ckpt")):
            if path.stem in listed:  # not what an earlier form of the preset has left
                logs = scalars(self.folder / path.stem)
                names = [name for name in (*OUTCOMES, "reward", "kl", "steps") if f"train/{name}" in logs]
                found[path.stem] = {name: np.round(logs[f"train/{name}"][1], 4).tolist() for name in names}
        return found

    def validations(self) -> list[Json]:
        """Returns validation loss and closed-loop failure of every policy that imitated, at each of its validations."""
        rows = []
        for path in sorted(self.folder.glob("*/checkpoints")):
            logs = scalars(path.parent)
            if "closed_loop/none" not in logs:
                continue
            losses, failures = logs["val/loss"], logs["closed_loop/none"]
            for step, loss, none in zip(losses[0], losses[1], failures[1], strict=True):
                row = {"name": path.parent.name, "updates": int(step) + 1}
                rows.append({**row, "loss": float(loss), "none": float(100 * none)})
        return rows

    def cells(self) -> dict[str, list[list[int]]]:
        """Returns where every evaluated agent went, by name: centres of cells and how often, `(x, y, count)` each."""
        found = {}
        for name in self.outcomes():
            places = np.concatenate([positions[:, :2] for _, positions in self._episodes(name)])
            cells, counts = np.unique((places // CELL * CELL + CELL // 2).astype(int), axis=0, return_counts=True)
            found[name] = np.column_stack([cells, counts]).tolist()
        return found

    def ways(self) -> dict[str, list[Json]]:
        """Returns every third place of the episodes that reached the left or right pad, with the spawn, by name."""
        found: dict[str, list[Json]] = {}
        for name in sorted(set(FOLLOWED) & set(self.outcomes())):
            found[name] = []
            for ended, positions in self._episodes(name):
                if ended in ("left", "right"):
                    spawn = int(np.hypot(*(np.asarray(SPAWNS) - positions[0, :2]).T).argmin())
                    places = positions[::3, :2].round().astype(int).tolist()
                    found[name].append({"outcome": ended, "spawn": spawn, "places": places})
        return found

    def digest(self) -> Json:
        """Returns all of it, and where it comes from."""
        size, _, seed = self.name.rpartition("-")
        return {
            **{"size": size, "seed": int(seed), "commit": "; ".join(self.commits()), "hardware": hardware()},
            "settings": fingerprint(self.preset),
            "outcomes": self.outcomes(),
            "turned": self.turned(),
            "accuracies": self.accuracies(),
            "alignments": self.alignments(),
            "validations": self.validations(),
            "cells": self.cells(),
            "ways": self.ways(),
            "seconds": seconds(self.run / "seconds" / self.name),
            "demos_seconds": seconds(self.run / "seconds"),
        }

    def commits(self) -> list[str]:
        """Returns the commits at which the agents were trained, in that order."""
        paths = sorted(self.folder.glob("agents/*.ckpt"), key=lambda path: path.stat().st_mtime)
        about = [torch.load(path, mmap=True, weights_only=True)["padzoo"]["about"] for path in paths]
        return list(dict.fromkeys(each["source"]["revision"] for each in about))

    def _episodes(self, name: str) -> list[tuple[str, NDArray[np.float32]]]:
        """Returns outcome and places, `(T, 3)`, of each evaluation episode of an agent."""
        archive = ShardSet(self.folder / "evaluation" / name)
        records = [archive.record(row) for row in range(len(archive))]
        return [(str(one.meta["outcome"]), one.positions) for one in records if one.positions is not None]


def seconds(folder: Path) -> dict[str, float]:
    """Returns how long each stage took whose time was kept in a folder, wall time."""
    found = {}
    for path in sorted(folder.glob("*.tsv")):
        with path.open() as file:
            found[path.stem] = float(next(csv.DictReader(file, delimiter="\t"))["s"])
    return found


def scalars(folder: Path) -> dict[str, tuple[Series, Series]]:
    """Reads what a training logged, also in several goes: steps and values by name; what was done twice counts once."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    found = {}
    for name in events.Tags()["scalars"]:
        values = {event.step: event.value for event in events.Scalars(name)}
        steps = sorted(values)
        found[name] = np.array(steps, dtype=np.float64), np.array([values[step] for step in steps])
    return found


def configurations(preset: Json) -> set[str]:
    """Returns the configurations that a preset adds to stages, as paths."""
    return {*preset["configs"].values(), *(each["config"] for each in preset["alignments"].values())}


def fingerprint(preset: Json) -> str:
    """Hashes what decides how agents are made, so that results of different settings are not mixed up.

    Args:
        preset: The preset; which agents it lists does not matter.
    """
    files = {path: yaml.safe_load(Path(path).read_text()) for path in configurations(preset)}
    held = {name: value for name, value in preset.items() if name != "agents"} | {"files": files}
    return sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()[:16]


def write(run: Path, name: str, preset: Json) -> None:
    """Writes the digest of a home to RUN/digests.

    Args:
        run: Folder of the run.
        name: The home, `SIZE-SEED`.
        preset: The preset.

    Raises:
        ValueError: If nothing of the home is there.
    """
    if not (run / name).is_dir():
        raise ValueError(f"{run / name}: no such home; its digest stays as it is")
    target = run / "digests" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    aside = target.with_suffix(".partial")
    aside.write_text(json.dumps(Home(run, name, preset).digest(), separators=(",", ":")) + "\n")
    aside.replace(target)


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--home", required=True, help="SIZE-SEED")
    parser.add_argument("--preset", required=True)
    given = parser.parse_args()
    preset_file = Path(__file__).parent / "presets" / f"{given.preset}.yaml"
    write(given.run, given.home, yaml.safe_load(preset_file.read_text()))
