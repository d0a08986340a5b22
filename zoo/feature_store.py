"""Features of trajectories, computed once for each encoder and set, kept in half precision."""

import os
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from rich.progress import track
from torch import Tensor

from datamodules.trajectory import Trajectory
from zoo.nets.reward import StepEncoder, padded_features

Trajectories = Sequence[Trajectory]


class FeatureStore:
    """Computes the features of whole sets of trajectories, or reads them back.

    Args:
        encoder: The frozen encoder.
        folder: Where features are kept, one file an encoder and set; None keeps none.
    """

    def __init__(self, encoder: StepEncoder, folder: Path | None) -> None:
        self.encoder = encoder
        self.folder = folder

    def get(self, trajectories: Trajectories, fingerprint: str) -> Tensor:
        """Returns the features of every trajectory of a set.

        Args:
            trajectories: The set, M of them.
            fingerprint: Hash of the set's contents; with the encoder's it names the file.

        Returns:
            Features of every trajectory, padded to 100 steps with black frames, float16, `(M, 100, D)`.
        """
        if self.folder is None:
            return self._compute(trajectories)
        path = self.folder / f"{self._encoder_hash()[:16]}-{fingerprint[:16]}.npy"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".partial") as file:
                np.save(file, self._compute(trajectories).numpy(), allow_pickle=False)
                file.flush()
                os.link(file.name, path)  # whole or not at all
        return torch.from_numpy(np.load(path, allow_pickle=False))

    def _compute(self, trajectories: Trajectories) -> Tensor:
        steps = track(trajectories, "features", transient=True)
        return torch.stack([padded_features(self.encoder, torch.as_tensor(t.frames)).cpu().half() for t in steps])

    def _encoder_hash(self) -> str:
        digest = sha256(repr(self.encoder.config).encode())
        for name, tensor in sorted(self.encoder.state_dict().items()):
            digest.update(name.encode() + tensor.cpu().numpy().tobytes())
        return digest.hexdigest()
