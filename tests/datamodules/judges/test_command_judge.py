import sys
from pathlib import Path

import numpy as np
import pytest

from padzoo.datamodules.judges.command_judge import CommandJudge
from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.sets.shard_set import ShardSet

PAIRS = np.array([[5, 2], [2, 9], [0, 1], [3, 4]])
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
        greens.append(int(frames[0, 40, 0, 1]) // 10)
    order = [sorted(greens, reverse=True).index(green) for green in greens]
    print(json.dumps({"ranks": None if 1 in greens else [1, 1] if greens == [3, 4] else order}), flush=True)
"""


def judge(tmp_path: Path, source: str, timeout: float = 20.0) -> CommandJudge:
    (tmp_path / "judge.py").write_text(source)
    return CommandJudge(f"{sys.executable} '{tmp_path / 'judge.py'}'", "the greener one", timeout)


def test_a_program_sees_the_clips_and_its_ranks_are_taken(shards: Path, tmp_path: Path) -> None:
    found = compare(ShardSet(shards), PAIRS, "mine", judge(tmp_path, GREENER))
    assert [each.ranks for each in found] == [[1, 2], [2, 1], None, [1, 1]]
    assert list(found[1].pairs) == [("pattern-009", "pattern-002", False)]
    five = np.array([[5, 2, 9, 0, 4], [2, 9, 5, 1, 4]])
    assert list(judge(tmp_path, GREENER)(ShardSet(shards), five)) == [[1, 3, 0, 4, 2], None]


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
        (
            "import sys\nfor line in sys.stdin: print('{\"ranks\": [1, 2]}\\n' * 2, end='', flush=True)",
            "unasked; allowed: one line",
        ),
        ("print('[' * 100000, flush=True); import time; time.sleep(60)", r"answers '\[\["),
        (
            "import sys; sys.stdout.buffer.write(b'\\xff\\n'); sys.stdout.flush(); import time; time.sleep(60)",
            "answers '\ufffd'",
        ),
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
