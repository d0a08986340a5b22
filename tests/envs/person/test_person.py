from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pygame
import pytest
from pygame.event import Event

from padzoo.core import codec
from padzoo.core.episode import Episode, Start
from padzoo.core.errors import GameCrashed
from padzoo.envs.game_pool import GamePool
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.person import person as people
from padzoo.envs.person.person import Left, Person
from padzoo.envs.play import play
from padzoo.envs.rollout import Rollout

STEP = 0.02  # seconds, for 0.1: an episode of 100 steps takes 2 s


def press(code: int) -> Event:
    return Event(pygame.KEYDOWN, key=code)


@pytest.fixture(autouse=True)
def headless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(people, "PERIOD", STEP)


def inject(patch: pytest.MonkeyPatch, events: Iterator[list[Event]]) -> None:
    """Puts events into the queue whenever a picture is shown."""
    flip = pygame.display.flip

    def flip_and_press() -> None:
        flip()
        for event in next(events, []):
            pygame.event.post(event)

    patch.setattr(pygame.display, "flip", flip_and_press)


def sit_down(start: Start, pad: str | None = None) -> Rollout:
    """Lets somebody play one episode."""
    game = {"size": 64, "render_mode": "rgb_array"}
    with GamePool("padzoo/LaunchIsland-v0", 1, game) as pool, Person(pool, ["test"], pad) as person:
        (rollout,) = play(person, pool, [Episode(start)])
    return rollout


def test_what_was_pressed_is_recorded_and_plays_again(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = [Event(pygame.KEYUP, key=pygame.K_w), press(pygame.K_LEFT)]
    script = [[], [press(pygame.K_SPACE)], [Event(pygame.KEYUP, key=pygame.K_SPACE)], [press(pygame.K_w)], [], [], turn]
    inject(monkeypatch, iter(script))
    rollout = sit_down(Start(7, {"spawn": 1, "character": "knight"}), "left")
    assert not pygame.display.get_init()
    recording = rollout.trajectory
    assert recording.actions[:, 13].tolist()[:6] == [5, 10, 10, 10, 5, 5]  # left stick forwards while W was down
    assert (recording.actions[4:, 14] == 3).all()
    assert {name: recording.meta[name] for name in ("player", "pad", "spawn", "character")} == {
        "player": "human",
        "pad": "left",
        "spawn": 1,
        "character": "knight",
    }
    assert "late" in recording.meta
    game = LaunchIsland(size=64)
    frame, _ = game.reset(seed=7, options={"spawn": 1, "character": "knight"})
    for seen, action in zip(recording.frames, recording.actions, strict=True):
        np.testing.assert_array_equal(codec.roundtrip(frame), seen)
        frame = game.step(action.astype(np.int64))[0]
    game.close()


@pytest.mark.parametrize("leave", [press(pygame.K_ESCAPE), Event(pygame.QUIT)], ids=["escape", "closed"])
@pytest.mark.parametrize("moment", [1, 12], ids=["before", "during"])
def test_leaving_drops_the_episode(monkeypatch: pytest.MonkeyPatch, leave: Event, moment: int) -> None:
    script: list[list[Event]] = [[] for _ in range(20)]
    script[5] = [press(pygame.K_e)]
    script[moment] = [leave]
    inject(monkeypatch, iter(script))
    with pytest.raises(Left):
        sit_down(Start(7))
    assert not pygame.display.get_init()


def test_an_episode_whose_game_crashed_is_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    inject(monkeypatch, iter([[press(pygame.K_SPACE)] if turn % 2 else [] for turn in range(400)]))
    begin, resets = LaunchIsland.reset, count()

    def crashes(self: LaunchIsland, **given: Any) -> Any:
        if next(resets) == 0:
            raise GameCrashed("the engine died")
        return begin(self, **given)

    monkeypatch.setattr(LaunchIsland, "reset", crashes)
    assert not sit_down(Start(7)).crashed


def test_without_a_display_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "nowhere")
    with pytest.raises(ValueError, match=r"--player human: .*; allowed: on a machine with a display"):
        sit_down(Start(7))
