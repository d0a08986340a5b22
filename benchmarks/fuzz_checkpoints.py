"""Damages weights at random and counts how using them ends: `python benchmarks/fuzz_checkpoints.py [TRIALS] [SEED]`.

Every trial changes one file of a good folder of weights, in turn of one that stands alone and of one that is stored on
it, and uses the folder two ways: loads it, and pulls it from an index that lists the good one. Both may end in the
project's own error only, on one line that names the folder.
"""

import copy
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import torch

from padzoo.core.provenance import origin
from padzoo.zoo import hub
from padzoo.zoo.hub.card import About
from padzoo.zoo.hub.publish import publish
from padzoo.zoo.nets.policy import Policy

POISON = b"cos\nsystem\n(S'touch executed'\ntR."
NAMES = ("policy_tiny.sft", "policy_tiny.aligned")


def flip(data: bytes, rng: random.Random) -> bytes:
    """One bit."""
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def truncate(data: bytes, rng: random.Random) -> bytes:
    """Cut off, filled up with other bytes half of the time, so that the size is as before."""
    place = rng.randrange(len(data))
    return data[:place] + rng.randbytes((len(data) - place) * rng.randrange(2))


def insert(data: bytes, rng: random.Random) -> bytes:
    """Some bytes more, at the end half of the time."""
    place = rng.choice([rng.randrange(len(data)), len(data)])
    return data[:place] + rng.randbytes(rng.randrange(1, 99)) + data[place:]


def poison(data: bytes, rng: random.Random) -> bytes:
    """A pickle that would run a command, over any bytes or in their stead."""
    place = rng.randrange(len(data) - len(POISON))
    return rng.choice([POISON, data[:place] + POISON + data[place + len(POISON) :]])


def swap(data: bytes, rng: random.Random) -> bytes:
    """Two stretches change places."""
    first, second, third = sorted(rng.sample(range(len(data) + 1), 3))
    return data[:first] + data[second:third] + data[first:second] + data[third:]


def retell(data: bytes, rng: random.Random) -> bytes:
    """A word or number changes, as somebody would who edits the file."""
    words = data.split(b" ")
    place = rng.randrange(len(words))
    return b" ".join([*words[:place], rng.choice([b"0", b"null", b"../x", b"reward"]), *words[place + 1 :]])


def remove(data: bytes, rng: random.Random) -> bytes | None:
    """The file is gone."""
    return None


DAMAGES: tuple[Callable[[bytes, random.Random], bytes | None], ...] = (
    flip,
    truncate,
    insert,
    poison,
    swap,
    retell,
    remove,
)


def publish_family(zoo: Path) -> None:
    """Makes the good zoo: a policy and one that is stored on it."""
    torch.manual_seed(0)
    sft = Policy("tiny")
    aligned = copy.deepcopy(sft)
    for parameter in aligned.head.parameters():
        torch.nn.init.normal_(parameter)
    with tempfile.TemporaryDirectory() as scratch:
        for name, net in zip(NAMES, (sft, aligned), strict=True):
            base = None if net is sft else zoo / NAMES[0]
            hub.save(net, Path(scratch) / name, About(name=name), "float16", base)
            publish(Path(scratch) / name, str(zoo))


def damage(folder: Path, number: int, rng: random.Random) -> str:
    """Changes a file of a folder; returns which and how."""
    path = rng.choice(sorted(folder.iterdir()))
    change = DAMAGES[number % len(DAMAGES)]
    data = path.read_bytes()
    while (changed := change(data, rng)) == data:
        pass
    path.unlink()
    if changed is not None:
        path.write_bytes(changed)
    return f"{path.name} | {change.__name__}"


def trial(use: Callable[[], object], folder: Path) -> str:
    """Uses the folder once and says how it ended."""
    try:
        use()
    except ValueError as error:
        told = str(error)
        return "refused" if str(folder) in told and "\n" not in told else f"OTHER ValueError: {told}"
    except Exception as error:  # anything else is what is looked for
        return f"FOREIGN {type(error).__name__}: {error}"
    return "ACCEPTED"


def fuzz(scratch: Path, trials: int, seed: int) -> Counter[str]:
    """Counts how trials end.

    Args:
        scratch: An empty folder.
        trials: How many.
        seed: Seed of the damages.
    """
    rng = random.Random(seed)
    good, zoo = scratch / "good", scratch / "zoo"
    os.environ |= {"PADZOO_INDEX": str(zoo), "PADZOO_CACHE": str(scratch / "cache")}
    publish_family(good)
    counts: Counter[str] = Counter()
    for number in range(trials):
        shutil.copytree(good, zoo)
        name = NAMES[rng.randrange(2)]
        what = damage(zoo / name, number, rng)
        counts[f"{what} | load | {trial(lambda: hub.load(zoo / name), zoo / name)}"] += 1  # noqa: B023 - at once
        counts[f"{what} | pull | {trial(lambda: hub.pull(name), zoo / name)}"] += 1  # noqa: B023
        shutil.rmtree(zoo)
        shutil.rmtree(scratch / "cache", ignore_errors=True)
    return counts


if __name__ == "__main__":
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    measured = origin()  # in the repository, not in the scratch folder
    with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
        counts = fuzz(Path(scratch), trials, seed)
        left = {path.name for path in Path(scratch).iterdir()} - {"good"}
        print(f"## Damaged checkpoints\n\n{measured}\n`python benchmarks/fuzz_checkpoints.py {trials} {seed}`\n")
        print("| file | damage | use | ended in | times |\n| --- | --- | --- | --- | --- |")
        print("\n".join(f"| {found} | {times} |" for found, times in sorted(counts.items())))
        refused = sum(times for found, times in counts.items() if found.endswith("| refused"))
        print(f"\n{trials} damaged checkpoints, each used two ways: {refused} of {2 * trials} uses refused; ", end="")
        print(f"files that appeared: {left or 'none'}.")
        sys.exit(refused != 2 * trials)
