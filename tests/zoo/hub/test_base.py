import copy
import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from padzoo.zoo import hub
from padzoo.zoo.hub.card import About, Base, Card
from padzoo.zoo.hub.state import narrow, serialize
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.first_frame import FirstFrame
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.reward import RewardNet


def relative(net: hub.Network) -> Policy:
    """A policy of which only the head differs."""
    assert isinstance(net, Policy)
    child = copy.deepcopy(net)
    torch.nn.init.normal_(child.head[2].weight)
    return child


@pytest.fixture
def family(tmp_path: Path) -> dict[str, hub.Network]:
    """A policy in half precision, what is stored on it, and what stands alone."""
    torch.manual_seed(0)
    sft = Policy("tiny")
    nets: dict[str, hub.Network] = {
        "sft": sft,
        "aligned": relative(sft),
        "reward": RewardNet(AgentFeatures(copy.deepcopy(sft)), components=8),
        "control": RewardNet(FirstFrame(copy.deepcopy(sft))),
        "projection": RewardNet(RandomProjection(64)),
    }
    for name, net in nets.items():
        base = tmp_path / "policy_tiny.sft" if name in ("aligned", "reward", "control") else None
        hub.save(net, tmp_path / f"policy_tiny.{name}", About(name=f"policy_tiny.{name}"), "float16", base)
    return nets


def test_what_is_stored_on_a_base_gives_back_every_byte(family: dict[str, hub.Network], tmp_path: Path) -> None:
    for name, net in family.items():
        card = hub.save(net, tmp_path / f"{name}-alone", dtype="float16")
        again = hub.load(tmp_path / f"policy_tiny.{name}")
        assert all(tensor.dtype != torch.float16 for tensor in again.state_dict().values())
        alone = (tmp_path / f"{name}-alone" / "model.safetensors").read_bytes()
        assert serialize(narrow(again.state_dict(), "float16")) == alone
        assert hub.sha256(tmp_path / f"policy_tiny.{name}") == hub.sha256(tmp_path / f"{name}-alone") == card.sha256
        for key, tensor in again.state_dict().items():
            torch.testing.assert_close(tensor, net.state_dict()[key], rtol=2**-11, atol=2**-24)


def test_what_is_stored_is_what_differs(family: dict[str, hub.Network], tmp_path: Path) -> None:
    stored = {name: load_file(tmp_path / f"policy_tiny.{name}/model.safetensors") for name in family}
    assert set(stored["aligned"]) == {"head.2.weight"}
    assert not any(name.startswith("encoder") for name in stored["reward"] | stored["control"] | stored["projection"])
    sizes = {name: Card.read(tmp_path / f"policy_tiny.{name}").files["model.safetensors"].bytes for name in family}
    assert sizes["aligned"] < 36_000 < 1_200_000 < sizes["sft"] < 1_230_000
    assert sizes["reward"] < 200_000  # of 1.4 MB
    sha256 = hub.sha256(tmp_path / "policy_tiny.sft")
    assert Card.read(tmp_path / "policy_tiny.reward").base == Base("policy_tiny.sft", sha256, "encoder.policy.")


def test_a_base_that_will_not_do_is_refused(family: dict[str, hub.Network], tmp_path: Path) -> None:
    torch.save({}, tmp_path / "x.ckpt")
    for name, net, message in [
        ("policy_tiny.aligned", family["sft"], r"aligned: is itself stored on policy_tiny\.sft; allowed as a base: "),
        (
            "policy_tiny.sft",
            Policy("tiny"),
            r"--base policy_tiny\.sft: encoder\..* differs; allowed: a policy with the same trunk",
        ),
        ("policy_tiny.projection", family["sft"], r"--base policy_tiny\.projection: .* differs; allowed: a policy"),
        ("x.ckpt", family["sft"], r"--base .*x\.ckpt: allowed: a folder of weights or a name of the zoo"),
    ]:
        with pytest.raises(ValueError, match=message):
            hub.save(net, tmp_path / "new", base=tmp_path / name, dtype="float16")
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("family")
def test_another_base_is_not_taken_for_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "policy_tiny.sft").rename(tmp_path / "gone")
    message = r"aligned: is stored on policy_tiny\.sft \([0-9a-f]{64}\), which is neither beside it nor in the zoo$"
    with pytest.raises(ValueError, match=message):
        hub.load(tmp_path / "policy_tiny.aligned")
    hub.save(Policy("tiny"), tmp_path / "policy_tiny.sft", dtype="float16")
    with pytest.raises(ValueError, match=message):
        hub.load(tmp_path / "policy_tiny.aligned")


@pytest.mark.usefixtures("family")
def test_weights_that_are_not_those_of_the_card_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "policy_tiny.aligned"
    card = dataclasses.replace(Card.read(folder), sha256="ab" * 32)
    (folder / "card.yaml").write_text(card.dump())
    with pytest.raises(
        ValueError, match=r"does not give with its base policy_tiny\.sft the weights that card\.yaml is of$"
    ):
        hub.load(folder)


@pytest.mark.usefixtures("family")
def test_a_base_is_looked_for_beside_its_folder_only(tmp_path: Path) -> None:
    folder = tmp_path / "policy_tiny.aligned"
    card = Card.read(folder)
    assert card.base is not None
    (tmp_path / "policy_tiny.sft").rename(tmp_path.parent / "policy_tiny.outside")
    base = dataclasses.replace(card.base, name="../policy_tiny.outside")
    (folder / "card.yaml").write_text(dataclasses.replace(card, base=base).dump())
    with pytest.raises(ValueError, match="which is neither beside it nor in the zoo"):
        hub.load(folder)
    hub.save(Policy("tiny"), tmp_path / "alone")
    card = dataclasses.replace(Card.read(tmp_path / "alone"), sha256="ab" * 32)
    (tmp_path / "alone" / "card.yaml").write_text(card.dump())
    with pytest.raises(ValueError, match=r"alone/model\.safetensors: does not give the weights that card\.yaml is of$"):
        hub.load(tmp_path / "alone")
