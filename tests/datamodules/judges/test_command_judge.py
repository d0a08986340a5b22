import sys
from pathlib import Path

import numpy as np
import pytest

from padzoo.datamodules.judges.command_judge import CommandJudge, verdict
from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.sets.shard_set import ShardSet

PAIRS = np.array([[5, 2], [2, 9], [0, 1], [3, 3]])
GREENER = """
import json, sys
from pathlib import Path
import numpy as np
for line in sys.stdin:
    asked = json.loads(line)
    assert asked["prompt"] == "the greener one"
    greens = []
    for clip in asked["clips"]:
        frames = np.load(clip["frames"])
        assert len(frames) == clip["length"]
        assert Path(clip["video"]).read_bytes()[:2] == bytes([255, 216])
        assert clip["meta"]["player"] == "pattern"
        greens.append(frames[:, 40:, :, 1].mean())
    order = [1, 1] if greens[0] == greens[1] else [1, 2] if greens[0] > greens[1] else [2, 1]
    print(json.dumps({"ranks": None if clip["key"].endswith("001") else order}), flush=True)
"""


def judge(tmp_path: Path, source: str, timeout: float = 20.0) -> CommandJudge:
    (tmp_path / "judge.py").write_text(source)
    return CommandJudge(f"{sys.executable} '{tmp_path / 'judge.py'}'", "the greener one", timeout)


def test_a_program_sees_the_clips_and_its_ranks_are_taken(shards: Path, tmp_path: Path) -> None:
    found, verdicts = compare(ShardSet(shards), PAIRS, "mine", judge(tmp_path, GREENER))
    assert [(each.winner[-1], each.loser[-1], each.source) for each in found] == [
        ("5", "2", "mine"),
        ("9", "2", "mine"),
    ]
    assert verdicts == {"first": 1, "second": 1, "abstain": 1, "tie": 1}


def test_a_program_ends_when_its_input_does(shards: Path, tmp_path: Path) -> None:
    source = f"""
import json, sys
for line in sys.stdin:
    print(json.dumps({{"ranks": [1, 2]}}), flush=True)
open({str(tmp_path / "tidied")!r}, "w")
"""
    (tmp_path / "judge.py").write_text(source)
    list(CommandJudge(f"{sys.executable} {tmp_path / 'judge.py'}")(ShardSet(shards), np.array([[0, 1]])))
    assert (tmp_path / "tidied").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("print('hello', flush=True); import time; time.sleep(60)", r"answers 'hello'; allowed: a line such as"),
        ("print('{\"ranks\": [1]}', flush=True); import time; time.sleep(60)", r"answers .*\[1\]"),
        ("raise SystemExit", "it has ended; allowed: a program that answers until its input ends"),
        ("import time; time.sleep(60)", "no answer within 0.5 s; allowed: a longer --timeout"),
    ],
)
def test_a_program_that_misbehaves_is_said_in_one_line(shards: Path, tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(judge(tmp_path, source, 0.5 if "0.5" in message else 20.0)(ShardSet(shards), PAIRS))


@pytest.mark.parametrize("command", ["/no/such/program", "", "'"])
def test_a_program_that_is_not_there_is_said_in_one_line(shards: Path, command: str) -> None:
    with pytest.raises(ValueError, match="allowed: a program and its arguments"):
        list(CommandJudge(command)(ShardSet(shards), PAIRS))


def test_ranks_are_verdicts() -> None:
    assert [verdict(ranks) for ranks in ([1, 2], [2, 1], [3, 3], None)] == ["first", "second", "tie", "abstain"]
    for wrong in ([1], [1, 2, 3], [1.0, 2], [True, 2], "12", {}, 1):
        with pytest.raises(ValueError, match="two whole numbers or null"):
            verdict(wrong)
