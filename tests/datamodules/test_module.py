import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer

from padzoo import datamodules
from padzoo.core.episode import Episode
from padzoo.datamodules import Demonstrations, Episodes, Preferences, ShardSet, Trajectory
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.judges.pairs import choose_pairs
from padzoo.datamodules.module import ZooDataModule


class Listener(LightningModule):
    """Learns nothing and keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.heard: list[Any] = []

    def training_step(self, batch: Any, index: int) -> torch.Tensor:
        self.heard.append(batch)
        return self.weight.sum()

    def validation_step(self, batch: Any, index: int) -> None:
        self.heard.append(batch)

    test_step = validation_step

    def predict_step(self, batch: Any, index: int) -> str:
        self.heard.append(batch)
        return str(batch.key)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)


def trainer(tmp_path: Path) -> Trainer:
    return Trainer(
        accelerator="cpu",
        max_steps=3,
        max_epochs=-1,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )


@pytest.fixture
def preferences_file(shards: Path, tmp_path: Path) -> str:
    file = tmp_path / "left.jsonl"
    preference.write(file, compare(ShardSet(shards), choose_pairs(24, 66), "left"))
    return str(file)


@pytest.mark.parametrize("kind", ["demonstrations", "preferences", "episodes"])
def test_lightning_trains_on_each(shards: Path, preferences_file: str, tmp_path: Path, kind: str) -> None:
    folder = str(shards)
    data: ZooDataModule = {
        "demonstrations": lambda: Demonstrations(folder, val_fraction=0.2, batch_size=2, workers=1, predict=folder),
        "preferences": lambda: Preferences(folder, preferences_file, folder, preferences_file, predict=folder),
        "episodes": lambda: Episodes(batch_size=4, test_episodes=6, predict=folder),
    }[kind]()
    listener = Listener()
    trainer(tmp_path).fit(listener, data)
    assert len(listener.heard) == 3
    listener.heard.clear()
    trainer(tmp_path).test(listener, data, verbose=False)
    if kind == "episodes":
        assert all(isinstance(episode, Episode) for batch in listener.heard for episode in batch)
    else:
        assert isinstance(listener.heard[0]["ids" if kind == "preferences" else "actions"], torch.Tensor)
    listener.heard.clear()
    trainer(tmp_path).predict(listener, data)
    assert [item.key for item in listener.heard] == list(ShardSet(folder).keys)
    assert isinstance(listener.heard[0], Trajectory)
    assert isinstance(listener.heard[0].frames, np.ndarray)


@pytest.mark.parametrize("ranks", [1, 5])
def test_ranks_share_what_is_predicted(shards: Path, monkeypatch: pytest.MonkeyPatch, ranks: int) -> None:
    monkeypatch.setattr(Episodes, "world", ranks)
    parts = []
    for rank in range(ranks):
        monkeypatch.setattr(Episodes, "rank", rank)
        parts.append([trajectory.key for trajectory in Episodes(predict=str(shards)).predict_dataloader()])
    assert sorted(key for part in parts for key in part) == list(ShardSet(shards).keys)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_light_names_do_not_wait_for_lightning() -> None:
    code = (
        "import sys; from padzoo.datamodules import Trajectory, ShardWriter, ShardSet; "
        "from padzoo.datamodules.judges.judge import find_judge; find_judge('left'); "
        "sys.exit(bool({'torch', 'lightning', 'webdataset'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_is_there() -> None:
    for name in datamodules.__all__:
        assert getattr(datamodules, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = datamodules.Nothing
