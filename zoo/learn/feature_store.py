"""What a reward model sees of trajectories, computed once for each encoder and set."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from padzoo.core.trajectory import Trajectory
from padzoo.zoo.nets.reward import CHUNK, RewardNet


@runtime_checkable
class TrajectorySource(Protocol):
    """What a reward model asks of its data module: trajectories by split, in the order that batches index."""

    def trajectories(self, split: str) -> Sequence[Trajectory]:
        """Returns the trajectories of a split."""

    def fingerprint(self, split: str) -> str:
        """Returns a hash of a split's contents."""


class FeatureStore:
    """Computes what is scored of whole sets of trajectories; features are kept on disk, reduced ones in memory.

    Args:
        net: The reward model whose frozen encoder computes the features.
        folder: Where features are kept, in half precision, one file an encoder and set; None keeps none.
        source: Where the trajectories are from.
    """

    def __init__(self, net: RewardNet, folder: Path | None, source: TrajectorySource) -> None:
        self.net = net
        self.folder = folder
        self.source = source
        self._reduced: dict[str, Tensor] = {}

    def fit(self, split: str) -> None:
        """Measures the principal components of a split's features, if the reward model has any.

        Args:
            split: Which trajectories.
        """
        if self.net.components is not None:
            features = self._features(split)
            self.net.components.fit(features)
            self._reduced = {split: self._reduce(features)}

    def get(self, split: str) -> Tensor:
        """Returns what is scored of every trajectory of a split, on the network's device.

        Args:
            split: Which trajectories, M of them.

        Returns:
            Reduced features of trajectories padded with black frames, `(M, steps, components)`; without components the
            features in half precision, `(M, steps, D)`.
        """
        if split not in self._reduced:
            self._reduced[split] = self._reduce(self._features(split))
        return self._reduced[split]

    @torch.no_grad()
    def _reduce(self, features: Tensor) -> Tensor:
        if self.net.components is None:
            return features
        return torch.cat([self.net.reduce(part.float()) for part in torch.split(features, CHUNK)])

    def _features(self, split: str) -> Tensor:
        """Computes the features of a split or reads them back, float16, `(M, steps, D)`."""
        features = self._compute(split) if self.folder is None else self._read(split, self.folder)
        return features.to(self.net.minimum.device)

    def _read(self, split: str, folder: Path) -> Tensor:
        path = folder / f"{self._encoder_hash()[:16]}-{self.source.fingerprint(split)[:16]}.npy"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder) as aside:  # another process, of another machine, may do the same
                np.save(Path(aside) / path.name, self._compute(split).numpy(), allow_pickle=False)
                (Path(aside) / path.name).replace(path)
        return torch.from_numpy(np.load(path, allow_pickle=False))

    @torch.no_grad()
    def _compute(self, split: str) -> Tensor:
        parts = []
        for trajectory in track(self.source.trajectories(split), "features", transient=True):
            actions = torch.from_numpy(trajectory.actions).long()
            with torch.autocast(self.net.minimum.device.type, enabled=False):  # what is kept serves every precision
                parts.append(self.net.features(trajectory.frames, actions).cpu().half())
        return torch.stack(parts)

    def _encoder_hash(self) -> str:
        digest = sha256(repr((self.net.encoder.config, self.net.steps)).encode())
        for name, tensor in sorted(self.net.encoder.state_dict().items()):
            digest.update(name.encode() + tensor.cpu().numpy().tobytes())
        return digest.hexdigest()
