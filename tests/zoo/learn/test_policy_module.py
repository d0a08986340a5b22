import json
from pathlib import Path

import numpy as np
import pytest
import torch
from micro import checkpoint, fit, padzoo, preset, weights

from padzoo.core.gamepad import COMPONENTS
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo import hub
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution


def test_a_frozen_encoder_keeps_its_statistics(shards: Path, tmp_path: Path) -> None:
    options = ["--data.train", shards, "--model.encoder", "timm/test_resnet"]
    learnt = fit("policy", "prefft", tmp_path / "base", *options, "--model.trainable", "all")
    tuned = fit("policy", "prefft", tmp_path / "prefft", *options, "--model.init_from", learnt)
    before, after = weights(learnt), weights(tuned)
    statistics = [name for name in before if name.endswith(("running_mean", "running_var", "num_batches_tracked"))]
    assert statistics
    assert all((before[name] != 0).any() for name in statistics)  # they moved while the encoder learnt
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert all(name.startswith("head.") for name in moved)


def test_testing_measures_what_is_held_out_and_plays(policy: Path, shards: Path, tmp_path: Path) -> None:
    data = ["--data.train", shards, "--data.val_fraction", 0.3, "--game.args", '{"max_steps": 5}']
    callback = json.dumps({"class_path": "ClosedLoop", "init_args": {"test_episodes": 3, "games": 2}})
    options = [*data, "--trainer.callbacks+", callback, "--ckpt_path", policy, "--trainer.default_root_dir", tmp_path]
    assert padzoo("test", *preset("policy", "prefft"), *options) == 0
    figures = json.loads((tmp_path / "test.json").read_text())
    assert figures.pop("test/loss") > 1
    accuracies = [figures.pop(f"test/accuracy/{name}") for name in (*COMPONENTS, "mean")]
    assert all(0 <= accuracy <= 1 for accuracy in accuracies)
    nobody_arrives = {name: 0.0 for name in ("left", "middle", "right", "success", "return")}  # in five steps
    assert figures == {"test/none": 1.0, **{f"test/{name}": rate for name, rate in nobody_arrives.items()}}


def test_weights_that_are_no_numbers_are_refused_whatever_is_done_with_them(
    policy: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = checkpoint(policy)
    next(value for name, value in broken["state_dict"].items() if name.startswith("net.head."))[:] = float("nan")
    torch.save(broken, tmp_path / "nan.ckpt")
    options = ["--data.train", shards, "--data.val_fraction", 0.5, "--data.predict", shards]
    options += ["--ckpt_path", tmp_path / "nan.ckpt", "--trainer.default_root_dir", tmp_path]
    for command in ("validate", "predict"):
        assert padzoo(command, *preset("policy", "prefft"), *options) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert line.startswith("padzoo: error: ckpt_path: net.head.")
        assert line.endswith("weights that are NaN or infinite")


@torch.no_grad()
def test_predictions_are_features_most_likely_actions_and_log_probabilities(
    policy: Path, shards: Path, tmp_path: Path
) -> None:
    writer = ["--trainer.callbacks", "PredictionWriter", "--trainer.callbacks.out", tmp_path / "out"]
    options = ["--data.train", shards, "--data.predict", shards, "--ckpt_path", policy]
    root = ["--trainer.default_root_dir", tmp_path]
    assert padzoo("predict", *preset("policy", "prefft"), *options, *root, *writer) == 0
    net, archive = hub.load(policy, "policy"), ShardSet(shards)
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(archive.keys)
    trajectory = max(archive, key=len)
    assert len(trajectory) > 32
    distribution = GamepadDistribution(net.head(net.window_features(torch.from_numpy(trajectory.frames))))
    with np.load(tmp_path / "out" / f"{trajectory.key}.npz") as found:
        assert found["features"].shape == (len(trajectory), 128)
        assert (found["actions"] == distribution.mode().numpy()).mean() > 0.99  # near ties may fall either way
        actions = torch.from_numpy(trajectory.actions).long()
        torch.testing.assert_close(
            torch.from_numpy(found["log_probs"]), distribution.log_prob(actions), atol=1e-4, rtol=0
        )
