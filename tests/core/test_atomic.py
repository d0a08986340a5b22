import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest
from mounts import mounted

from padzoo.core.atomic import atomic, beside, check_writable, reserved

PROGRAM = """
import sys
from padzoo.core.atomic import atomic
with atomic(sys.argv[1]) as aside:
    aside.write_text("of another process")
"""
RESERVED = """
import sys
from padzoo.core.atomic import reserved
with reserved(sys.argv[1]):
    pass
"""


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notes.txt"
    with atomic(path) as aside:
        aside.write_text("half")
        assert not path.exists()
        aside.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_appears_when_it_is_whole_over_an_empty_one_too(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with atomic(tmp_path / "set") as aside:
        aside.mkdir()
        (aside / "a").write_text("a")
        assert not list((tmp_path / "set").iterdir())
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "a"]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("before")
    for make in (Path.mkdir, Path.touch):
        with pytest.raises(KeyboardInterrupt), atomic(tmp_path / "notes.txt") as aside:  # noqa: PT012
            make(aside)
            raise KeyboardInterrupt
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    beside(tmp_path / "set").mkdir()
    (beside(tmp_path / "set") / "half").write_text("half")
    with atomic(tmp_path / "set") as aside:
        aside.write_text("whole")
    assert (tmp_path / "set").read_text() == "whole"
    assert not beside(tmp_path / "set").exists()


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.txt").symlink_to(tmp_path / "disk" / "notes.txt")
    with atomic(tmp_path / "link.txt") as aside:
        assert aside.parent == tmp_path / "disk"
        aside.write_text("whole")
    assert (tmp_path / "link.txt").is_symlink()
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["notes.txt"]


def test_what_cannot_be_moved_is_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").mkdir()
    message = r"notes.txt: Is a directory; what was written is kept as .*\.partial$"
    with pytest.raises(ValueError, match=message), atomic(tmp_path / "notes.txt") as aside:
        aside.write_text("whole")
    assert beside(tmp_path / "notes.txt").read_text() == "whole"


def test_a_file_that_could_not_be_written_is_refused_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    check_writable(tmp_path / "notes.txt")
    check_writable(tmp_path / "new" / "notes.txt")
    for path, message in (
        (tmp_path, f"{tmp_path}: is a folder; allowed: a file to make or replace"),
        (tmp_path / "notes.txt" / "a", f"{tmp_path}/notes.txt is no folder that can be written to"),
    ):
        with pytest.raises(ValueError, match=message):
            check_writable(path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_is_reserved_is_refused_to_a_second_process_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notes.txt"
    command = [sys.executable, "-c", RESERVED, path]
    with reserved(path):
        second = subprocess.run(command, capture_output=True, text=True, check=False)
        refusal = f"ValueError: {path}: another process is writing it; allowed: to wait for it, or another place"
        assert second.stderr.splitlines()[-1] == refusal
    assert not list(tmp_path.iterdir())
    subprocess.run(command, check=True)


HOLDS = RESERVED.replace("pass", "print('held', flush=True); sys.stdin.read()")


def test_who_has_patience_waits(tmp_path: Path) -> None:
    command, pipes = (
        [sys.executable, "-c", HOLDS, tmp_path / "run"],
        {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE},
    )
    with subprocess.Popen(command, **pipes) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(ValueError, match="another process is writing it"), reserved(tmp_path / "run", patience=0.2):
            pass
        Timer(0.5, other.stdin.close).start()
        with reserved(tmp_path / "run", patience=60):
            pass


def test_where_nothing_can_be_locked_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PADZOO_CACHE", str(tmp_path / "file"))  # no folder can be made there
    with reserved(tmp_path / "notes.txt"):
        pass


def test_a_file_that_is_a_mount_point_is_filled(tmp_path: Path) -> None:
    outside, path = tmp_path / "outside.txt", tmp_path / "notes.txt"
    outside.touch()
    path.touch()
    done = mounted({}, "-c", PROGRAM, path, before=f"mount --bind {outside} {path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert outside.read_text() == "of another process"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["notes.txt", "outside.txt"]
