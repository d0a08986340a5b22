"""The one way to act: a policy playing a batch of games."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from padzoo.core.codec import decode, encode
from padzoo.core.episode import Episode
from padzoo.core.gamepad import COMPONENTS
from padzoo.envs.player import Acted, Player
from padzoo.envs.rollout import Rollout
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy

# Matrix kernels round differently for different numbers of rows. With multiples of 4 a row's features came out equal
# bit for bit on an AMD EPYC, within 2.2e-6 on an Intel Xeon, whatever else was in the batch (batches of 1 to 33).
ROWS: Final = 4
SMALL: Final = 128  # width up to which a forward pass on a CPU costs the more by its layers than by its rows
Precision = Literal["32-true", "bf16-true"]
PRECISIONS: Final[dict[Precision, torch.dtype]] = {"32-true": torch.float32, "bf16-true": torch.bfloat16}


@dataclass(frozen=True, eq=False)
class Thought:
    """What a policy computed at a step, or at all steps of an episode; float32 on the CPU.

    Args:
        features: What its head saw, `(D,)` or `(T, D)`.
        embeddings: What it made of the frame alone, `(D,)` or `(T, D)`.
    """

    features: Tensor
    embeddings: Tensor


class Agent(Player):
    """Plays games with a policy: one row a game, each with its own memory of the last 32 frames.

    A frame is embedded once and kept. While a window grows, a transformer remembers its keys and values and runs on
    the new frame alone; once the window slides, every frame in it has another position, and it runs on the window and
    computes only its last query. A trunk that streams always runs on the new frame alone. All equal the full forward
    pass, as in training. Frames pass through the codec of the shards first, so that acting sees the pixels of training.
    An episode's random numbers come from its own seed: the other games and the batching change at most the rounding.

    Args:
        policy: The policy to play with, left in the mode and on the device that it is in.
        temperature: Divides the logits; 0 takes each component's most likely choice.
        seed: Seed of the action sampling, mixed with each episode's and its draw.
        name: What recordings call it.

    Raises:
        ValueError: If the temperature is negative.
    """

    def __init__(self, policy: Policy, temperature: float = 1.0, seed: int = 0, name: str = "agent") -> None:
        if not temperature >= 0:  # NaN is neither
            raise ValueError(f"temperature {temperature}: allowed are 0 (most likely action) and above")
        self.policy = policy
        self.turns = 1 if policy.width <= SMALL else 2
        self.temperature = temperature
        self.seed = seed
        self.name = name
        self._random: dict[int, np.random.Generator] = {}
        self._lengths = np.zeros(0, dtype=np.int64)  # steps of each row's episode
        self._memory = policy.start(0)
        self._embeddings = self._memory.new_empty(0, policy.context, policy.width)
        width = len(COMPONENTS) if policy.past_actions else 0
        self._actions = self._memory.new_empty(0, policy.context, width, dtype=torch.long)  # rings, as the embeddings

    def about(self, episode: Episode) -> dict[str, Any]:
        """Returns its name; see `Player.about`."""
        return {"player": self.name}

    def reset(self, rows: Sequence[int], episodes: Sequence[Episode]) -> None:
        """Starts episodes; see `Player.reset`."""
        self._reserve(max(rows, default=-1) + 1)
        for row, episode in zip(rows, episodes, strict=True):
            self._random[row] = np.random.default_rng((self.seed, episode.start.seed, episode.draw))
            self._lengths[row] = 0

    @torch.inference_mode()
    def act(self, frames: NDArray[np.uint8], rows: Sequence[int], infos: Sequence[Mapping[str, Any]] = ()) -> Acted:
        """Chooses the next action of some games.

        Args:
            frames: What these games show now, uint8, `(n, S, S, 3)`.
            rows: The games, all different, each reset before.
            infos: What the games say of themselves, which it does not look at.

        Returns:
            Actions `(n, 16)`, the frames as stored, and a `Thought` of each game.

        Raises:
            ValueError: If the frames are not of the policy's size, or a logit is NaN or infinite.
        """
        images = encode(frames)
        seen = decode(images)  # (n, S, S, 3)
        uniform = np.stack([self._random[row].random(len(COMPONENTS), dtype=np.float32) for row in rows])
        index, everyone = np.asarray(rows), _padded(len(rows))
        device = self._embeddings.device
        embeddings = self.policy.embed(torch.from_numpy(seen[everyone]).to(device))[: len(rows)].float()
        features = self._remember(embeddings, index)
        logits = self.policy.head(features[everyone].to(self._embeddings.dtype))
        if not logits.isfinite().all():
            raise ValueError(
                f"policy: a logit is NaN or infinite in {logits.dtype}; allowed: weights that it can compute with"
            )
        distribution = GamepadDistribution(logits / (self.temperature or 1.0))
        sample = distribution.sample(torch.from_numpy(uniform[everyone]).to(device))
        actions = (sample if self.temperature else distribution.mode())[: len(rows)]
        if self.policy.past_actions:
            slots = torch.from_numpy((self._lengths[index] - 1) % self.policy.context)
            self._actions[torch.from_numpy(index), slots] = actions
        thoughts = [Thought(*pair) for pair in zip(features.cpu(), embeddings.cpu(), strict=True)]
        return Acted(actions.cpu().numpy(), images, thoughts)

    def _remember(self, embeddings: Tensor, index: NDArray[np.int64]) -> Tensor:
        """Appends one frame to each row's episode and returns the features of these steps, `(n, D)`."""
        self._lengths[index] += 1
        rows, ends = (torch.from_numpy(each).to(embeddings.device) for each in (index, self._lengths[index]))
        self._embeddings[rows, (ends - 1) % self.policy.context] = embeddings.to(self._embeddings.dtype)
        sliding = (self._lengths[index] > self.policy.context) & (not self.policy.trunk.streams)
        features = torch.empty_like(embeddings)
        for compute, group in ((self._grow, ~sliding), (self._slide, sliding)):
            found = np.flatnonzero(group)
            if len(found):
                padded = torch.from_numpy(found[_padded(len(found))]).to(rows.device)
                features[found] = compute(rows[padded], ends[padded])[: len(found)].to(features.dtype)
        return features

    def _grow(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Computes the features of the steps alone: the trunk remembers what it made of those before."""
        context = self.policy.context
        last = self._embeddings[rows, (lengths - 1) % context]
        return self.policy.step(last, self._memory, rows, lengths, self._actions[rows, (lengths - 2) % context])

    def _slide(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Computes the features of the windows that end with the steps."""
        context = self.policy.context
        starts = (lengths - context).clamp(min=0)
        window = rows[:, None], (starts[:, None] + torch.arange(context, device=rows.device)) % context  # (B, 32)
        return self.policy.last(self._embeddings[window], lengths - starts, self._actions[window])

    def _reserve(self, rows: int) -> None:
        """Makes room for so many games."""
        if (more := rows - len(self._lengths)) <= 0:
            return  # to cat nothing would copy everything, at every episode
        self._lengths = np.pad(self._lengths, (0, more))
        self._embeddings, self._actions, self._memory = (
            torch.cat([part, part.new_zeros(more, *part.shape[1:])])
            for part in (self._embeddings, self._actions, self._memory)
        )


def thoughts(rollout: Rollout) -> Thought:
    """Returns what a policy computed at all steps of an episode that it played, `(T, D)` both.

    Args:
        rollout: The episode.
    """
    notes: Sequence[Thought] = rollout.notes
    features = torch.stack([note.features for note in notes])
    return Thought(features, torch.stack([note.embeddings for note in notes]))


def _padded(count: int) -> NDArray[np.int64]:
    """Indices of so many rows, the last one again up to a multiple of 4."""
    return np.minimum(np.arange(-(-count // ROWS) * ROWS), count - 1)
