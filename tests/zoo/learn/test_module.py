from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.optim import AdamW

from padzoo.core.gamepad import SCHEMA
from padzoo.core.provenance import commit
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.learn.module import ZooModule


@pytest.fixture(autouse=True)
def trainer(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the modules ask of a trainer."""
    trainer = SimpleNamespace(max_steps=8, precision="32-true")
    monkeypatch.setattr(BehaviorCloning, "trainer", trainer)
    return trainer


def optimization(module: ZooModule) -> tuple[AdamW, Any]:
    configured = module.configure_optimizers()
    assert isinstance(configured, Mapping)
    optimizer, plan = configured["optimizer"], configured["lr_scheduler"]
    assert isinstance(optimizer, AdamW)
    assert isinstance(plan, Mapping)
    assert plan["interval"] == "step"
    return optimizer, plan["scheduler"]


def rates(module: ZooModule) -> list[float]:
    """The learning rate of the first eight updates."""
    optimizer, scheduler = optimization(module)
    found = []
    for _ in range(8):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_the_learning_rate_rises_linearly_and_then_stays() -> None:
    found = rates(BehaviorCloning("tiny", lr=0.5, warmup_steps=4))
    assert found == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5])


def test_the_learning_rate_can_fall_to_the_end_of_training() -> None:
    found = rates(BehaviorCloning("tiny", lr=0.8, warmup_steps=3, decay=True))
    assert found == pytest.approx([0.2, 0.4, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])


def test_without_a_warmup_the_first_update_has_the_whole_rate() -> None:
    optimizer, _ = optimization(BehaviorCloning("tiny", lr=0.5, warmup_steps=0, weight_decay=0.25))
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert optimizer.param_groups[0]["weight_decay"] == 0.25


@pytest.mark.parametrize("setting", [{"lr": -0.1}, {"weight_decay": -1.0}, {"warmup_steps": -2}])
def test_what_would_train_uphill_is_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"model\.\w+ -\S+: allowed: 0 or more"):
        BehaviorCloning("tiny", **setting)


@pytest.mark.parametrize(("trainable", "count"), [("all", 601_716), ("head", 128 * 256 + 256 + 256 * 68 + 68)])
def test_only_what_learns_is_optimized(trainable: Any, count: int) -> None:
    optimizer, _ = optimization(BehaviorCloning("tiny", trainable=trainable))
    assert sum(parameter.numel() for group in optimizer.param_groups for parameter in group["params"]) == count


@pytest.mark.parametrize(("precision", "fused"), [("32-true", True), ("bf16-mixed", True), ("16-mixed", False)])
def test_the_optimizer_is_fused_where_gradients_can_be_clipped_too(
    trainer: SimpleNamespace, precision: str, fused: bool
) -> None:
    trainer.precision = precision
    optimizer, _ = optimization(BehaviorCloning("tiny"))
    assert optimizer.param_groups[0]["fused"] is fused


def test_no_checkpoint_has_weights_that_are_no_numbers() -> None:
    module = BehaviorCloning("pico")
    with torch.no_grad():
        next(module.net.head.parameters())[0] = float("inf")
    with pytest.raises(
        ValueError, match=r"update 0: net\.head\..* is not finite any more; what was saved before is kept"
    ):
        module.on_save_checkpoint({"state_dict": {}})  # of any callback


def test_a_checkpoint_says_what_the_network_is() -> None:
    torch.manual_seed(0)
    checkpoint: dict[str, Any] = {"state_dict": {}}
    BehaviorCloning("tiny", past_actions=True).on_save_checkpoint(checkpoint)
    config = {"size": "tiny", "encoder": "convnext", "past_actions": True, "context": 32}
    about = checkpoint["padzoo"].pop("about")
    assert checkpoint["padzoo"] == {"network": "policy", "config": config, "schema": SCHEMA}
    assert about["source"]["revision"] == commit()
    assert about["parents"] == {}
