"""`padzoo play`: watch a policy play."""

from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from padzoo.commands.device import find_device
from padzoo.core import episode as draw
from padzoo.core.errors import GameCrashed
from padzoo.envs.adapter import make, sized
from padzoo.envs.game_pool import GamePool
from padzoo.zoo.hub import hub as hub
from padzoo.zoo.play.agent import PRECISIONS, Agent, Precision
from padzoo.zoo.play.rollout import Rollout
from padzoo.zoo.play.rollout import play as roll_out

Film = list[NDArray[np.uint8]]


def play(
    policy: str,
    out: str = "agent.gif",
    episodes: int = 4,
    seed: int = 0,
    temperature: float = 1.0,
    precision: Precision = "32-true",
    device: str = "auto",
    character: str | None = "ninja",
    env: str = "padzoo/LaunchIsland-v0",
    env_args: dict[str, Any] | None = None,
    size: int = 144,
) -> None:
    """Plays some episodes side by side into a GIF, in real time.

    The policy sees its own small frames; for the picture its actions are played again, which gives the same episode.

    Args:
        policy: The policy: a `.ckpt`, a folder of weights or a name of the zoo.
        out: The GIF to write.
        episodes: How many; the launch island's four spawns take turns.
        seed: Seed of the episodes and of the policy's draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        precision: Of the network: `bf16-true` is faster for large ones, and what it plays differs a little.
        device: Where the network computes: `cpu`, `cuda` and the like; `auto` is the accelerator if there is one.
        character: Character to play; `null` for a game without characters, or to let the game draw.
        env: Gymnasium id of the game; `module:id` imports the module first.
        env_args: Further arguments of the game, as JSON.
        size: Height and width of each picture in pixels.
    """
    net = hub.load(policy, "policy").to(find_device(device), PRECISIONS[precision])
    spawns = range(4) if env == "padzoo/LaunchIsland-v0" else None
    todo = draw.episodes(seed, episodes, spawns=spawns, character=character)
    with GamePool(env, min(episodes, 4), sized(env_args, net.image_size)) as pool:
        agent = Agent(net, temperature=temperature, seed=seed)
        rollouts = [rollout for rollout in roll_out(agent, pool, todo) if not rollout.crashed]
    if not rollouts:
        raise GameCrashed(f"{env}: every episode crashed")
    films = [film(rollout, env, sized(env_args, size)) for rollout in track(rollouts, "filming")]
    save_gif(Path(out), side_by_side(films))
    print(f"{', '.join(rollout.outcome for rollout in rollouts)}: {out}")


def film(rollout: Rollout, env: str, env_args: dict[str, Any]) -> Film:
    """Plays an episode's actions again in a game of larger pictures and returns these, `(size, size, 3)` each."""
    game = make(env, **env_args)
    try:
        picture, _ = game.reset(seed=rollout.episode.seed, options=rollout.episode.options())
        pictures = [picture]
        for action in rollout.record.actions:
            pictures.append(game.step(action.astype(np.int64))[0])
    finally:
        game.close()
    return pictures


def side_by_side(films: list[Film]) -> Film:
    """Puts films into the cells of a square; one that is over holds its last picture, darkened."""
    columns = int(np.ceil(len(films) ** 0.5))
    blank = np.zeros_like(films[0][0])
    moments: Film = []
    for cells in zip_longest(*films):
        shown = [f[-1] // 2 if cell is None else cell for cell, f in zip(cells, films, strict=True)]
        shown += [blank] * (-len(shown) % columns)
        rows = [np.hstack(shown[start : start + columns]) for start in range(0, len(shown), columns)]
        moments.append(np.vstack(rows))
    return moments


def save_gif(path: Path, pictures: Film) -> None:
    """Writes a GIF of 10 pictures a second that loops, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [Image.fromarray(picture).quantize(64, dither=Image.Dither.NONE) for picture in pictures]
    aside = path.with_name(f".{path.name}.partial")
    try:
        images[0].save(aside, format="GIF", save_all=True, append_images=images[1:], duration=100, loop=0)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
