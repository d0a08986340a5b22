import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from padzoo import cli
from padzoo.cli import main

TRAINING = ("fit", "validate", "test", "predict")
PLAYING = ("demos", "rollout", "compare", "prefer", "label", "agreement", "score", "import", "verify", "play")
NAMES = (*TRAINING, *PLAYING, "list", "show", "pull", "push", "export")


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_the_overview_lists_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    _, commands, more = capsys.readouterr().out.split("\n\n")
    assert [line.split()[0] for line in commands.splitlines()] == list(NAMES)
    assert all(len(line.split()) > 3 for line in commands.splitlines())
    assert "--model.help" in more


def test_every_command_of_the_table_is_a_function_with_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as caught:
            main([name, "--help"])
        assert caught.value.code == 0
        text = capsys.readouterr().out
        assert f"usage: padzoo {name}" in text
        silent = ("compare", "agreement", "verify", "list", "show", "pull", "push")
        assert ("--out " in text) == (name not in silent)


def test_an_unknown_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rolout"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "padzoo: error: command 'rolout' is not known; did you mean 'rollout'? "
        "allowed: fit, validate, test, predict, demos, rollout, compare, prefer, label, agreement, score, import, "
        "verify, play, list, show, pull, push, export\n"
    )
    assert main(["xyzzy"]) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_without_arguments_of_its_own_main_takes_the_processes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["padzoo", "nonsense"])
    assert main() == 2
    assert "command 'nonsense'" in capsys.readouterr().err


def test_the_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADZOO_DEBUG", "1")
    with pytest.raises(ValueError, match="command 'nonsense'"):
        main(["nonsense"])


def test_a_file_that_cannot_be_written_is_the_users_matter_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise PermissionError(13, "Permission denied", "/set")

    monkeypatch.setattr(cli, "find", fail)
    assert main([]) == 2
    assert capsys.readouterr().err == "padzoo: error: [Errno 13] Permission denied: '/set'\n"


def test_who_has_read_enough_of_the_output_may_go() -> None:
    command = f"{sys.executable} -m padzoo show policy_tiny.sft | true; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("141\n", "")


def test_under_nohup_a_closed_terminal_ends_nothing(tmp_path: Path) -> None:
    options = ["--player", "curated", "--episodes", "2", "--size", "64", "--out", str(tmp_path / "set")]
    command = ["nohup", sys.executable, "-m", "padzoo", "demos", *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    while not list(tmp_path.glob(".set.partial/*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1], ids=str)
def test_a_command_that_a_signal_ends_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "scratch").mkdir()
    options = ["--player", "curated", "--episodes", "1000", "--out", str(tmp_path / "set")]
    environment = os.environ | {"TMPDIR": str(tmp_path / "scratch")}
    command = [sys.executable, "-m", "padzoo", "demos", *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".set.partial/*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    assert [path.name for path in tmp_path.iterdir()] == ["scratch"]
    assert not list((tmp_path / "scratch").iterdir())
