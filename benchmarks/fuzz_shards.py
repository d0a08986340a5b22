"""Damages shards at random and counts what reading them ends in: `python benchmarks/fuzz_shards.py [TRIALS] [SEED]`.

Every trial changes a good shard in one way and reads it four ways: as a stream, as a stream that skips damage, at
random and by `padzoo verify`. It may end in the project's own error, or, where no member was touched, in the very
samples that were written.
"""

import io
import logging
import random
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import numpy as np

from padzoo.core.gamepad import NEUTRAL
from padzoo.core.provenance import origin
from padzoo.datamodules import ShardWriter, Trajectory
from padzoo.datamodules.sets.shard_set import OnDamage, ShardSet

Members = list[tuple[tarfile.TarInfo, bytes]]
POISON = b"cos\nsystem\n(S'touch executed'\ntR."


def flip(data: bytes, rng: random.Random) -> bytes:
    """One bit."""
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]


def truncate(data: bytes, rng: random.Random) -> bytes:
    """Cut off, filled up with zeros half of the time, so that the size is as before."""
    place = rng.randrange(len(data))
    return data[:place] + bytes(len(data) - place) * rng.randrange(2)


def poison(data: bytes, rng: random.Random) -> bytes:
    """A pickle that would run a command, over any bytes."""
    place = rng.randrange(len(data) - len(POISON))
    return data[:place] + POISON + data[place + len(POISON) :]


def repack(change: Callable[[Members, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    """Makes a damage of a change to the list of members."""

    def damage(data: bytes, rng: random.Random) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            found = [(info, tar.extractfile(info)) for info in tar.getmembers()]
            members = [(info, file.read()) for info, file in found if file is not None]
        change(members, rng)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for info, content in members:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return out.getvalue()

    return damage


def swap(members: Members, rng: random.Random) -> None:
    """Two members change their contents."""
    one, other = rng.sample(range(len(members)), 2)
    first, second = members[one], members[other]
    members[one], members[other] = (first[0], second[1]), (second[0], first[1])


def escape(members: Members, rng: random.Random) -> None:
    """A member's name leads out of the folder, or it is a link that does."""
    info = members[rng.randrange(len(members))][0]
    if rng.randrange(2):
        info.name = rng.choice(["../escaped.json", "/tmp/escaped.json", "a/../../escaped.json", "pipe:touch executed"])
    else:
        info.type, info.linkname = tarfile.SYMTYPE, "../../../etc/passwd"


def foreign(members: Members, rng: random.Random) -> None:
    """One member more, a pickle by name and content, or one twice."""
    info, content = members[rng.randrange(len(members))]
    extra = tarfile.TarInfo(rng.choice([info.name, f"{info.name}.pickle", "x.pyd", "__key__.json"]))
    members.insert(rng.randrange(len(members)), (extra, rng.choice([POISON, content])))


DAMAGES = {
    "flip": flip,
    "truncate": truncate,
    "poison": poison,
    "swap": repack(swap),
    "escape": repack(escape),
    "foreign": repack(foreign),
}


def stream(folder: Path) -> None:
    """Reads the shard in order, as training does."""
    if samples(folder, "stop") != len(GOOD):
        raise AssertionError("fewer samples")


def skip(folder: Path) -> None:
    """Reads the shard in order and leaves out what is damaged."""
    if samples(folder, "skip") != len(GOOD):
        raise ValueError(f"{folder}: some were skipped")


def samples(folder: Path, on_damage: OnDamage) -> int:
    """Counts the samples that a stream gives, all as they were written."""
    count = 0
    for record in ShardSet(folder).stream(on_damage=on_damage):
        if record.members() != GOOD[int(record.key.removeprefix("run-"))]:
            raise AssertionError(f"changed: {record.key}")
        count += 1
    return count


def pick(folder: Path) -> None:
    """Reads trajectories one by one."""
    for row, good in enumerate(GOOD):
        if ShardSet(folder).record(row).members() != good:
            raise AssertionError("changed")


def verify(folder: Path) -> None:
    """Compares checksums."""
    for complaints in ShardSet(folder).verify():
        if complaints:
            raise ValueError(complaints[0])


def trial(folder: Path, read: Callable[[Path], None]) -> str:
    """Reads once and says how it ended."""
    try:
        read(folder)
    except ValueError as error:
        return "own error" if str(folder) in str(error) else f"OTHER ValueError: {error}"
    except Exception as error:  # anything else is what is looked for
        return f"FOREIGN {type(error).__name__}: {error}"
    return "as written"


def write(folder: Path) -> None:
    """Writes the good set: one shard of four trajectories."""
    rng = np.random.default_rng(0)
    with ShardWriter(folder, source={"made": "to be damaged"}) as writer:
        for index in range(4):
            frames = rng.integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
            writer.write(
                Trajectory(
                    f"run-{index}", frames, np.tile(np.asarray(NEUTRAL, dtype=np.int8), (8, 1)), None, {"seed": index}
                )
            )


if __name__ == "__main__":
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 1200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    rng = random.Random(seed)
    measured = origin()  # in the repository, not in the scratch folder
    with tempfile.TemporaryDirectory() as scratch, chdir(scratch):
        folder = Path(scratch) / "a" / "set"
        write(folder)
        path = folder / "000000.tar"
        data, entries = path.read_bytes(), set(Path(scratch).iterdir())
        GOOD = [ShardSet(folder).record(row).members() for row in range(4)]
        logging.disable()  # a warning for every trajectory that is skipped
        counts: Counter[tuple[str, str, str]] = Counter()
        for number in range(trials):
            name = list(DAMAGES)[number % len(DAMAGES)]
            path.write_bytes(DAMAGES[name](data, rng))
            for read in (stream, skip, pick, verify):
                counts[name, read.__name__, trial(folder, read)] += 1
        left = set(Path(scratch).iterdir()) - entries
        print(f"## Damaged shards\n\n{measured}\n`python benchmarks/fuzz_shards.py {trials} {seed}`\n")
        print("| damage | read by | ended in | times |\n| --- | --- | --- | --- |")
        print("\n".join(f"| {' | '.join(found)} | {times} |" for found, times in sorted(counts.items())))
        print(f"\n{trials} damaged shards, each read four ways; files that appeared: {left or 'none'}.")
