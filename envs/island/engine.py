"""One process of the game engine: started, driven and ended, with nothing left behind."""

import errno
import os
import shlex
import signal
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import vizdoom as vzd
from numpy.typing import NDArray

from padzoo.core.cache_folder import cache_folder
from padzoo.core.errors import GameCrashed
from padzoo.core.parent import PR_SET_PDEATHSIG
from padzoo.core.shared_memory import PLACE, check_shared_memory
from padzoo.envs.island.actors import STROLLERS
from padzoo.envs.island.plan import build_wad
from padzoo.envs.island.startup import HELD, start
from padzoo.envs.island.udmf import Point
from padzoo.envs.island.wad import lump

T = TypeVar("T")
_GAME: Final = Path(vzd.__file__).parent / "freedoom2.wad"
Button = vzd.Button
Variable = vzd.GameVariable

HEIGHT: Final = 150  # 200 x 150 frames the scene as larger pictures do: at 160 x 120 the engine stretches it in height
WIDTH: Final = 200
ABANDONED: Final = 60.0  # seconds after which shared memory without a process is nobody's
SHARED: Final = 11 * 2**20  # bytes of shared memory that a game may use
BUTTONS: Final = (
    Button.MOVE_LEFT_RIGHT_DELTA,
    Button.MOVE_FORWARD_BACKWARD_DELTA,
    Button.TURN_LEFT_RIGHT_DELTA,
    Button.LOOK_UP_DOWN_DELTA,
    Button.JUMP,
    Button.CROUCH,
    Button.USE,
    Button.ATTACK,
    Button.TURN180,
)
VARIABLES: Final = (Variable.POSITION_X, Variable.POSITION_Y, Variable.ANGLE, Variable.PITCH)
_CRASHES: Final = (
    vzd.ViZDoomErrorException,
    vzd.ViZDoomIsNotRunningException,
    vzd.ViZDoomUnexpectedExitException,
    vzd.MessageQueueException,
    vzd.SharedMemoryException,
)
# One engine starts at a time: it forks, and 16 threads that find no game file yet would each build it (19 s in all).
_starting = threading.Lock()


_LAUNCHER: Final = """#!/bin/sh
exec {python} -ISc '
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl({death_signal}, signal.SIGKILL)
os.setsid()
for number in {held}:  # what came before is dropped
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_SETMASK, [])
for number in {held}:
    signal.signal(number, signal.SIG_DFL)
try:
    os.chdir(sys.argv[1])
except FileNotFoundError:  # the player is gone
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
' {folder} {engine} "$@"
"""


def _write_launcher(folder: Path) -> None:
    """Writes a script that starts the engine in `folder`, for it drops saves and crash logs into its current folder.

    A process that is killed cannot end its games, and they would wait for it for ever: the system ends them. A signal
    to all processes of a job does not reach them: the player, who ends them in order, would see a crash.
    """
    launcher = folder / "engine"
    names = {"python": sys.executable, "folder": str(folder), "engine": str(Path(vzd.__file__).parent / "vizdoom")}
    quoted = {name: shlex.quote(value) for name, value in names.items()}
    launcher.write_text(_LAUNCHER.format(death_signal=PR_SET_PDEATHSIG, held=[*map(int, HELD)], **quoted))
    launcher.chmod(0o700)
    if not os.access(launcher, os.X_OK):  # the engine's library would end with a segmentation fault
        raise PermissionError(errno.EACCES, "no program can be started there (noexec)")


@cache
def palette() -> NDArray[np.uint8]:
    """Returns the colours of the engine's pictures, `(256, 3)`."""
    return np.frombuffer(lump(_GAME, "PLAYPAL"), np.uint8, 768).reshape(256, 3)


def _files() -> "tempfile.TemporaryDirectory[str]":
    """Makes a folder of what the engine needs: in `TMPDIR`, or in the cache if it is full or mounted with `noexec`.

    Raises:
        ValueError: If it can be in neither.
    """
    reasons = []
    for place in (Path(tempfile.gettempdir()), cache_folder()):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                folder = tempfile.TemporaryDirectory(prefix="padzoo-", dir=place)
                stack.callback(folder.cleanup)
                _write_launcher(Path(folder.name))
                build_wad(Path(folder.name))
                stack.pop_all()
            return folder
        except OSError as error:
            reasons.append(f"{place}: {error.strerror}")
    raise ValueError(f"{'; '.join(reasons)}; allowed: a TMPDIR with 5 MB a game where programs can be started")


@cache
def _sweep() -> None:
    """Removes what the games of killed processes have left in shared memory; once, before the first game."""
    left = [path for path in PLACE.glob("ViZDoom*") if _abandoned(path)]
    used = [_text(entry) for entry in Path("/proc").glob("[0-9]*/maps")] if left else []
    for path in left:
        if not any(path.name in maps for maps in used):
            path.unlink(missing_ok=True)


def _abandoned(path: Path) -> bool:
    """Whether a file is old and this user's own: what others' processes use cannot be seen."""
    try:
        found = path.stat()
    except OSError:  # removed in between
        return False
    return found.st_uid == os.getuid() and time.time() - found.st_mtime > ABANDONED


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # another user's process, or one that has ended
        return ""


class Engine:
    """A running game of the launch island.

    Args:
        start_map: The map to start in; any of the island's.
        sees_others: Whether `others` can be asked for; it costs 25 microseconds an observation.
    """

    def __init__(self, start_map: str, sees_others: bool = False) -> None:
        self._game = game = vzd.DoomGame()
        self._end = weakref.finalize(self, game.close)  # at the interpreter's exit too
        game.set_doom_game_path(str(_GAME))
        game.set_doom_map(start_map)
        game.set_screen_resolution(vzd.ScreenResolution.RES_200X150)
        game.set_screen_format(vzd.ScreenFormat.DOOM_256_COLORS8)
        game.set_automap_render_textures(False)  # nobody sees it, and textures ask for a second set of nodes
        game.set_window_visible(False)
        game.set_sound_enabled(False)
        game.set_console_enabled(False)
        game.set_mode(vzd.Mode.PLAYER)
        game.set_objects_info_enabled(sees_others)
        for hide in (game.set_render_hud, game.set_render_crosshair, game.set_render_weapon, game.set_render_messages):
            hide(False)
        game.set_available_buttons(list(BUTTONS))
        game.set_available_game_variables(list(VARIABLES))
        game.add_game_args("+sv_cheats 1")
        with _starting:
            _sweep()
            check_shared_memory(SHARED, "a game")
            with _files() as folder:  # it is removed once the engine has opened its files: nothing can be left of it
                self._folder = folder
                game.set_vizdoom_path(f"{folder}/engine")
                game.set_doom_config_path(os.devnull)  # it saves its settings when it ends, to a folder that is gone
                game.set_doom_scenario_path(f"{folder}/island.wad")
                self._guard(partial(start, game, self.processes))
        self._guard(lambda: game.send_game_command("chase"))  # third person, for as long as the process lives

    def start_episode(self, map_name: str, *, seed: int, commands: list[str]) -> None:
        """Starts an episode.

        Args:
            map_name: The map.
            seed: Seed of the engine's own generator.
            commands: Console commands to run before it.

        Raises:
            GameCrashed: If the process is gone.
        """

        def start() -> None:
            self._game.send_game_command("; ".join(commands))
            self._game.set_seed(seed)
            self._game.set_doom_map(map_name)  # begins an episode too: `new_episode` would load the map again

        self._guard(start)

    def advance(self, values: list[float], tics: int) -> None:
        """Holds the buttons for some tics (35 a second).

        Args:
            values: One value each of `BUTTONS`.
            tics: How long.

        Raises:
            GameCrashed: If the process is gone.
        """
        self._guard(lambda: self._game.make_action(values, tics))

    def observe(self) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Returns the screen as indices of `palette`, `(150, 200)`, and the values of `VARIABLES`.

        Raises:
            GameCrashed: If the process is gone.
        """
        state = self._guard(self._game.get_state)
        if state is None:
            raise GameCrashed("the game engine ended the episode by itself")
        return state.screen_buffer, np.asarray(state.game_variables)

    def place(self, place: Point | None, turn: float) -> None:
        """Puts the character somewhere else and turns it, all in one tic.

        Args:
            place: Where to, in whole map units; None leaves it where it is.
            turn: Degrees to the left.

        Raises:
            GameCrashed: If the process is gone.
        """
        if place is not None:
            x, y = map(int, place)
            self._guard(lambda: self._game.send_game_command(f"warp {x} {y}"))
        self.advance([-turn if button is Button.TURN_LEFT_RIGHT_DELTA else 0.0 for button in BUTTONS], 1)

    def others(self) -> NDArray[np.float64]:
        """Returns where the other characters stand, `(n, 2)`, from west to east.

        Raises:
            GameCrashed: If the process is gone.
        """
        state = self._guard(self._game.get_state)
        objects = state.objects if state is not None else []
        found = [(one.position_x, one.position_y) for one in objects if one.name.startswith(STROLLERS)]
        return np.array(sorted(found), dtype=np.float64).reshape(-1, 2)

    def kill(self) -> None:
        """Ends the process at once, from any thread, so that a call that hangs in it returns with `GameCrashed`."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def processes(self) -> list[int]:
        """Returns the process ids of the engine, found by the game's own folder on its command line."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = entry.read_bytes()
            except OSError:  # it ended meanwhile
                continue
            if self._folder.encode() in command:
                found.append(int(entry.parent.name))
        return found

    def close(self) -> None:
        """Ends the game."""
        self._end()

    def _guard(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except _CRASHES as error:
            self.close()
            raise GameCrashed(f"the game engine died: {error}") from error
