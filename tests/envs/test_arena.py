import gc
import threading

import pytest

from padzoo.core.episode import Episode, Start
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.players.population import population

GAME = Game(args={"max_steps": 3})


def games() -> int:
    return sum(thread.name.startswith("game-") for thread in threading.enumerate())


def test_games_open_when_they_are_needed_and_close_with_the_arena() -> None:
    before = games()
    with Arena(GAME, size=32, games=2) as arena:
        assert games() == before
        assert arena.outcomes == ("none", "left", "middle", "right")
        assert games() == before + 2
        assert arena.pool.observations.shape == (2, 32, 32, 3)
    assert games() == before
    (rollout,) = arena.play(population(0), [population(0)[0]])  # they open again
    assert rollout.length == 3
    assert games() == before + 2
    del arena, rollout
    gc.collect()
    assert games() == before


def test_the_same_start_is_the_same_world() -> None:
    scripts = population(0)
    play = scripts[0]
    with Arena(GAME, size=32, games=2) as arena:
        one, other = arena.play(scripts, [play, scripts.draw(0, 1)])
        again, _ = arena.play(scripts, [scripts[0], scripts[1]])
    assert one.images == again.images
    assert one.images[0] != other.images[0]


def test_a_game_that_is_not_there_is_reported_when_it_is_needed() -> None:
    arena = Arena(Game("nothing:Here-v0"), size=32)
    with pytest.raises(ValueError, match="game 'nothing:Here-v0'"):
        list(arena.play(population(0), [Episode(Start(0))]))
