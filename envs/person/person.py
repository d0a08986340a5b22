"""A person at the game: a window, a gamepad or the keyboard, ten steps a second."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pygame
import pygame._sdl2.controller as pads
from numpy.typing import NDArray

from padzoo.core.episode import Episode
from padzoo.envs.game_pool import GamePool
from padzoo.envs.person.hands import Hands
from padzoo.envs.person.metronome import Metronome
from padzoo.envs.player import Acted, Player
from padzoo.envs.rollout import Rollout

PERIOD: Final = 0.1  # seconds a step
WINDOW: Final = (960, 720)
INK: Final = (255, 255, 255)


class Left(Exception):
    """The person pressed Escape or closed the window."""


class Person(Player):
    """Lets somebody play in a window, one episode after another, each after a press of a button.

    Args:
        pool: One game, whose pictures (`rgb_array`) the window shows.
        titles: What the window says, an episode each.
        pad: The pad that the person is asked to reach, or None.

    Raises:
        ValueError: If there is no display.
    """

    def __init__(self, pool: GamePool, titles: Sequence[str], pad: str | None = None) -> None:
        self._pool = pool
        self._titles = iter(titles)
        self._pad = pad
        self._stack = ExitStack()
        self._waiting = True

    def __enter__(self) -> Self:
        self._stack.callback(pygame.quit)
        try:
            pygame.display.init()
            self._window = pygame.display.set_mode(WINDOW)
        except pygame.error as error:
            self._stack.close()
            raise ValueError(f"--player human: {error}; allowed: on a machine with a display") from None
        pygame.display.set_caption("PadZoo")
        pygame.font.init()
        pads.init()
        self._pads = [pads.Controller(index) for index in range(pads.get_count()) if pads.is_controller(index)]
        self._font = pygame.font.Font(None, 36)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def reset(self, rows: Sequence[int], episodes: Sequence[Episode]) -> None:
        """Starts an episode; see `Player.reset`."""
        self._title = next(self._titles)
        self._hands, self._metronome = Hands(), Metronome(PERIOD)
        self._waiting = True

    def act(self, frames: NDArray[np.uint8], rows: Sequence[int], infos: Sequence[Mapping[str, Any]] = ()) -> Acted:
        """Shows the game and returns what is pressed at the next beat.

        Raises:
            Left: If the person left.
        """
        if self._waiting:
            self._wait()
        self._show(self._title)
        self._metronome.wait()
        self._listen()
        return Acted(self._hands.action()[None])

    def about(self, episode: Episode) -> dict[str, Any]:
        """Returns what the person was asked for, and how many steps came late."""
        return {"player": "human", "late": self._metronome.late, "pad": self._pad}

    def again(self, rollout: Rollout) -> Episode | None:
        """Plays an episode again whose game crashed; see `Player.again`."""
        if not rollout.crashed:
            return None
        self._titles = chain([self._title], self._titles)
        return rollout.episode

    def _wait(self) -> None:
        """Waits until something is pressed."""
        while not self._hands.action()[:12].any():
            self._show(f"{self._title}: press any button")
            time.sleep(PERIOD / 5)
            self._listen()
        self._waiting = False
        self._metronome = Metronome(PERIOD)

    def _listen(self) -> None:
        for event in pygame.event.get():
            self._hands.follow(event)
            if event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE):
                raise Left

    def _show(self, text: str) -> None:
        picture = self._pool.render(0)
        surface = pygame.surfarray.make_surface(picture.swapaxes(0, 1))
        pygame.transform.scale(surface, self._window.get_size(), self._window)
        self._window.blit(self._font.render(text, True, INK), (12, 8))
        pygame.display.flip()
