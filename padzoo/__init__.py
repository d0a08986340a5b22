"""PadZoo: agents that play a 3D game from pixels with a gamepad, trained the way large language models are."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from padzoo.envs.game import Game
    from padzoo.envs.rollout import Rollout
    from padzoo.zoo.play.agent import Agent

__version__: Final = "0.1.0"


def load(ref: str | Path, temperature: float = 1.0, seed: int = 0) -> "Agent":
    """Returns an agent that plays with a policy of the zoo, or another one.

    Args:
        ref: A name of the zoo, such as `policy_4m.sft`, a folder of weights or a `.ckpt`.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        seed: Seed of the actions, mixed with each episode's.

    Raises:
        ValueError: If there is no such policy, or it is refused.
    """
    from padzoo.zoo import hub  # torch takes seconds to import
    from padzoo.zoo.play.agent import Agent

    return Agent(hub.load(ref, "policy"), temperature, seed)


def play(
    agent: "Agent", episodes: int = 4, seed: int = 0, game: "Game | str | None" = None, games: int = 16
) -> Iterator["Rollout"]:
    """Plays episodes with an agent.

    Args:
        agent: Who plays, as `load` returns it.
        episodes: How many.
        seed: Seed of the episodes; the agent has its own.
        game: What is played: a `Game`, a Gymnasium id or a YAML file; None is the launch island.
        games: Games played at once, at most.

    Yields:
        The episodes in order: `outcome` (on the launch island the pad reached, `left`, `middle` or `right`, or `none`),
        `length` in steps, `actions`, `trajectory` with its frames, and more.

    Raises:
        ValueError: If there is no such game.
    """
    from padzoo.core.episode import episodes as draw
    from padzoo.envs.arena import Arena
    from padzoo.envs.game import ISLAND, Game

    chosen = Game.of(game or ISLAND) if not isinstance(game, Game) else game
    with Arena(chosen, agent.policy.image_size, min(episodes, games)) as arena:
        yield from arena.play(agent, draw(seed, episodes, options=chosen.starts))
