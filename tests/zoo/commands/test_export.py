import sys
from pathlib import Path

import pytest
from micro import padzoo


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "zoo.onnx_export", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert padzoo("export", "weights", "--format", "onnx", "--out", tmp_path / "out") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("padzoo: error: --format onnx: import of onnxruntime halted")
    assert line.endswith("; allowed after: pip install 'padzoo[onnx]'")
    assert list(tmp_path.iterdir()) == []
