"""One step of acting as a function of its state, for machines without PyTorch."""

import torch
from torch import Tensor, nn

from padzoo.core.gamepad import COMPONENTS
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy

Advanced = tuple[Tensor, Tensor, Tensor, Tensor | None]  # features, memory, length and past actions


class ActStep(nn.Module):
    """What an agent does in one step, with its memory as explicit state: from what a game shows to an action.

    The state holds the embeddings of the last frames and how many they are, and for a policy with past actions the
    actions chosen at them. Where a trunk streams it holds what that remembers, how many steps there were, and the last
    action. All zeros are the state of a new episode; the first dimension of everything is the game.

    Args:
        policy: The policy that acts.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy
        self.steps = 1 if policy.trunk.streams else policy.context  # that it remembers

    def start(self, games: int) -> dict[str, Tensor]:
        """Returns the state of new episodes.

        Args:
            games: How many, B.

        Returns:
            `embeddings`, float32 `(B, 32, D)`; `length`, int64 `(B,)`; with past actions also `past_actions`, int64
            `(B, 32, 16)`. 32 stands for the policy's context. Where a trunk streams the first is `memory`, float32
            `(B, *trunk.memory)`, and the last int64 `(B, 1, 16)`.
        """
        policy = self.policy
        state = {"embeddings": torch.zeros(games, policy.context, policy.width)}
        if policy.trunk.streams:
            state = {"memory": torch.zeros(games, *policy.trunk.memory)}
        state["length"] = torch.zeros(games, dtype=torch.long)
        if policy.past_actions:
            state["past_actions"] = torch.zeros(games, self.steps, len(COMPONENTS), dtype=torch.long)
        return state

    def forward(
        self,
        frame: Tensor,
        uniform: Tensor,
        temperature: Tensor,
        memory: Tensor,
        length: Tensor,
        past_actions: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Acts once in every game.

        Args:
            frame: What the games show now, uint8, `(B, S, S, 3)`.
            uniform: Random numbers in [0, 1), one a component, float32, `(B, 16)`.
            temperature: Divides the logits, float32, `(B,)`; 0 takes each component's most likely choice.
            memory: State, `embeddings` or `memory`; see `start`.
            length: State.
            past_actions: State, for a policy with past actions.

        Returns:
            The actions, int64 `(B, 16)`; the logits at temperature 1, `(B, 68)`; and the new state, in its order.
        """
        advance = self._stream if self.policy.trunk.streams else self._slide
        features, memory, length, past_actions = advance(self.policy.embed(frame), memory, length, past_actions)
        logits = self.policy.head(features)
        drawn = temperature[:, None] > 0
        distribution = GamepadDistribution(logits / torch.where(drawn, temperature[:, None], 1.0))
        action = torch.where(drawn, distribution.sample(uniform), distribution.mode())
        if past_actions is None:
            return action, logits, memory, length
        return action, logits, memory, length, torch.where(self._now(length), action[:, None], past_actions)

    def _slide(self, embedding: Tensor, memory: Tensor, length: Tensor, past_actions: Tensor | None) -> Advanced:
        """Appends a step to each window and computes the features of the windows' last steps."""
        full = (length == self.policy.context)[:, None, None]
        length = (length + 1).clamp(max=self.policy.context)
        memory = torch.where(full, memory.roll(-1, 1), memory)
        memory = torch.where(self._now(length), embedding[:, None], memory)
        if past_actions is not None:
            past_actions = torch.where(full, past_actions.roll(-1, 1), past_actions)
        return self.policy.last(memory, length, past_actions), memory, length, past_actions

    def _stream(self, embedding: Tensor, memory: Tensor, length: Tensor, past_actions: Tensor | None) -> Advanced:
        """Computes the features of a step from what the trunk remembers."""
        memory, length = memory.clone(), length + 1
        previous = None if past_actions is None else past_actions[:, 0]
        features = self.policy.step(embedding, memory, torch.arange(len(embedding)), length, previous)
        return features, memory, length, past_actions

    def _now(self, length: Tensor) -> Tensor:
        """Returns which of the remembered steps is this one, `(B, 32, 1)`."""
        return (torch.arange(self.steps) == length.clamp(max=self.steps)[:, None] - 1)[..., None]
