"""The one way to act: a policy playing a batch of games."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from datamodules import codec
from envs.gamepad import COMPONENTS
from zoo.nets.gamepad_distribution import GamepadDistribution
from zoo.nets.policy import Policy

# Matrix kernels round differently for different shapes. With rows in multiples of 4 and windows of 16 or 32 steps a
# row's numbers came out equal bit for bit whatever else was in the batch (CPU, one thread, batches of 1 to 64).
ROWS: Final = 4
WINDOW: Final = 16
Precision = Literal["32-true", "bf16-true"]
PRECISIONS: Final[dict[Precision, torch.dtype]] = {"32-true": torch.float32, "bf16-true": torch.bfloat16}


class Agent:
    """Plays games with a policy: one row a game, each with its own memory of the last 32 frames.

    A frame is embedded once and kept; every step the transformer runs on the window and computes only its last
    query. That equals the full forward pass over the window, as in training. Frames pass through the codec of the
    shards first, so that acting sees the pixels of training. An episode's random numbers come from its own seed: what
    it does depends neither on the other games nor on the batching.

    Args:
        policy: The policy to play with, left in the mode and on the device that it is in.
        temperature: Divides the logits; 0 takes each component's most likely choice.
        seed: Seed of the action sampling, mixed with each episode's.

    Attributes:
        images: The frames of the last `act` as the codec stores them, n of them.
        features: The features behind its actions, `(n, D)`, on the policy's device.

    Raises:
        ValueError: If the temperature is negative.
    """

    images: list[bytes]
    features: Tensor

    def __init__(self, policy: Policy, temperature: float = 1.0, seed: int = 0) -> None:
        if temperature < 0:
            raise ValueError(f"temperature {temperature}: allowed are 0 (most likely action) and above")
        self.policy = policy
        self.temperature = temperature
        self.seed = seed
        self._random: dict[int, np.random.Generator] = {}
        self._lengths = np.zeros(0, dtype=np.int64)  # frames in each row's window
        self._embeddings = torch.empty(0)  # (rows, 32, D)
        self._actions = torch.empty(0)  # (rows, 32, 16), the action chosen at each of these frames

    def reset(self, rows: Sequence[int], seeds: Sequence[int]) -> None:
        """Starts new episodes.

        Args:
            rows: Games that start one, each at least 0.
            seeds: Their episodes' seeds, each at least 0.
        """
        self._reserve(max(rows, default=-1) + 1)
        for row, seed in zip(rows, seeds, strict=True):
            self._random[row] = np.random.default_rng((self.seed, seed))
            self._lengths[row] = 0

    @torch.inference_mode()
    def act(self, frames: NDArray[np.uint8], rows: Sequence[int]) -> NDArray[np.int64]:
        """Chooses the next action of some games.

        Args:
            frames: What these games show now, uint8, `(n, S, S, 3)`.
            rows: The games, all different, each reset before.

        Returns:
            Gamepad actions, `(n, 16)`.

        Raises:
            ValueError: If the frames are not of the policy's size.
        """
        data, offsets = codec.encode_frames(frames)
        self.images = [data[start:stop] for start, stop in pairwise(offsets.tolist())]
        seen = codec.decode_frames(data, offsets, 0, len(frames))
        uniform = np.stack([self._random[row].random(len(COMPONENTS), dtype=np.float32) for row in rows])
        count = len(rows)
        padded = np.minimum(np.arange(-(-count // ROWS) * ROWS), count - 1)  # the last row again, to a multiple of 4
        index = np.asarray(rows)[padded]
        device = self._embeddings.device
        embeddings = self.policy.embed(torch.from_numpy(seen[padded]).to(device))
        features = self._remember(embeddings, index)
        distribution = GamepadDistribution(self.policy.head(features) / (self.temperature or 1.0))
        sample = distribution.sample(torch.from_numpy(uniform[padded]).to(device))
        actions = sample if self.temperature else distribution.mode()
        if self.policy.past_actions:
            self._actions[torch.from_numpy(index), torch.from_numpy(self._lengths[index] - 1)] = actions
        self.features = features[:count].float()
        chosen: NDArray[np.int64] = actions[:count].cpu().numpy()
        return chosen

    def _remember(self, embeddings: Tensor, index: NDArray[np.int64]) -> Tensor:
        """Appends one frame to each row's window and returns the features of the windows' last steps, `(n, D)`."""
        context = self.policy.context
        rows = torch.from_numpy(index).to(embeddings.device)
        full = rows[torch.from_numpy(self._lengths[index] == context)]
        for memory in (self._embeddings, self._actions):
            memory[full, :-1] = memory[full, 1:]
        lengths = np.minimum(self._lengths[index] + 1, context)
        self._lengths[index] = lengths
        ends = torch.from_numpy(lengths).to(embeddings.device)
        self._embeddings[rows, ends - 1] = embeddings.to(self._embeddings.dtype)
        steps = min(-(-int(lengths.max()) // WINDOW) * WINDOW, context)
        return self.policy.last(self._embeddings[rows, :steps], ends, self._actions[rows, :steps])

    def _reserve(self, rows: int) -> None:
        """Makes room for so many games."""
        more = rows - len(self._lengths)
        if more <= 0:
            return
        positions = self.policy.trunk.positions
        shape = (more, self.policy.context)
        width = len(COMPONENTS) if self.policy.past_actions else 0
        actions = torch.zeros(*shape, width, dtype=torch.long, device=positions.device)
        embeddings = torch.zeros(*shape, self.policy.width, dtype=positions.dtype, device=positions.device)
        self._actions = torch.cat([self._actions.to(actions), actions]) if len(self._lengths) else actions
        self._embeddings = torch.cat([self._embeddings, embeddings]) if len(self._lengths) else embeddings
        self._lengths = np.pad(self._lengths, (0, more))
