"""A person at the game: a window, a gamepad or the keyboard, ten steps a second."""

import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pygame
import pygame._sdl2.controller as pads
from numpy.typing import NDArray

from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.person.hands import Hands
from padzoo.envs.person.metronome import Metronome
from padzoo.envs.recorder import Recording

PERIOD: Final = 0.1  # seconds a step
SCALE: Final = 3  # the window's pixels for one of the engine's
INK: Final = (255, 255, 255)


class Session:
    """A window in which somebody plays the launch island.

    Args:
        size: Height and width of the recorded frames in pixels; the window shows the engine's own picture.
        arguments: Further arguments of the game.

    Raises:
        ValueError: If there is no display.
    """

    def __init__(self, size: int, **arguments: Any) -> None:
        self._game = LaunchIsland(size=size, **arguments, render_mode="rgb_array")
        self._stack = ExitStack()
        self._quit = False

    def __enter__(self) -> Self:
        self._stack.callback(self._game.close)
        self._stack.callback(pygame.quit)
        try:
            pygame.display.init()
            self._window = pygame.display.set_mode((320 * SCALE, 240 * SCALE))
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

    def play(self, seed: int, options: dict[str, Any], pad: str | None, title: str) -> Recording | None:
        """Lets the person play one episode, after a press of a button.

        Args:
            seed: The episode's seed.
            options: The game's reset options.
            pad: The pad the person is asked to reach, or None.
            title: What the window says.

        Returns:
            The episode, `late` in its meta the number of steps that came late; None if the person left (Escape, or
            the window was closed).
        """
        frame, info = self._game.reset(seed=seed, options=options)
        hands = Hands()
        if not self._ready(hands, f"{title}: press any button"):
            return None
        metronome = Metronome(PERIOD)
        frames: list[NDArray[np.uint8]] = []
        actions: list[NDArray[np.int64]] = []
        poses: list[tuple[float, float, float]] = []
        over = False
        while not over:
            self._show(title)
            metronome.wait()
            self._listen(hands)
            if self._quit:
                return None
            frames.append(frame)
            actions.append(hands.action())
            poses.append((float(info["position"][0]), float(info["position"][1]), float(info["heading"])))
            frame, _, terminated, truncated, info = self._game.step(actions[-1])
            over = terminated or truncated
        about = {name: info[name] for name in ("outcome", "character")} | {"spawn": int(info["spawn"])}
        return Recording(
            np.stack(frames),
            np.stack(actions).astype(np.int8),
            np.asarray(poses, dtype=np.float32),
            {"seed": seed, "player": "human", "late": metronome.late, "pad": pad, **about},
        )

    def _ready(self, hands: Hands, text: str) -> bool:
        """Waits until something is pressed; tells whether to play."""
        while not self._quit:
            self._show(text)
            self._listen(hands)
            if hands.action()[:12].any():
                return True
            time.sleep(PERIOD / 5)
        return False

    def _listen(self, hands: Hands) -> None:
        for event in pygame.event.get():
            hands.follow(event)
            if event.type == pygame.QUIT or (event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE):
                self._quit = True

    def _show(self, text: str) -> None:
        picture = self._game.render()
        assert picture is not None
        surface = pygame.surfarray.make_surface(picture.swapaxes(0, 1))
        pygame.transform.scale(surface, self._window.get_size(), self._window)
        self._window.blit(self._font.render(text, True, INK), (12, 8))
        pygame.display.flip()
