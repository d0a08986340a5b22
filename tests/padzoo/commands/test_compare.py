import re
from pathlib import Path

import pytest
from micro import padzoo

SHORT = ["--games", 2, "--env_args", '{"max_steps": 8}']


def test_both_play_the_same_starts(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("compare", policy, "policy_tiny.sft", "--episodes", 3, *SHORT) == 0
    text = capsys.readouterr().out
    assert "3 starts, each played by both" in text
    assert re.search(r"none .*100.0", text)  # nobody gets far in 8 steps


def test_two_processes_find_the_same(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compare", policy, "policy_tiny.sft", "--episodes", 3, *SHORT)
    assert padzoo(*words) == 0
    alone = capsys.readouterr().out
    assert padzoo(*words, "--processes", 2) == 0
    assert capsys.readouterr().out == alone


def test_one_policy_is_not_compared_with_itself(policy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("compare", policy, policy, "--episodes", 1) == 2
    assert "are the same weights; allowed: two different policies" in capsys.readouterr().err


def test_agents_of_different_games_are_not_compared(
    policy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    games = iter(["padzoo/LaunchIsland-v0", "LunarLander-v3"])
    monkeypatch.setattr("padzoo.commands.compare._game", lambda _: next(games))
    assert padzoo("compare", policy, "policy_tiny.sft", "--episodes", 1) == 2
    assert "policy_tiny.sft in LunarLander-v3; allowed: agents of one game" in capsys.readouterr().err
