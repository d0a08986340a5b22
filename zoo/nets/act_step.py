"""One step of acting as a function of its state, for machines without PyTorch."""

import torch
from torch import Tensor, nn

from padzoo.core.gamepad import COMPONENTS
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy


class ActStep(nn.Module):
    """What an agent does in one step, with its memory as explicit state: from what a game shows to an action.

    The state holds the embeddings of the last frames and how many they are, and for a policy with past actions the
    actions chosen at them. All zeros are the state of a new episode; the first dimension of everything is the game.

    Args:
        policy: The policy that acts.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def start(self, games: int) -> dict[str, Tensor]:
        """Returns the state of new episodes.

        Args:
            games: How many, B.

        Returns:
            `embeddings`, float32 `(B, 32, D)`; `length`, int64 `(B,)`; with past actions also `past_actions`, int64
            `(B, 32, 16)`. 32 stands for the policy's context.
        """
        context = self.policy.context
        state = {
            "embeddings": torch.zeros(games, context, self.policy.width),
            "length": torch.zeros(games, dtype=torch.long),
        }
        if self.policy.past_actions:
            state["past_actions"] = torch.zeros(games, context, len(COMPONENTS), dtype=torch.long)
        return state

    def forward(
        self,
        frame: Tensor,
        uniform: Tensor,
        temperature: Tensor,
        embeddings: Tensor,
        length: Tensor,
        past_actions: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Acts once in every game.

        Args:
            frame: What the games show now, uint8, `(B, S, S, 3)`.
            uniform: Random numbers in [0, 1), one a component, float32, `(B, 16)`.
            temperature: Divides the logits, float32, `(B,)`; 0 takes each component's most likely choice.
            embeddings: State; see `start`.
            length: State.
            past_actions: State, for a policy with past actions.

        Returns:
            The actions, int64 `(B, 16)`; the logits at temperature 1, `(B, 68)`; and the new state, in its order.
        """
        context = self.policy.context
        full = (length == context)[:, None, None]
        length = (length + 1).clamp(max=context)
        now = (torch.arange(context) == length[:, None] - 1)[..., None]  # (B, 32, 1), this step's place
        embeddings = torch.where(full, embeddings.roll(-1, 1), embeddings)
        embeddings = torch.where(now, self.policy.embed(frame)[:, None], embeddings)
        if past_actions is not None:
            past_actions = torch.where(full, past_actions.roll(-1, 1), past_actions)
        logits = self.policy.head(self.policy.last(embeddings, length, past_actions))
        drawn = temperature[:, None] > 0
        distribution = GamepadDistribution(logits / torch.where(drawn, temperature[:, None], 1.0))
        action = torch.where(drawn, distribution.sample(uniform), distribution.mode())
        if past_actions is None:
            return action, logits, embeddings, length
        return action, logits, embeddings, length, torch.where(now, action[:, None], past_actions)
