"""Networks, the modules that train them, the agents that act with them, and the hub that loads them."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.agent import Agent


def load(ref: str | Path, temperature: float = 1.0, seed: int = 0) -> "Agent":
    """Returns an agent that plays with a policy of the zoo, or another one.

    Args:
        ref: A name of the zoo, such as `policy_4m.sft`, a folder of weights or a `.ckpt`.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        seed: Seed of the actions, mixed with each episode's.

    Raises:
        ValueError: If there is no such policy, or it is refused.
    """
    from zoo import hub  # torch takes seconds to import
    from zoo.agent import Agent

    return Agent(hub.load(ref, "policy"), temperature, seed)
