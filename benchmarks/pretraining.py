"""What pre-training saves: failure after few and many updates on the curated runs, fine-tuned and from scratch.

`python benchmarks/pretraining.py CURATED BASE...`, a folder of shards and one base policy a seed, that of seed 0 first,
prints a table. What was trained and played stays in `--out`; the same command goes on with the next policy.
"""

import argparse
import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

import yaml

from padzoo.core.provenance import origin
from padzoo.core.wilson import wilson

PRESET: Final = Path("benchmarks/paper/presets/demo.yaml")
WARMUP: Final = 50  # updates, the preset's
KINDS: Final = {"sft": "fine-tuned", "scratch": "from scratch"}
Json = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One policy that learns from the curated runs as in preset `demo`, but for the number of updates.

    Args:
        kind: `sft` or `scratch`.
        seed: Seed of its training and its episodes.
        updates: Updates of its training.
    """

    kind: str
    seed: int
    updates: int

    def run(self, preset: Json, given: argparse.Namespace) -> Json:
        """Trains and plays, if that was not done before, and returns how the episodes ended, in percent."""
        home = Path(given.out) / f"{self.kind}-{self.seed}-{self.updates}"
        game = json.dumps(preset["env_args"]["agents"])
        start = ["--model.init_from", given.bases[self.seed]] if self.kind == "sft" else []
        last, played = home / "checkpoints" / "last.ckpt", home / "played"
        fit = ["--config", "configs/experiment/policy.yaml", "--config", preset["configs"][self.kind], *start]
        fit += ["--model.size", "tiny", "--game.args", game, "--trainer.precision", preset["precision"]]
        fit += ["--data.train", given.curated, "--data.seed", self.seed, "--seed_everything", self.seed]
        fit += ["--trainer.max_steps", self.updates, "--trainer.val_check_interval", self.updates]
        fit += ["--model.warmup_steps", min(WARMUP, self.updates // 4)]
        play = ["--policy", last, "--episodes", given.episodes, "--seed", self.seed, "--env_args", game]
        if not played.exists():  # a `last.ckpt` alone may be that of a training that was cut off
            shutil.rmtree(home, ignore_errors=True)
            _padzoo(home, "fit", *fit, "--trainer.default_root_dir", home)
            _padzoo(home, "rollout", *play, "--out", played)
        found: Json = json.loads((played / "outcomes.json").read_text())
        return found


def _padzoo(home: Path, *arguments: object) -> None:
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{arguments[0]}.log").open("w") as log:
        subprocess.run(["padzoo", *map(str, arguments)], check=True, stdout=log, stderr=log)


def _cell(rows: list[Json]) -> str:
    episodes = sum(row["episodes"] for row in rows)
    failures = round(sum(row["none"] * row["episodes"] / 100 for row in rows))
    low, high = wilson(failures, episodes)
    seeds = ", ".join(f"{row['none']:.1f}" for row in rows)
    return f"**{100 * failures / episodes:.1f}** ({100 * low:.1f} to {100 * high:.1f}; {seeds})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("curated")
    parser.add_argument("bases", nargs="+")
    parser.add_argument("--updates", type=int, nargs="+", default=[20, 40, 80, 160])
    parser.add_argument("--episodes", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once")
    parser.add_argument("--out", default="runs/pretraining")
    given = parser.parse_args()
    preset = yaml.safe_load(PRESET.read_text())
    seeds = range(len(given.bases))
    trials = [Trial(*which) for which in product(KINDS, seeds, given.updates)]
    with ThreadPoolExecutor(given.jobs) as pool:
        found = dict(zip(trials, pool.map(lambda trial: trial.run(preset, given), trials), strict=True))
    print(
        f"# What pre-training saves\n\n{origin()} Seeds {', '.join(map(str, seeds))}, {given.episodes} episodes each.\n"
    )
    print("Percent of episodes that fail: of all, its 95 % Wilson interval, and of each seed.\n")
    print(f"| updates | {' | '.join(KINDS.values())} |\n| --- | --- | --- |")
    for updates in given.updates:
        print(f"| {updates} | {' | '.join(_cell([found[Trial(k, s, updates)] for s in seeds]) for k in KINDS)} |")
