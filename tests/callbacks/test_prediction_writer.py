from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer
from micro import padzoo, preset

from padzoo.callbacks.prediction_writer import PredictionWriter
from padzoo.core.atomic import beside

TRAINER = Trainer(accelerator="cpu", logger=False, enable_checkpointing=False)
MODULE = LightningModule()


def test_tensors_are_written_under_the_trajectorys_name(tmp_path: Path) -> None:
    writer = PredictionWriter(str(tmp_path / "new" / "out"))
    writer.on_predict_start(TRAINER, MODULE)
    rows = torch.arange(6).reshape(2, 3)
    for key in ("one", "two"):
        reward = (rows[0, 1:2] * 0.5).bfloat16()  # which NumPy has not
        writer.on_predict_batch_end(TRAINER, MODULE, {"key": key, "rows": rows, "reward": reward}, None, 0)
    assert not (tmp_path / "new" / "out").exists()  # not before it is whole
    writer.on_predict_end(TRAINER, MODULE)
    assert sorted(path.name for path in (tmp_path / "new" / "out").iterdir()) == ["one.npz", "two.npz"]
    assert len(list((tmp_path / "new").iterdir())) == 1
    with np.load(tmp_path / "new" / "out" / "two.npz", allow_pickle=False) as found:
        assert set(found) == {"rows", "reward"}
        assert np.array_equal(found["rows"], rows.numpy())
        assert found["reward"].tolist() == [0.5]


def test_of_many_ranks_the_first_makes_and_moves_the_folder_when_all_have_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    writers = [PredictionWriter(str(out)) for _ in range(2)]
    seen: list[tuple[bool, bool]] = []  # at each barrier: whether the folder aside and the one in place are there
    monkeypatch.setattr(TRAINER.strategy, "barrier", lambda: seen.append((beside(out).exists(), out.exists())))
    for hook in (PredictionWriter.on_predict_start, PredictionWriter.on_predict_end):
        for rank, writer in reversed(list(enumerate(writers))):
            monkeypatch.setattr(Trainer, "is_global_zero", rank == 0)
            hook(writer, TRAINER, MODULE)
    assert seen == [(False, False), (True, False), (True, False), (True, False)]
    assert out.exists()


def test_what_is_there_is_not_overwritten(
    policy: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    callback = ["--trainer.callbacks", "PredictionWriter", "--trainer.callbacks.out", tmp_path / "out"]
    data = ["--data.predict", shards, "--ckpt_path", policy]
    root = ["--trainer.default_root_dir", tmp_path / "root"]
    assert padzoo("predict", *preset("policy", "prefft"), *data, *root, *callback) == 2
    assert f"{tmp_path / 'out'}: already exists; allowed: a new or an empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]


def test_nothing_is_left_of_a_prediction_that_failed(
    policy: Path, reward: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no more")

    monkeypatch.setattr("padzoo.zoo.learn.reward_model.RewardModel.predict_step", fail)
    callback = ["--trainer.callbacks", "PredictionWriter", "--trainer.callbacks.out", tmp_path / "out"]
    data = ["--data.predict", shards]
    root = ["--trainer.default_root_dir", tmp_path / "root", "--model.policy", policy, "--ckpt_path", reward]
    assert padzoo("predict", *preset("reward", "reward"), *data, *root, *callback) == 2
    assert not [path.name for path in tmp_path.iterdir() if "out" in path.name]
