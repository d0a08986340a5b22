import multiprocessing
from pathlib import Path

import pytest

from padzoo.commands.session import Session
from padzoo.core.errors import GameCrashed
from padzoo.envs.game import Game


def test_a_process_that_is_killed_is_missed(policy: Path) -> None:
    playing = Session(str(policy), Game(args={"max_steps": 30}), 1000, games=2).play(2)
    assert next(playing).number == 0
    multiprocessing.active_children()[1].kill()
    with pytest.raises(GameCrashed, match="a process that plays is gone, with exit status -9"):
        list(playing)
    assert not multiprocessing.active_children()


def test_processes_end_with_who_asked_for_them(policy: Path) -> None:
    playing = Session(str(policy), Game(args={"max_steps": 5}), 3, games=2, records=False).play(2)
    assert [played.number for played in playing] == [0, 1, 2]
    assert not multiprocessing.active_children()
    playing = Session(str(policy), Game(args={"max_steps": 5}), 1000, games=2).play(2)
    next(playing)
    playing.close()
    assert not multiprocessing.active_children()


def test_no_process_is_without_a_game_and_an_episode(policy: Path) -> None:
    for session in (Session(str(policy), Game(), 1, games=2), Session(str(policy), Game(), 2, games=1)):
        with pytest.raises(ValueError, match="--processes 2: allowed: 1 to 1, a game and an episode each"):
            session.play(2)
