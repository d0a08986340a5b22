"""Reads a finished run: how agents end, how their reward models do, how they trained."""

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from agents import ALIGNED, Agent
from digest import OUTCOMES, Series, configurations
from values import Json

from padzoo.zoo.nets.policy import SIZES

HERE: Final = Path(__file__).parent
FINAL: Final = 10  # updates at the end of an alignment that count as its result


@dataclass(frozen=True)
class Alignment:
    """How one alignment went.

    Args:
        agent: The aligned agent.
        start: What it started from: `prefft`, `sft`, `base`, `scratch` or `balanced`.
        side: The pad that it was asked to reach.
        comparisons: How many its reward model was trained on.
        aligner: By which of the preset's `alignments`, such as `main`.
        logs: What was logged at each update, by name: `left`, `reward`, `kl` and so on, rates 0 to 1, `(U,)` each.
    """

    agent: Agent
    start: str
    side: str
    comparisons: int
    aligner: str
    logs: dict[str, Series]

    def curve(self, name: str, updates: int) -> Series:
        """Returns a log over so many updates, `(U,)`: one that stopped early, since it was flat, is continued so."""
        values = self.logs[name][:updates]
        return np.append(values, np.full(updates - len(values), values[-FINAL:].mean()))


class Study:
    """A run of one preset, read from the digests of its homes: those that are there.

    Args:
        run: Folder of the run.
        preset: Name of the preset.
    """

    def __init__(self, run: Path, preset: str) -> None:
        self.preset = preset
        self.settings: Json = yaml.safe_load((HERE / "presets" / f"{preset}.yaml").read_text())
        self.reference: Json = json.loads((HERE / "reference.json").read_text())
        self.digests: list[Json] = [json.loads(path.read_text()) for path in sorted((run / "digests").glob("*.json"))]
        if len({digest["settings"] for digest in self.digests if "settings" in digest}) > 1:  # earlier ones say none
            raise SystemExit(f"{run}/digests: of different settings of the preset; allowed: those of one")
        groups = self.settings["agents"]
        self.size: str = groups[0]["sizes"][0]  # of all figures but those about size
        self.sizes = [size for size in SIZES if any(size in group["sizes"] for group in groups)]  # the smallest first
        self.largest: int = max(self.settings["comparisons"])
        self.sides: list[str] = self.settings["sides"]

    @cached_property
    def outcomes(self) -> dict[Agent, Json]:
        """How the episodes of every evaluated agent ended, in percent."""
        return {agent: row for digest in self.digests for agent, row in _agents(digest, "outcomes").items()}

    @cached_property
    def turned(self) -> dict[Agent, Json]:
        """How they ended in the condition `turned`, of the agents that were evaluated in it."""
        return {agent: row for digest in self.digests for agent, row in _agents(digest, "turned").items()}

    @cached_property
    def accuracies(self) -> list[Json]:
        """Accuracy of every reward model in percent, with `size`, `agent_seed`, `of`, `side`, `encoder` and so on."""
        whose = [{"size": digest["size"], "agent_seed": digest["seed"]} for digest in self.digests]
        return [row | of for digest, of in zip(self.digests, whose, strict=True) for row in digest["accuracies"]]

    @cached_property
    def alignments(self) -> list[Alignment]:
        """Every finished alignment."""
        found = []
        for digest in self.digests:
            for agent, logged in _agents(digest, "alignments").items():
                name = ALIGNED.fullmatch(agent.name)
                assert name is not None, agent
                logs = {key: np.array(values) for key, values in logged.items()}
                how = (name["start"], name["side"], int(name["comparisons"]), name["variant"][1:] or "main")
                found.append(Alignment(agent, *how, logs))
        return found

    def updates(self, aligner: str) -> int:
        """Returns how many batches of play the longest alignment by an aligner has."""
        return max(len(one.logs[one.side]) for one in self.alignments if one.aligner == aligner)

    @cached_property
    def validations(self) -> list[Json]:
        """Validation loss and closed-loop failure of every policy that imitated, at each of its validations."""
        whose = [{"size": digest["size"], "seed": digest["seed"]} for digest in self.digests]
        return [row | of for digest, of in zip(self.digests, whose, strict=True) for row in digest["validations"]]

    def seconds(self) -> dict[str, float]:
        """Returns how long each stage took, wall time, summed over sizes and seeds."""
        known = {name: stage for stage, name in self.names.items()}
        times: dict[str, float] = defaultdict(float)
        for digest in self.digests:
            times |= digest["demos_seconds"]  # recorded once a run
            for name, spent in digest["seconds"].items():
                times[known.get(name, name)] += spent
        return dict(times)

    def cells(self, name: str) -> list[list[int]]:
        """Returns where an agent of the main size went, all seeds: centres of cells and how often, `(x, y, count)`."""
        counts: dict[tuple[int, int], int] = defaultdict(int)
        for digest in self.digests:
            if digest["size"] == self.size:
                for x, y, count in digest["cells"].get(name, []):
                    counts[x, y] += count
        return [[x, y, count] for (x, y), count in sorted(counts.items())]

    def ways(self, name: str) -> list[Json]:
        """Returns the ways of an agent of the main size to the left and right pad, all seeds."""
        homes = [digest for digest in self.digests if digest["size"] == self.size]
        return [way | {"seed": home["seed"]} for home in homes for way in home["ways"].get(name, [])]

    def pooled(self, name: str, size: str | None = None, turned: bool = False) -> Json | None:
        """Returns how the episodes of an agent ended, in percent; None if it was not evaluated.

        That is of all episodes; of several seeds `by_seed` too.
        """
        found = self.turned if turned else self.outcomes
        rows = [row for agent, row in found.items() if (agent.size, agent.name) == (size or self.size, name)]
        episodes = sum(row["episodes"] for row in rows)
        if not episodes:
            return None
        rates = {key: sum(row[key] * row["episodes"] for row in rows) / episodes for key in OUTCOMES}
        by_seed = {"by_seed": {key: [row[key] for row in rows] for key in OUTCOMES}} if len(rows) > 1 else {}
        return {**{key: round(rate, 2) for key, rate in rates.items()}, "episodes": episodes, **by_seed}

    @property
    def names(self) -> dict[str, str]:
        """The agents of the pipeline's stages, by the names that a reader knows."""
        names = {name: name for name in ("base", "sft", "scratch")}
        for stage, name in (("prefft", "prefft"), ("aligned", "aligned_prefft")):
            names |= {f"{stage}_{side}": f"{name}_{side}_{self.largest}" for side in self.sides}
        return names

    def stages(self, turned: bool = False) -> dict[str, Json]:
        """Returns the outcomes of the pipeline's stages, by the names that a reader knows."""
        found = {stage: self.pooled(name, turned=turned) for stage, name in self.names.items()}
        return {stage: rates for stage, rates in found.items() if rates is not None}

    def provenance(self) -> Json:
        """Says where the results come from: preset, configuration, commit, hardware, seeds."""
        files = sorted(configurations(self.settings))
        return {
            "preset": self.preset,
            "configuration": [f"benchmarks/paper/presets/{self.preset}.yaml", *files],
            "commit": self._distinct("commit"),
            "hardware": self._distinct("hardware"),
            "seeds": sorted({digest["seed"] for digest in self.digests}),
        }

    def summary(self) -> Json:
        """Returns what a report is about, in JSON values; rates in percent."""
        turned = {"turned": self.stages(turned=True)} if self.turned else {}  # studies of before know no conditions
        made = {digest["size"] for digest in self.digests}
        lengths = [len(alignment.logs[alignment.side]) for alignment in self.alignments]
        ends = [min(lengths), max(lengths)] if lengths else []
        return {
            **self.provenance(),
            "networks": [size for size in SIZES if size in made],
            "alignments": {"count": len(lengths), "updates": ends},
            "stages": self.stages(),
            **turned,
            "reward": self.accuracies,
            "seconds": self.seconds(),
        }

    def _distinct(self, key: str) -> str:
        found = (each for digest in self.digests for each in digest[key].split("; "))
        return "; ".join(dict.fromkeys(found))


def _agents(digest: Json, key: str) -> dict[Agent, Json]:
    return {Agent(digest["size"], digest["seed"], name): value for name, value in digest.get(key, {}).items()}
