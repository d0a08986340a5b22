"""Reads a finished run: how agents end, how their reward models do, how they trained."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from agents import ALIGNED, Agent
from numpy.typing import NDArray
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from callbacks.heatmap import Points
from datamodules.archive import Archive
from zoo.provenance import commit, hardware

HERE: Final = Path(__file__).parent
OUTCOMES: Final = ("none", "left", "middle", "right")
HOME: Final = re.compile(r"(?P<size>[0-9a-z]+)-(?P<seed>[0-9]+)")
Json = dict[str, Any]
Series = NDArray[np.float64]


@dataclass(frozen=True)
class Alignment:
    """How one alignment by REINFORCE went.

    Args:
        agent: The aligned agent.
        start: What it started from: `prefft`, `sft`, `base`, `scratch` or `balanced`.
        side: The pad that it was asked to reach.
        comparisons: How many its reward model was trained on.
        variant: Empty, `_plain` without a baseline, or `_kl` with a KL term.
        logs: What was logged at each update, by name: `left`, `reward`, `kl` and so on, rates 0 to 1, `(U,)` each.
    """

    agent: Agent
    start: str
    side: str
    comparisons: int
    variant: str
    logs: dict[str, Series]


class Study:
    """A run of one preset, read from its files.

    Args:
        run: Folder of the run.
        preset: Name of the preset.
    """

    def __init__(self, run: Path, preset: str) -> None:
        self.run = run
        self.preset = preset
        self.settings: Json = yaml.safe_load((HERE / "presets" / f"{preset}.yaml").read_text())
        self.reference: Json = json.loads((HERE / "reference.json").read_text())
        self.sizes = list(dict.fromkeys(size for group in self.settings["agents"] for size in group["sizes"]))
        self.size: str = self.sizes[0]  # of all figures but those about size
        self.largest: int = max(self.settings["comparisons"])
        self.sides: list[str] = self.settings["sides"]

    @cached_property
    def outcomes(self) -> dict[Agent, Json]:
        """How the episodes of every evaluated agent ended, in percent."""
        found = (path.parent for path in sorted(self.run.glob("*/evaluation/*/outcomes.json")))
        return {self._agent(path.parents[1], path.name): _json(path / "outcomes.json") for path in found}

    @cached_property
    def accuracies(self) -> list[Json]:
        """Accuracy of every reward model in percent, with `size`, `agent_seed`, `of`, `side`, `encoder` and so on."""
        rows = []
        for path in sorted(self.run.glob("*/reward/*/*/accuracy.json")):
            agent = self._agent(path.parents[3], path.parents[1].name)
            whose = {"size": agent.size, "agent_seed": agent.seed, "of": agent.name}
            rows += [row | whose for row in _json(path)]
        return rows

    @cached_property
    def alignments(self) -> list[Alignment]:
        """Every finished alignment."""
        found = []
        for path in sorted(self.run.glob("*/agents/aligned_*.ckpt")):
            name = ALIGNED.fullmatch(path.stem)
            assert name is not None, path
            logs = scalars(path.parents[1] / path.stem)
            names = (*OUTCOMES, "reward", "kl", "steps")
            found.append(
                Alignment(
                    self._agent(path.parents[1], path.stem),
                    name["start"],
                    name["side"],
                    int(name["comparisons"]),
                    name["variant"],
                    {key: logs[f"train/{key}"][1] for key in names if f"train/{key}" in logs},
                )
            )
        return found

    @cached_property
    def validations(self) -> list[Json]:
        """Validation loss and closed-loop failure of every policy that imitated, at each of its validations."""
        rows = []
        for path in sorted(self.run.glob("*/*/checkpoints")):
            logs, agent = scalars(path.parent), self._agent(path.parents[1], path.parent.name)
            if "closed_loop/none" not in logs:
                continue
            for step, loss, none in zip(
                logs["val/loss"][0], logs["val/loss"][1], logs["closed_loop/none"][1], strict=True
            ):
                row = {"size": agent.size, "seed": agent.seed, "name": agent.name, "updates": int(step) + 1}
                rows.append({**row, "loss": float(loss), "none": float(100 * none)})
        return rows

    def seconds(self) -> dict[str, float]:
        """Returns how long each stage took, wall time, summed over sizes and seeds."""
        known = {name: stage for stage, name in self.names.items()}
        times: dict[str, float] = defaultdict(float)
        for path in sorted((self.run / "seconds").rglob("*.tsv")):
            with path.open() as file:
                times[known.get(path.stem, path.stem)] += float(next(csv.DictReader(file, delimiter="\t"))["s"])
        return dict(times)

    def trajectories(self, name: str) -> Iterator[tuple[str, Points]]:
        """Returns outcome and places of each evaluation episode of an agent of the main size, all seeds."""
        for agent in self.outcomes:
            if (agent.size, agent.name) == (self.size, name):
                archive = Archive(self.run / f"{agent.size}-{agent.seed}" / "evaluation" / name)
                for row in range(len(archive)):
                    record = archive.record(row)
                    if record.positions is not None:
                        yield str(record.meta["outcome"]), record.positions

    def pooled(self, name: str, size: str | None = None) -> Json | None:
        """Returns how the episodes of an agent ended, all seeds together, in percent; None if it was not evaluated."""
        rows = [row for agent, row in self.outcomes.items() if (agent.size, agent.name) == (size or self.size, name)]
        episodes = sum(row["episodes"] for row in rows)
        if not episodes:
            return None
        rates = {key: sum(row[key] * row["episodes"] for row in rows) / episodes for key in OUTCOMES}
        return {**{key: round(rate, 2) for key, rate in rates.items()}, "episodes": episodes}

    @property
    def names(self) -> dict[str, str]:
        """The agents of the pipeline's stages, by the names that a reader knows."""
        names = {name: name for name in ("base", "sft", "scratch")}
        for stage, name in (("prefft", "prefft"), ("aligned", "aligned_prefft")):
            names |= {f"{stage}_{side}": f"{name}_{side}_{self.largest}" for side in self.sides}
        return names

    def stages(self) -> dict[str, Json]:
        """Returns the outcomes of the pipeline's stages, by the names that a reader knows."""
        found = {stage: self.pooled(name) for stage, name in self.names.items()}
        return {stage: rates for stage, rates in found.items() if rates is not None}

    def provenance(self) -> Json:
        """Says where the results come from: preset, configuration, commit, hardware, seeds."""
        seeds = sorted({seed for group in self.settings["agents"] for seed in group["seeds"]})
        files = sorted(set(self.settings["configs"].values()))
        return {
            "preset": self.preset,
            "configuration": [f"benchmarks/paper/presets/{self.preset}.yaml", *files],
            "commit": commit(),
            "hardware": hardware(),
            "seeds": seeds,
        }

    def summary(self) -> Json:
        """Returns what a report is about, in JSON values; rates in percent."""
        return {
            **self.provenance(),
            "stages": self.stages(),
            "reward": self.accuracies,
            "seconds": self.seconds(),
        }

    def _agent(self, home: Path, name: str) -> Agent:
        found = HOME.fullmatch(home.name)
        assert found is not None, home
        return Agent(found["size"], int(found["seed"]), name)


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


def _json(path: Path) -> Any:
    return json.loads(path.read_text())
