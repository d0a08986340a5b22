"""PadZoo: agents that play a 3D game from pixels with a gamepad, trained the way large language models are."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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
    from padzoo.zoo.hub import hub as hub  # torch takes seconds to import
    from padzoo.zoo.play.agent import Agent

    return Agent(hub.load(ref, "policy"), temperature, seed)
