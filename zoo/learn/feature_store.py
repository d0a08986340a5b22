"""Features of trajectories, computed once for each encoder and set, kept in half precision."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from padzoo.core.trajectory import Trajectory
from padzoo.zoo.nets.reward import RewardNet

Trajectories = Sequence[Trajectory]


class FeatureStore:
    """Computes the features of whole sets of trajectories, or reads them back.

    Args:
        net: The reward model whose frozen encoder computes them.
        folder: Where features are kept, one file an encoder and set; None keeps none.
    """

    def __init__(self, net: RewardNet, folder: Path | None) -> None:
        self.net = net
        self.folder = folder

    def get(self, trajectories: Trajectories, fingerprint: str) -> Tensor:
        """Returns the features of every trajectory of a set.

        Args:
            trajectories: The set, M of them.
            fingerprint: Hash of the set's contents; with the encoder's it names the file.

        Returns:
            Features of every trajectory, padded with black frames, float16, `(M, 100, D)`.
        """
        if self.folder is None:
            return self._compute(trajectories)
        path = self.folder / f"{self._encoder_hash()[:16]}-{fingerprint[:16]}.npy"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=self.folder) as aside:  # another process, of another machine, may do the same
                np.save(Path(aside) / path.name, self._compute(trajectories).numpy(), allow_pickle=False)
                (Path(aside) / path.name).replace(path)
        return torch.from_numpy(np.load(path, allow_pickle=False))

    @torch.no_grad()
    def _compute(self, trajectories: Trajectories) -> Tensor:
        parts = []
        for trajectory in track(trajectories, "features", transient=True):
            actions = torch.from_numpy(trajectory.actions).long()
            parts.append(self.net.features(trajectory.frames, actions).cpu().half())
        return torch.stack(parts)

    def _encoder_hash(self) -> str:
        digest = sha256(repr(self.net.config).encode())
        for name, tensor in sorted(self.net.encoder.state_dict().items()):
            digest.update(name.encode() + tensor.cpu().numpy().tobytes())
        return digest.hexdigest()
