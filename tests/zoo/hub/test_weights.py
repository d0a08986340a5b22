from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from padzoo.core.gamepad import SCHEMA
from padzoo.zoo import hub
from padzoo.zoo.hub.card import About, Ancestor, Card, Data, File
from padzoo.zoo.hub.checkpoint import describe
from padzoo.zoo.hub.state import parse, serialize
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.reward import RewardNet


def checkpoint(net: hub.Network, path: Path, **changes: Any) -> Path:
    state = {f"net.{name}": value for name, value in net.state_dict().items()}
    entry = describe(net, About(parents={"policy": Ancestor("sft", "abc")})) | changes
    torch.save({"padzoo": entry, "state_dict": state | {"metric.total": torch.zeros(1)}}, path)
    return path


def networks() -> list[hub.Network]:
    reward = RewardNet(AgentFeatures(Policy("tiny", past_actions=True)))
    reward.minimum.fill_(-3)
    return [Policy("tiny"), reward, RewardNet(RandomProjection(64, 11))]


@pytest.mark.parametrize("net", networks(), ids=["policy", "agent_reward", "projection_reward"])
@pytest.mark.parametrize("form", ["folder", "ckpt"])
def test_what_is_saved_is_loaded(net: hub.Network, form: str, tmp_path: Path) -> None:
    if form == "folder":
        hub.save(net, tmp_path / "net")
        again = hub.load(tmp_path / "net")
    else:
        again = hub.load(checkpoint(net, tmp_path / "net.ckpt"))
    assert type(again) is type(net)
    assert again.config == net.config
    assert not again.training
    assert again.state_dict().keys() == net.state_dict().keys()
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in again.state_dict().items())


def test_card_says_what_the_network_is(tmp_path: Path) -> None:
    net = Policy("tiny")
    hub.save(
        net, tmp_path / "net", About(name="policy_tiny.x", parents={"init_from": Ancestor("policy_tiny.w", "12ab")})
    )
    card = yaml.safe_load((tmp_path / "net" / "card.yaml").read_text())
    assert card["network"] == "policy"
    assert card["config"] == {"size": "tiny", "encoder": "convnext", "past_actions": False, "context": 32}
    assert card["schema"] == SCHEMA
    assert card["parents"] == {"init_from": {"name": "policy_tiny.w", "sha256": "12ab", "parents": {}}}
    assert card["parameters"] == 601_716
    assert card["dtype"] == "float32"
    assert "64 x 64" in card["observation"]
    assert sum(value.numel() for value in load_file(tmp_path / "net" / "model.safetensors").values()) == 601_716
    weights = (tmp_path / "net" / "model.safetensors").read_bytes()
    assert card["files"]["model.safetensors"] == {"bytes": len(weights), "sha256": sha256(weights).hexdigest()}
    assert card["sha256"] == sha256(weights).hexdigest()


def test_a_hash_names_the_weights(tmp_path: Path) -> None:
    one, other = Policy("tiny"), Policy("tiny")
    hub.save(one, tmp_path / "one", About(name="x.y"))
    hub.save(one, tmp_path / "same", About(name="x.z"))
    hub.save(other, tmp_path / "other")
    assert hub.sha256(tmp_path / "one") == hub.sha256(tmp_path / "same") != hub.sha256(tmp_path / "other")
    file = tmp_path / "abc.ckpt"
    file.write_bytes(b"abc")
    assert hub.sha256(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_nothing_is_overwritten_and_nothing_half_written_stays(tmp_path: Path) -> None:
    hub.save(Policy("tiny"), tmp_path / "net")
    with pytest.raises(ValueError, match="net: exists already; weights are never overwritten"):
        hub.save(Policy("tiny"), tmp_path / "net")
    with pytest.raises(yaml.YAMLError):
        hub.save(Policy("tiny"), tmp_path / "odd", About(data=[Data("x", "", 1, 1, {"made": object()})]))
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


class Malice:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (Path.touch, (Path("malice"),))


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"padzoo": {}, "state_dict": Malice()}, tmp_path / "bad.ckpt")
    with pytest.raises(ValueError, match=r"bad\.ckpt: not a checkpoint, or one that would run code"):
        hub.load(tmp_path / "bad.ckpt")
    assert not (tmp_path / "malice").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "gamepad-v0"}, "action schema 'gamepad-v0' is not supported; allowed: 'gamepad-v1'"),
        ({"network": "critic"}, "network 'critic' is not known; allowed: policy, reward"),
        ({"config": {"size": "2m"}}, "cannot build a policy from its description: size '2m' is not known"),
        ({"config": {"depth": 3}}, "cannot build a policy from its description: .*unexpected keyword argument 'depth'"),
        (
            {"config": {"size": "tiny", "past_actions": True}},
            r"weights do not fit the network: action_embedding\.weight is missing$",
        ),
        ({"config": {"size": "4m"}}, r"weights do not fit the network: projection\.weight is missing, .* more$"),
    ],
)
def test_checkpoints_that_do_not_fit_are_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = checkpoint(Policy("tiny"), tmp_path / "net.ckpt", **changes)
    with pytest.raises(ValueError, match=message) as caught:
        hub.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_unknown_weights_are_refused(tmp_path: Path) -> None:
    path = checkpoint(Policy("tiny", past_actions=True), tmp_path / "net.ckpt", config={"size": "tiny"})
    with pytest.raises(ValueError, match=r"weights do not fit the network: action_embedding\.weight is not known$"):
        hub.load(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_refused(value: float, tmp_path: Path) -> None:
    net = Policy("tiny")
    hub.save(net, tmp_path / "net")
    good = parse((tmp_path / "net" / "model.safetensors").read_bytes(), "")
    message = r": head\.0\.bias has 2 of 256 weights that are NaN or infinite$"
    with torch.no_grad():
        net.head[0].bias[:2] = value
    with pytest.raises(ValueError, match=f"^{tmp_path}/bad{message}"):
        hub.save(net, tmp_path / "bad", dtype="float16")
    with pytest.raises(ValueError, match=rf"net\.ckpt{message}"):
        hub.load(checkpoint(net, tmp_path / "net.ckpt"))
    data = serialize(good | {"head.0.bias": net.head[0].bias.detach()})
    card = Card.read(tmp_path / "net")
    files = card.files | {"model.safetensors": File.of(data)}
    text = replace(card, files=files, sha256=File.of(data).sha256).dump()
    (tmp_path / "net" / "model.safetensors").write_bytes(data)
    (tmp_path / "net" / "card.yaml").write_text(text)
    with pytest.raises(ValueError, match=f"^{tmp_path}/net{message}"):
        hub.load(tmp_path / "net")
    assert {path.name for path in tmp_path.iterdir()} == {"net", "net.ckpt"}


def test_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    policy = checkpoint(Policy("tiny"), tmp_path / "policy.ckpt")
    hub.save(RewardNet(RandomProjection(64)), tmp_path / "reward")
    with pytest.raises(ValueError, match=r"policy\.ckpt: expects a reward model, got a policy$"):
        hub.load(policy, "reward")
    with pytest.raises(ValueError, match=r"reward: expects a policy, got a reward model$"):
        hub.load(tmp_path / "reward", "policy")
    assert isinstance(hub.load(policy, "policy"), Policy)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    torch.save({"state_dict": {}}, tmp_path / "foreign.ckpt")
    (tmp_path / "text.ckpt").write_text("hello")
    hub.save(Policy("tiny"), tmp_path / "cut")
    weights = tmp_path / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    for name, message in [
        ("gone", r"gone: no such checkpoint \(\.ckpt\) or folder of weights$"),
        ("empty", r"empty: not a folder of weights: card\.yaml is missing$"),
        ("foreign.ckpt", r"foreign\.ckpt: not a checkpoint of padzoo: it does not say which network it holds$"),
        ("text.ckpt", r"text\.ckpt: not a checkpoint"),
        ("cut", r"cut/model\.safetensors: 1000 bytes; card\.yaml says 2413960$"),
    ]:
        with pytest.raises(ValueError, match=message):
            hub.load(tmp_path / name)
