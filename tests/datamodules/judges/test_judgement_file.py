import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.judgement_file import JudgementFile

ONE = Judgement("r0", ["a", "b"], "ranked", [1, 2], "ann", "2026-11-29T12:00:00+00:00", 2.0)
WRITE = """
import sys
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.judgement_file import JudgementFile
path, who, count = sys.argv[1:]
file = JudgementFile(path)
for number in range(int(count)):
    file.append(Judgement(f"r{number}", ["a", "b"], "ranked", [1, 2], who, "now", 1.0))
    print(number, flush=True)
"""


def writer(path: Path, who: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITE, str(path), who, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_is_appended_is_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "labels.jsonl"
    file = JudgementFile(path)
    file.append(ONE)
    file.append(replace(ONE, round="r1"))
    assert [each.round for each in file.judgements] == ["r0", "r1"]
    assert JudgementFile(path).judgements == file.judgements
    assert json.loads(path.read_text().splitlines()[0]) == vars(ONE)


def test_writers_at_once_lose_nothing_and_see_each_other(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    mine = JudgementFile(path)
    writers = [writer(path, who, 60) for who in ("ann", "bob", "eve")]
    for each in writers:
        assert each.communicate()[0].split() == [str(number) for number in range(60)]
    mine.append(ONE)
    assert len(mine.judgements) == 181
    for who in ("ann", "bob", "eve"):
        rounds = [each.round for each in mine.judgements[:180] if each.who == who]
        assert rounds == [f"r{number}" for number in range(60)]


def test_what_was_confirmed_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    killed = writer(path, "ann", 100_000)
    assert killed.stdout is not None
    confirmed = [killed.stdout.readline() for _ in range(20)]
    time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    confirmed += killed.stdout.readlines()
    killed.wait()
    killed.stdout.close()
    found = JudgementFile(path).judgements
    assert len(confirmed) <= len(found) <= len(confirmed) + 1
    assert [each.round for each in found] == [f"r{number}" for number in range(len(found))]


@pytest.mark.parametrize("length", [1, 12, 60])
def test_a_line_that_was_cut_off_is_dropped(tmp_path: Path, length: int) -> None:
    path = tmp_path / "labels.jsonl"
    JudgementFile(path).append(ONE)
    with path.open("a") as file:
        file.write(path.read_text()[:length])
    again = JudgementFile(path)
    assert again.judgements == [ONE]
    again.append(replace(ONE, round="r1"))
    assert [json.loads(line)["round"] for line in path.read_text().splitlines()] == ["r0", "r1"]


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    for text, message in (("buy milk", "ends with b'buy milk'"), ("buy milk\n", "line 1: b'buy milk' is not JSON")):
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            JudgementFile(path)
        assert path.read_text() == text


def test_a_full_disk_is_an_error_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = JudgementFile(tmp_path / "labels.jsonl")
    file.append(ONE)
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:10]))
        with pytest.raises(OSError, match="the disk is full"):
            file.append(replace(ONE, round="r1"))
    file.append(replace(ONE, round="r2"))
    assert [each.round for each in JudgementFile(file.path).judgements] == ["r0", "r2"]


@pytest.mark.parametrize("gone", [False, True])
def test_a_file_that_was_cut_or_deleted_meanwhile_is_an_error_and_left_alone(tmp_path: Path, gone: bool) -> None:
    file = JudgementFile(tmp_path / "labels.jsonl")
    file.append(ONE)
    file.path.unlink() if gone else file.path.write_text("")
    with pytest.raises(OSError, match="was cut or replaced since it was read; start padzoo label again"):
        file.append(replace(ONE, round="r1"))
    assert file.path.read_text() == ""
