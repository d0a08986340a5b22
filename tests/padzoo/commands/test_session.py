import multiprocessing
from pathlib import Path

import pytest

from padzoo.commands.session import Session
from padzoo.core.episode import episodes
from padzoo.core.errors import GameCrashed
from padzoo.envs.game import Game


def test_a_process_that_is_killed_is_missed(policy: Path) -> None:
    playing = Session(str(policy), Game(args={"max_steps": 3}), episodes(0, 1000), games=2).play(2)
    assert next(playing).number == 0
    multiprocessing.active_children()[0].kill()
    with pytest.raises(GameCrashed, match="a process that plays is gone: DataLoader worker"):
        list(playing)
    assert not multiprocessing.active_children()
