"""Simple play and simple checks: a straight walk to a pad from info alone, and what an engine leaves on the machine."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import Env
from numpy.typing import NDArray

from padzoo.core.gamepad import CENTER, COMPONENTS, NEUTRAL
from padzoo.core.trajectory import Trajectory
from padzoo.envs.game_pool import GamePool
from padzoo.envs.island.launch_island import LaunchIsland
from padzoo.envs.island.plan import PADS
from padzoo.envs.island.sticks import TURN, deflection
from padzoo.envs.play import play
from padzoo.envs.players.scripts import Scripts

_WAYS = {"left": (-300.0, 1250.0), "middle": (0.0, 1300.0), "right": (300.0, 1250.0)}


def press(**components: int) -> NDArray[np.int64]:
    action = np.array(NEUTRAL, np.int64)
    for name, value in components.items():
        action[COMPONENTS.index(name)] = value
    return action


def towards(info: dict[str, Any], goal: tuple[float, float]) -> NDArray[np.int64]:
    x, y = info["position"]
    off = (math.degrees(math.atan2(goal[1] - y, goal[0] - x)) - info["heading"] + 180) % 360 - 180
    turn = int(np.clip(round(CENTER * deflection(-off / (3.5 * TURN))), -5, 5))
    return press(left_y=10 if abs(off) < 40 else 6, right_x=CENTER + turn)


def walk(env: Env[Any, Any], pad: str, **reset: Any) -> tuple[int, float, bool, dict[str, Any]]:
    """Plays one episode: steps, last reward, terminated, last info."""
    _, info = env.reset(**reset)
    stops = [(0.0, 360.0), (0.0, 800.0), _WAYS[pad], PADS[pad]]
    steps = 0
    while True:
        if len(stops) > 1 and info["position"][1] > stops[0][1] - 20:
            del stops[0]
        _, reward, terminated, truncated, info = env.step(towards(info, stops[0]))
        steps += 1
        if terminated or truncated:
            return steps, float(reward), terminated, info


def traces(game: Env[Any, Any]) -> tuple[int, list[Path]]:
    """The engine's process id, and all that it has put on the machine: its process; its files are nameless by now."""
    env = game.unwrapped
    assert isinstance(env, LaunchIsland)
    assert env._engine is not None
    (pid,) = env._engine.processes()
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    instance = words[words.index("+viz_instance_id") + 1]
    assert not [path for path in Path("/dev/shm").iterdir() if instance in path.name]
    assert not Path(env._engine._folder).exists()
    return pid, [Path(f"/proc/{pid}")]


def record(pool: GamePool, scripts: Scripts, episodes: int) -> Iterator[Trajectory]:
    """Plays the first episodes of scripted players, each as it is stored."""
    rollouts = play(scripts, pool, islice(scripts, episodes))
    try:
        for rollout in rollouts:
            yield rollout.trajectory
    finally:
        rollouts.close()  # type: ignore[attr-defined]


def film(
    env: LaunchIsland, seed: int, actions: Sequence[NDArray[np.int64]], condition: str = "spawn"
) -> NDArray[np.uint8]:
    """Plays actions from a seed and returns all that was seen, `(T + 1, S, S, 3)`."""
    frames = [env.reset(seed=seed, options={"condition": condition})[0]]
    frames += [env.step(action)[0] for action in actions]
    return np.stack(frames)
