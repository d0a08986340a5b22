"""`padzoo export`: a checkpoint for other programs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from padzoo.zoo.hub.card import Card, Precision

Format = Literal["safetensors", "onnx"]


def export(ref: str, format: Format, out: str, dtype: Precision | None = None) -> None:
    """Writes a checkpoint in another format.

    Args:
        ref: A `.ckpt`, a folder of weights or a name of the zoo.
        format: `safetensors`: a folder with all weights in one file, whatever they were stored on, and their card;
            `onnx`: the file `model.onnx`, one step of a policy for any engine, see docs/engines.md.
        out: Folder to make.
        dtype: Precision of the weights in `safetensors`; left out, they stay as they are.

    Raises:
        ValueError: If there is such a folder or file already, or `ref` cannot be written so.
    """
    EXPORTERS[format](ref, Path(out), dtype)
    print(out)


def to_safetensors(ref: str, out: Path, dtype: Precision | None) -> None:
    """Writes a folder of weights that stand alone."""
    from padzoo.zoo import hub
    from padzoo.zoo.hub.checkpoint import read_about

    path = hub.locate(ref)
    if not path.is_dir():
        hub.save(hub.load(ref), out, read_about(path), dtype or "float32")
        return
    card = Card.read(path)
    same = dtype in (None, card.dtype)  # results are of these very weights
    about = card.about if same else replace(card.about, results=[])
    hub.save(hub.load(ref), out, about, dtype or card.dtype)


def to_onnx(ref: str, out: Path, dtype: Precision | None) -> None:
    """Writes one step of acting."""
    if dtype is not None:
        raise ValueError(f"--dtype {dtype}: allowed with --format safetensors; onnx keeps the weights as they are")
    from padzoo.zoo import hub

    try:
        from padzoo.zoo.play.onnx import export_onnx
    except ModuleNotFoundError as error:
        raise ValueError(f"--format onnx: {error}; allowed after: pip install '.[onnx]'") from None
    export_onnx(hub.load(ref, "policy"), hub.sha256(ref), out / "model.onnx")


EXPORTERS: Final[dict[Format, Callable[[str, Path, Precision | None], None]]] = {
    "safetensors": to_safetensors,
    "onnx": to_onnx,
}
