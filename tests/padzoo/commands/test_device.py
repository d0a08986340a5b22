import pytest
import torch

from padzoo.commands.device import find_device


def test_auto_takes_the_accelerator_and_the_cpu_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: torch.device("cuda"))
    assert {name: find_device(name).type for name in ("auto", "cpu", "cuda")} == {
        "auto": "cuda",
        "cpu": "cpu",
        "cuda": "cuda",
    }
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    assert find_device("auto") == find_device("cpu") == torch.device("cpu")


def test_a_device_that_is_not_here_is_named_with_those_that_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available: None)
    with pytest.raises(ValueError, match=r"^--device cuda: allowed on this machine: auto, cpu$"):
        find_device("cuda")
