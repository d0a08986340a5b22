import re
import subprocess
import sys
from pathlib import Path

import pytest
from mounts import mounted

from padzoo.core.draft import LOCK, PROGRESS, Draft


def write(out: Path, *, resume: bool = False) -> Draft:
    draft = Draft(out, last="index")
    draft.begin(resume)
    for name in ("index", "a", "z"):
        (draft.path / name).write_text(name)
    return draft


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("exists", [False, True])
def test_it_appears_when_it_is_published_also_in_an_empty_folder(tmp_path: Path, exists: bool) -> None:
    out = tmp_path / "set"
    if exists:
        out.mkdir()
    draft = write(out)
    assert not (out / "index").exists()
    draft.publish()
    assert (names(tmp_path), names(out)) == (["set"], ["a", "index", "z"])


@pytest.mark.parametrize("exists", [False, True])
def test_a_link_is_followed_and_stays(tmp_path: Path, exists: bool) -> None:
    target, link = tmp_path / "disk" / "target", tmp_path / "link"
    (target if exists else target.parent).mkdir(parents=True)
    link.symlink_to(target)
    write(link).publish()
    assert link.is_symlink()
    assert names(target) == ["a", "index", "z"]
    assert (names(tmp_path), names(tmp_path / "disk")) == (["disk", "link"], ["target"])


def test_what_does_not_count_without_its_index_gets_it_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = write(tmp_path)
    moved: list[str] = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, to: moved.append(path.name) or replace(path, to))
    draft.publish()
    assert sorted(moved[:-1]) == ["a", "z"]
    assert moved[-1] == "index"


PROGRAM = """
import sys
from padzoo.core.draft import Draft
draft = Draft(sys.argv[1], last="index")
draft.begin()
(draft.path / "index").write_text("whole")
draft.publish()
"""


def test_a_mount_point_is_filled(tmp_path: Path) -> None:
    out = tmp_path / "mount"
    out.mkdir()
    done = mounted({out: "size=1m"}, "-c", PROGRAM, out, after=f"ls -A {out}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["index"]
    assert names(tmp_path) == ["mount"]


def test_a_signal_as_it_begins_leaves_nothing_and_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Draft) -> bool:
        raise KeyboardInterrupt

    for name, kept in (("new", []), ("kept", [".kept.partial"])):
        draft = Draft(tmp_path / name, last="index")
        if kept:  # a whole set that could not be moved
            draft.path.mkdir()
            (draft.path / "index").touch()
        with monkeypatch.context() as patch:
            patch.setattr(Draft, "_taken", interrupted)
            with pytest.raises(KeyboardInterrupt):
                draft.begin()
        assert names(tmp_path) == kept
    assert (tmp_path / ".kept.partial" / "index").exists()


@pytest.mark.parametrize("exists", [False, True])
def test_a_second_process_is_refused_and_disturbs_nothing(tmp_path: Path, exists: bool) -> None:
    out = tmp_path / "set"
    if exists:
        out.mkdir()
    draft = write(out)
    second = subprocess.run([sys.executable, "-c", PROGRAM, out], capture_output=True, text=True, check=False)
    assert second.stderr.splitlines()[-1] == (
        f"ValueError: {out}: another process is writing it; allowed: another folder"
    )
    draft.publish()
    assert names(out) == ["a", "index", "z"]


def test_what_cannot_be_moved_is_kept_and_the_next_does_not_delete_it(tmp_path: Path) -> None:
    out = tmp_path / "set"
    draft = write(out)
    out.write_text("came in between")
    with pytest.raises(
        ValueError, match=f"{out}: File exists; what was written is kept in {re.escape(str(draft.path))}"
    ):
        draft.publish()
    draft.discard()  # as a clean-up after the error would
    out.unlink()
    with pytest.raises(ValueError, match="holds a whole set of before; allowed: move or delete that first"):
        write(out)
    assert names(draft.path) == [LOCK, "a", "index", "z"]


def test_what_is_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for taken in (tmp_path, tmp_path / "notes.txt"):
        with pytest.raises(ValueError, match="already exists; allowed: a new or an empty folder"):
            Draft(taken)
    assert names(tmp_path) == ["notes.txt"]


@pytest.mark.parametrize(("resume", "left"), [(False, []), (True, ["half"])])
def test_what_a_killed_process_left_is_swept_or_resumed(tmp_path: Path, resume: bool, left: list[str]) -> None:
    killed = "import os, sys; from padzoo.core.draft import Draft; draft = Draft(sys.argv[1]); draft.begin(); "
    killed += "(draft.path / 'half').write_text('half'); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", killed, tmp_path / "set"], check=False).returncode == -9
    draft = Draft(tmp_path / "set")
    draft.begin(resume)
    assert [name for name in names(draft.path) if name != LOCK] == left
    draft.discard()
    assert names(tmp_path) == []


def test_what_another_command_would_resume_is_not_swept(tmp_path: Path) -> None:
    killed = Draft(tmp_path / "set", last="index")
    killed.begin(resume=True)
    (killed.path / PROGRESS).write_text("{}")
    killed.release()
    draft = Draft(tmp_path / "set", last="index")
    with pytest.raises(ValueError, match="holds what another command has begun, which resumes it"):
        draft.begin()
    draft.begin(resume=True)
    assert names(draft.path) == [LOCK, PROGRESS]
    draft.discard()
