"""`padzoo export`: a checkpoint for other programs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from zoo import hub
from zoo.card import About, Card, Precision

Format = Literal["safetensors"]


def export(ref: str, format: Format, out: str, dtype: Precision | None = None) -> None:
    """Writes a checkpoint in another format.

    Args:
        ref: A `.ckpt`, a folder of weights or a name of the zoo.
        format: `safetensors`: a folder with all weights in one file, whatever they were stored on, and their card.
        out: Folder to make.
        dtype: Precision of the weights; left out, they stay as they are.
    """
    EXPORTERS[format](ref, Path(out), dtype)
    print(out)


def to_safetensors(ref: str, out: Path, dtype: Precision | None) -> None:
    """Writes a folder of weights that stand alone."""
    path = hub.locate(ref)
    if not path.is_dir():
        hub.save(hub.load(ref), out, About(checkpoint=hub.sha256(path)), dtype or "float32")
        return
    card = Card.read(path)
    same = dtype in (None, card.dtype)  # results are of these very weights
    about = card.about if same else replace(card.about, results=[])
    hub.save(hub.load(ref), out, about, dtype or card.dtype)


EXPORTERS: Final[dict[Format, Callable[[str, Path, Precision | None], None]]] = {"safetensors": to_safetensors}
