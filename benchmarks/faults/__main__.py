"""Puts faults into commands and counts what they end in: `python benchmarks/faults --faults 500 --out FOLDER`.

Every fault is drawn from the seed and its number: a command, a kind of fault and a moment. What was tried before is
kept in FOLDER and not tried again. It needs Linux, root, and a kernel that allows mounts in a namespace of one's own.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bad_server import serve
from faults import FAULTS, Fault, Reference
from missions import MISSIONS, Mission
from tally import tally
from trial import Trial
from verdict import Verdict, judge

ANEW: Final = 0.15  # of the commands are started anew, and import everything themselves
INSIDE: Final = "PADZOO_FAULTS_INSIDE"  # set in the namespace that the mounts are in


def reference(mission: Mission, folder: Path, inputs: Path) -> Reference:
    """Runs a command without a fault, or reads what came of that before.

    Args:
        mission: The command.
        folder: Where its place is.
        inputs: Folder of the inputs.
    """
    kept = folder.with_suffix(".json")
    if kept.exists():
        return Reference(**json.loads(kept.read_text()))
    with serve(inputs, None, random.Random(0), once=True) as server:
        trial = Trial(mission, folder, inputs, server.url)
        process, begins = trial.start(), 0.0
        while process.poll() is None:
            if not begins and any((folder / "place").iterdir()):
                begins = time.monotonic() - trial.started
            time.sleep(0.01)
    made, seconds = trial.made(), time.monotonic() - trial.started
    if process.returncode or made is None:
        raise RuntimeError(f"{mission.name}: without a fault it ended with {process.returncode}: {trial.errors()}")
    files = [path for path in (folder / "place").rglob("*") if path.is_file()]
    found = Reference(seconds, begins, sum(path.stat().st_size for path in files), made)
    kept.write_text(json.dumps(asdict(found)))
    trial.clean()
    return found


def attempt(number: int, mission: Mission, fault: Fault, rng: random.Random, root: Path) -> Verdict:
    """Tries one fault.

    Args:
        number: Its number.
        mission: The command.
        fault: The fault.
        rng: Draws the moment and the rest.
        root: Folder of the campaign.
    """
    inputs, expected = root / "inputs", reference(mission, root / "references" / mission.name, root / "inputs")
    with serve(inputs, fault.failure, rng, fault.once) as server:
        trial = Trial(mission, root / "trials" / str(number), inputs, server.url)
        fault.before(trial, rng, expected)
        process = trial.start(anew=rng.random() < ANEW or bool(trial.variables))
        struck = fault.during(trial, process, rng, expected)
        found = judge(number, trial, process, fault, expected, struck, server)
    if not found.problems:
        trial.clean()
    return found


def main() -> None:
    """Runs the campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=500, help="How many that struck.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the campaign.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="Commands at once.")
    parser.add_argument("--missions", nargs="*", default=[mission.name for mission in MISSIONS])
    given = parser.parse_args()
    if INSIDE not in os.environ:
        words = ["unshare", "--mount", sys.executable, *sys.argv]
        raise SystemExit(subprocess.run(words, env=os.environ | {INSIDE: "1"}, check=False).returncode)
    root: Path = given.out.resolve()
    (root / "references").mkdir(parents=True, exist_ok=True)
    log = root / "trials.jsonl"
    found = [Verdict(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []
    missions = [mission for mission in MISSIONS if mission.name in given.missions]
    for mission in missions:
        reference(mission, root / "references" / mission.name, root / "inputs")
    numbers = iter(range(1 + max((verdict.number for verdict in found), default=-1), 10 * given.faults))

    def draw(number: int) -> Verdict:
        rng = random.Random(f"{given.seed} {number}")
        mission = rng.choice(missions)
        return attempt(number, mission, rng.choice([fault for fault in FAULTS if fault.applies(mission)]), rng, root)

    with ThreadPoolExecutor(given.jobs) as pool, log.open("a") as file:
        while (missing := given.faults - sum(verdict.struck for verdict in found)) > 0:
            for verdict in pool.map(draw, [next(numbers) for _ in range(min(missing, 4 * given.jobs))]):
                found.append(verdict)
                file.write(json.dumps(asdict(verdict)) + "\n")
                file.flush()
                if verdict.problems:
                    print(verdict.number, verdict.mission, "|", verdict.fault, "|", verdict.problems, flush=True)
    print(tally(found, given.seed))
    raise SystemExit(1 if Counter(problem for verdict in found for problem in verdict.problems) else 0)


if __name__ == "__main__":
    main()
