"""`padzoo play`: watch a policy play."""

import logging
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from padzoo.commands.device import find_device
from padzoo.core.atomic import atomic, check_writable, reserved
from padzoo.core.episode import episodes as draw
from padzoo.core.errors import GameCrashed
from padzoo.envs.arena import Arena
from padzoo.envs.game import ISLAND, Game
from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.play.agent import PRECISIONS, Agent, Precision

log = logging.getLogger(__name__)
Film = list[NDArray[np.uint8]]


def play(
    policy: str,
    out: str = "agent.gif",
    episodes: int = 4,
    seed: int = 0,
    temperature: float = 1.0,
    precision: Precision = "32-true",
    device: str = "auto",
    env: str = ISLAND,
    env_args: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    size: int = 144,
    games: int = 4,
) -> None:
    """Plays some episodes side by side into a GIF, in real time.

    The policy sees its own small frames; for the picture its actions are played again, which gives the same episode. Of
    a game that does not repeat itself, what the policy saw is shown.

    Args:
        policy: The policy: a `.ckpt`, a folder of weights or a name of the zoo.
        out: The GIF to write.
        episodes: How many; the launch island's four spawns take turns.
        seed: Seed of the episodes and of the policy's draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        precision: Of the network: `bf16-true` is faster for large ones where the processor
            computes in it, much slower elsewhere; what it plays differs a little.
        device: Where the network computes: `cpu`, `cuda` and the like; `auto` is the accelerator if there is one.
        env: The game: a Gymnasium id (`module:id` imports the module first) or a YAML file that describes one.
        env_args: Further arguments of the game, as JSON; `picture`, `success` and `patience` say how it is adapted.
        options: Reset options of every episode, as JSON; the values of a list are taken in turn.
        size: Height and width of each picture in the GIF, in pixels; what the policy sees is its own size.
        games: Games played at once.

    Raises:
        ValueError: If `out` cannot be written.
    """
    check_writable(out)
    net = hub.load(policy, "policy").to(find_device(device), PRECISIONS[precision])
    turns = {"spawn": [0, 1, 2, 3]} if env == ISLAND else {}
    game = Game.of(env, env_args, {**turns, **(options or {})})
    with reserved(out):
        with Arena(game, net.image_size, min(episodes, games)) as arena:
            agent = Agent(net, temperature=temperature, seed=seed)
            todo = draw(seed, episodes, options=game.starts)
            rollouts = [rollout for rollout in arena.play(agent, todo) if not rollout.crashed]
        if not rollouts:
            raise GameCrashed(f"{env}: every episode crashed")
        films = [film(rollout, game, size) for rollout in track(rollouts, "filming")]
        save_gif(Path(out), side_by_side(films))
    print(f"{', '.join(rollout.outcome for rollout in rollouts)}: {out}")


def film(rollout: Rollout, game: Game, size: int) -> Film:
    """Returns the pictures of an episode, `(size, size, 3)` each: of its actions in a game of larger pictures.

    If they do not end there as they did, the pictures are what the policy saw, enlarged.
    """
    env = game.env(size)
    start = rollout.episode.start
    ended, info = False, dict[str, Any]()
    try:
        picture, _ = env.reset(seed=start.seed, options=dict(start.options) or None)
        pictures = [picture]
        for action in rollout.actions:
            if ended:
                break
            picture, _, terminated, truncated, info = env.step(action.astype(np.int64))
            pictures.append(picture)
            ended = terminated or truncated
    finally:
        env.close()
    if ended and len(pictures) == len(rollout) + 1 and info.get("outcome") == rollout.outcome:
        return pictures
    log.warning("episode %d: played again it ended otherwise; shown is what the policy saw", rollout.number)
    images = map(Image.fromarray, rollout.trajectory.frames)
    return [np.asarray(image.resize((size, size), Image.Resampling.NEAREST)) for image in images]


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
    images = [Image.fromarray(picture).quantize(64, dither=Image.Dither.NONE) for picture in pictures]
    with atomic(path) as file:
        images[0].save(file, format="GIF", save_all=True, append_images=images[1:], duration=100, loop=0)
