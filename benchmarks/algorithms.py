"""The algorithms of `aligners.py`: what each is trained with, a training of it, and what came of that."""

import statistics
from dataclasses import dataclass, field
from itertools import product
from typing import Final

Settings = dict[str, str | int | float]
SIDES: Final = ("left", "right")
BATCH: Final = 32  # episodes a batch of play, and games at once
ROUND: Final = 192  # episodes a round of DPO and ReST, and over which success is averaged before it counts as reached
GOOD: Final = 0.9
RATES: Final = (3e-4, 1e-3, 3e-3)


@dataclass(frozen=True)
class Algorithm:
    """How one is trained.

    Args:
        config: Its configuration, `experiment/CONFIG.yaml`; `best_of` plays and trains nothing.
        fixed: Options that it always has.
        tried: What its settings are chosen from, by option.
        like: The algorithm whose chosen settings it takes.
    """

    config: str
    fixed: Settings = field(default_factory=dict)
    tried: dict[str, tuple[float, ...]] = field(default_factory=dict)
    like: str | None = None

    def settings(self) -> list[Settings]:
        """Returns what its settings are chosen from."""
        return [dict(zip(self.tried, values, strict=True)) for values in product(*self.tried.values())]


def _rloo(group: int) -> Algorithm:
    return Algorithm("rloo", {"data.group": group}, like="rloo, 8 of a start")


KL: Final[dict[str, tuple[float, ...]]] = {"model.lr": RATES, "model.kl_weight": (0.0, 4e-3)}
ALGORITHMS: Final = {
    "reinforce, the paper's": Algorithm("reinforce", {"model.lr": 1e-4, "data.batch_size": 16}),
    "reinforce, leave one out": Algorithm("reinforce", {"model.baseline": "leave_one_out"}, KL),
    "rloo, 8 of a start": Algorithm("rloo", {"data.group": 8}, KL),
    "rloo, 2 of a start": _rloo(2),
    "rloo, 4 of a start": _rloo(4),
    "rloo, 16 of a start": _rloo(16),
    "grpo, 8 of a start": Algorithm("grpo", {"data.group": 8}, {"model.lr": RATES, "model.epochs": (1, 2)}),
    "ppo": Algorithm("ppo", {}, {"model.lr": RATES, "model.epochs": (2, 4)}),
    "rest": Algorithm(
        "rest", {"data.batch_size": ROUND, "model.minibatches": 4}, {"model.lr": RATES, "model.epochs": (2, 4)}
    ),
    "dpo, on recordings": Algorithm("dpo", {}, like="dpo, on its own play"),
    "dpo, on its own play": Algorithm("dpo", {}, {"model.lr": (3e-5, 1e-4, 3e-4), "model.beta": (0.1, 0.5)}),
    "best of 8": Algorithm("best_of"),
}


@dataclass(frozen=True)
class Cell:
    """One training.

    Args:
        algorithm: Its name in `ALGORITHMS`.
        start: `sft` or `prefft`.
        side: The pad that is wanted.
        seed: Its seed, and its agent's.
        settings: What was chosen, or is tried.
        episodes: Of play.
    """

    algorithm: str
    start: str
    side: str
    seed: int
    settings: Settings
    episodes: int

    @property
    def name(self) -> str:
        """Its folder's name."""
        words = [self.algorithm, self.start, self.side, self.seed, self.episodes, *self.settings.values()]
        return "-".join(map(str, words)).replace(", ", "_").replace(" ", "_").replace("'", "")


@dataclass(frozen=True)
class Result:
    """What came of a training.

    Args:
        cell: The training.
        curve: Share of a batch's episodes that reached the pad, batch by batch.
        batch: Episodes a batch.
        kl: Divergence from the start in the last batches, in nats an episode; None if it is not measured.
        seconds: How long its training took, in this sitting if it was cut off.
        outcomes: Percentages of the fresh episodes, and their number; none of a training whose loss became infinite.
        inputs: Hash of the agent and the reward model that it was made with.
    """

    cell: Cell
    curve: list[float]
    batch: int
    kl: float | None
    seconds: float
    outcomes: dict[str, float]
    inputs: str | None = None

    @property
    def success(self) -> float:
        """Percentage of fresh episodes that reached the pad; 0 if there is no agent to judge."""
        return self.outcomes.get(self.cell.side, 0.0)

    @property
    def opposite(self) -> float:
        """Percentage of fresh episodes that reached the opposite pad."""
        return sum(self.outcomes.get(side, 0.0) for side in SIDES if side != self.cell.side)

    @property
    def smooth(self) -> list[float]:
        """Success averaged over the episodes before, after each batch from the first that has so many."""
        width = max(1, ROUND // self.batch)
        return [statistics.fmean(self.curve[end - width : end]) for end in range(width, len(self.curve) + 1)]

    @property
    def until_good(self) -> float:
        """Episodes after which smoothed success was at 90 % for the first time; infinite if it never was."""
        first = next((at for at, value in enumerate(self.smooth) if value >= GOOD), None)
        return float("inf") if first is None else (first + max(1, ROUND // self.batch)) * self.batch
