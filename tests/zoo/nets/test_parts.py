import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from padzoo.zoo import hub
from padzoo.zoo.hub.card import About
from padzoo.zoo.hub.checkpoint import describe
from padzoo.zoo.nets.parts import Parts, rebuild
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.reward import RewardNet

TRUNK = """
from pathlib import Path
from padzoo.zoo.nets.trunk import Trunk

Path("imported").touch()

class Nothing(Trunk):
    def forward(self, embeddings):
        return embeddings
"""
LAYERS = Parts("layer", nn.Module, {"linear": "torch.nn.Linear", "step": "nothing.of_the_kind"})


@pytest.fixture(autouse=True)
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that nobody has imported, in the current folder."""
    (tmp_path / "strange.py").write_text(TRUNK)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "strange", raising=False)


def described() -> dict[str, object]:
    return Policy("pico").config | {"trunk": "strange.Nothing"}


def test_a_part_is_known_by_its_plain_name_if_it_has_one() -> None:
    assert LAYERS.find("linear") is nn.Linear
    layer = LAYERS.find("torch.nn.ReLU")()
    assert isinstance(layer, nn.ReLU)
    assert LAYERS.name(layer) == "torch.nn.modules.activation.ReLU"
    assert Parts("layer", nn.Module, {"relu": LAYERS.name(layer)}).name(layer) == "relu"


@pytest.mark.parametrize("name", ["torch.Tensor", "torch.zeros", "subprocess.Popen"])
def test_another_thing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"layer '{name}': allowed: a subclass of torch\.nn\..*\.Module$"):
        LAYERS.find(name)


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"layer 3: allowed: linear, step, or a dotted path$"):
        LAYERS.find(3)  # type: ignore[arg-type]


def test_a_description_imports_nothing_unless_it_may(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"trunk 'strange\.Nothing': weights from elsewhere import no modules; import"):
        rebuild(Policy, described())
    nested = RewardNet(RandomProjection(64)).config | {"encoder": {"kind": "agent", "policy": described()}}
    with pytest.raises(ValueError, match="weights from elsewhere import no modules"):
        rebuild(RewardNet, nested)
    assert not (tmp_path / "imported").exists()
    with pytest.raises(ValueError, match="size 'no' is not known"):  # also after what went wrong
        rebuild(Policy, {"size": "no"})
    assert type(rebuild(Policy, described(), imports=True).trunk).__name__ == "Nothing"
    assert (tmp_path / "imported").exists()
    assert isinstance(rebuild(Policy, described()), Policy)  # it is imported now


def test_a_card_imports_nothing_and_a_checkpoint_does(tmp_path: Path) -> None:
    net = Policy(**described())  # type: ignore[arg-type]
    hub.save(net, tmp_path / "folder.ckpt")  # a name does not make it a checkpoint
    state = {f"net.{name}": value for name, value in net.state_dict().items()}
    torch.save({"padzoo": describe(net, About()), "state_dict": state}, tmp_path / "own.ckpt")
    assert isinstance(hub.load(tmp_path / "folder.ckpt"), Policy)  # its module is imported
    del sys.modules["strange"]
    (tmp_path / "imported").unlink()
    with pytest.raises(ValueError, match=r"folder\.ckpt: cannot build a policy .* weights from elsewhere import no"):
        hub.load(tmp_path / "folder.ckpt")
    assert not (tmp_path / "imported").exists()
    assert type(hub.load(tmp_path / "own.ckpt", "policy").trunk).__name__ == "Nothing"
    del sys.modules["strange"]
    (tmp_path / "strange.py").unlink()
    with pytest.raises(ValueError, match=r"own\.ckpt: cannot build .* trunk 'strange\.Nothing': cannot import strange"):
        hub.load(tmp_path / "own.ckpt")
