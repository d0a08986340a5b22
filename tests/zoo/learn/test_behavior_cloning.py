from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from micro import checkpoint, column, fit, logged, padzoo, preset, weights
from torch import Tensor
from torch.nn.functional import cross_entropy

from padzoo.core.gamepad import COMPONENTS, SIZES
from padzoo.zoo import hub
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning


def windows() -> dict[str, Tensor]:
    """Three windows of eight steps, the last two padded."""
    generator = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (3, 8, 64, 64, 3), generator=generator, dtype=torch.uint8)
    actions = torch.stack([torch.randint(0, size, (3, 8), generator=generator) for size in SIZES], dim=-1)
    return {"frames": frames, "actions": actions, "mask": torch.arange(8) < torch.tensor([[8], [5], [1]])}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> BehaviorCloning:
    torch.manual_seed(0)
    model = BehaviorCloning("tiny")
    monkeypatch.setattr(model, "log", lambda *_, **__: None)
    with torch.no_grad():
        model.net.head[2].weight.mul_(100)  # far from uniform
    return model


def test_the_loss_is_the_cross_entropy_summed_over_components_and_averaged_over_places(model: BehaviorCloning) -> None:
    batch = windows()
    parts = model.net(batch["frames"]).split(list(SIZES), dim=-1)
    losses = [
        cross_entropy(part[batch["mask"]], batch["actions"][..., component][batch["mask"]])
        for component, part in enumerate(parts)
    ]
    steps, places = 8 + 5 + 1, 3 * 8
    torch.testing.assert_close(model.training_step(batch, 0), torch.stack(losses).sum() * steps / places)


def test_padding_does_not_count(model: BehaviorCloning) -> None:
    batch, other = windows(), windows()
    other["actions"][~other["mask"]] = 0
    other["frames"][~other["mask"]] = 0
    assert not torch.equal(batch["actions"], other["actions"])
    torch.testing.assert_close(model.training_step(batch, 0), model.training_step(other, 0))


def test_preference_fine_tuning_changes_the_head_and_nothing_else(shards: Path, policy: Path, tmp_path: Path) -> None:
    path = fit("policy", "prefft", tmp_path, "--data.train", shards, "--model.init_from", policy)
    before, after = weights(policy), weights(path)
    assert before.keys() == after.keys()
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed == {"head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"}


def test_fine_tuning_starts_from_the_given_weights_and_names_them(policy: Path) -> None:
    model = BehaviorCloning("tiny", init_from=str(policy))
    assert all(torch.equal(value, model.net.state_dict()[name]) for name, value in weights(policy).items())
    assert all(parameter.requires_grad for parameter in model.net.parameters())
    assert model.about.parents["init_from"].sha256 == hub.sha256(policy)


def test_weights_of_another_architecture_are_refused_in_one_line(
    shards: Path, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data.train", shards, "--model.init_from", policy, "--model.size", "4m"]
    assert padzoo("fit", *preset("policy", "prefft"), "--trainer.default_root_dir", tmp_path, *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"init_from {policy}: holds {{'size': 'tiny'," in line
    assert "but the model asks for {'size': '4m'," in line


def test_a_policy_can_be_compiled_and_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BehaviorCloning, "trainer", SimpleNamespace(datamodule=None))
    model = BehaviorCloning("tiny", compiled=True)
    names = list(model.state_dict())
    model.setup("fit")
    assert model.net._compiled_call_impl is not None
    assert list(model.state_dict()) == names


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true"])
def test_half_precision_trains_clipped(shards: Path, tmp_path: Path, precision: str) -> None:
    options = ["--data.train", shards, "--trainer.precision", precision, "--trainer.gradient_clip_val", 1]
    fit("policy", "prefft", tmp_path, *options, *logged(tmp_path))
    assert column(tmp_path, "train/loss")[1] == pytest.approx(17.4, abs=1)


def test_windows_longer_than_the_context_are_refused_in_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data.train", shards, "--model.context", 16, "--trainer.default_root_dir", tmp_path]
    assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
    assert "windows of 32 steps: this policy's context is 16" in capsys.readouterr().err
    path = fit("policy", "prefft", tmp_path, *options, "--data.context", 16)
    assert hub.load(path, "policy").context == 16


def test_windows_that_leave_positions_untrained_are_refused_from_scratch(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], policy: Path
) -> None:
    options = ["--data.train", shards, "--data.context", 16, "--trainer.default_root_dir", tmp_path]
    assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
    assert "data.context 16: the positions behind would stay untrained; allowed: 32," in capsys.readouterr().err
    assert padzoo("fit", *preset("policy", "prefft"), *options, "--model.init_from", policy) == 0


def test_a_policy_that_sees_past_actions_trains(shards: Path, tmp_path: Path) -> None:
    options = ["--data.train", shards, "--model.past_actions", "true", "--model.trainable", "all"]
    first = fit("policy", "prefft", tmp_path / "first", *options, "--trainer.max_steps", 1)
    second = fit("policy", "prefft", tmp_path / "second", *options, "--trainer.max_steps", 2)
    assert not torch.equal(weights(first)["action_embedding.weight"], weights(second)["action_embedding.weight"])
    assert hub.load(second, "policy").past_actions
    assert checkpoint(second)["padzoo"]["config"]["past_actions"] is True


def test_validation_logs_the_accuracy_of_every_component(shards: Path, policy: Path, tmp_path: Path) -> None:
    options = ["--data.train", shards, "--ckpt_path", policy, "--data.val_fraction", 0.5]
    common = ["--trainer.default_root_dir", tmp_path, *logged(tmp_path)]
    assert padzoo("validate", *preset("policy", "prefft"), *common, *options) == 0
    assert column(tmp_path, "val/loss")[0] > 0
    names = [*COMPONENTS, "mean"]
    *components, mean = (column(tmp_path, f"val/accuracy/{name}")[0] for name in names)
    assert mean == pytest.approx(sum(components) / 16, abs=1e-5)
    assert components[COMPONENTS.index("left_x")] < 0.5  # two updates tell nothing of eleven buckets
