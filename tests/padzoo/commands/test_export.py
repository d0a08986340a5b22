import sys
from pathlib import Path

import pytest
import torch
from micro import padzoo
from safetensors.torch import load_file

from padzoo.zoo import hub
from padzoo.zoo.hub.card import Card


@pytest.mark.parametrize("name", ["policy_tiny.aligned", "reward_tiny.left"])
def test_weights_stored_on_others_are_exported_whole(name: str, zoo_folder: Path, tmp_path: Path) -> None:
    assert padzoo("export", name, "--format", "safetensors", "--out", tmp_path / "out") == 0
    stored, card = Card.read(zoo_folder / name), Card.read(tmp_path / "out")
    assert card.files["model.safetensors"].sha256 == card.sha256 == stored.sha256
    assert (card.base, card.dtype, card.about) == (None, "float16", stored.about)
    assert card.golden == stored.golden
    net = hub.load(name)
    for key, tensor in load_file(tmp_path / "out" / "model.safetensors").items():
        assert tensor.float().equal(net.state_dict()[key])


def test_a_checkpoint_stays_as_precise_as_it_is_unless_asked(policy: Path, tmp_path: Path) -> None:
    for dtype in ("float32", "bfloat16"):
        options = [] if dtype == "float32" else ["--dtype", dtype]
        assert padzoo("export", policy, "--format", "safetensors", *options, "--out", tmp_path / dtype) == 0
        assert Card.read(tmp_path / dtype).dtype == dtype
        assert Card.read(tmp_path / dtype).checkpoint == hub.sha256(policy)
        tensors = load_file(tmp_path / dtype / "model.safetensors").values()
        assert {tensor.dtype for tensor in tensors} == {getattr(torch, dtype)}
    again, net = hub.load(tmp_path / "float32").state_dict(), hub.load(policy).state_dict()
    assert all(tensor.equal(net[name]) for name, tensor in again.items())


def test_an_unknown_format_is_refused(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("export", policy, "--format", "pickle", "--out", tmp_path / "out") == 2
    assert "--format: Expected one of 'safetensors', 'onnx'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "padzoo.zoo.play.onnx", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert padzoo("export", "weights", "--format", "onnx", "--out", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("padzoo: error: --format onnx: import of onnxruntime halted")
    assert line.endswith("; allowed after: pip install '.[onnx]'")
    assert list(tmp_path.iterdir()) == []


def test_a_precision_is_of_safetensors(policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("export", policy, "--format", "onnx", "--dtype", "float16", "--out", tmp_path / "out") == 2
    assert "--dtype float16: allowed with --format safetensors" in capsys.readouterr().err
