"""`padzoo export`: weights in the format of other programs."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal


def export(ref: str, format: Literal["onnx"], out: str) -> None:
    """Writes a policy in the format of other programs.

    Args:
        ref: The policy: a `.ckpt` or a folder of weights.
        format: `onnx`: the file `model.onnx`, one step of acting for any engine; see docs/engines.md.
        out: Folder to write to.

    Raises:
        ValueError: If there is such a file already, or `ref` is no policy.
    """
    print(f"{FORMATS[format](ref, Path(out))}: {ref} as {format}")


def _onnx(ref: str, folder: Path) -> Path:
    try:
        from zoo.onnx_export import export_onnx
    except ModuleNotFoundError as error:
        raise ValueError(f"--format onnx: {error}; allowed after: pip install 'padzoo[onnx]'") from None
    path = folder / "model.onnx"
    export_onnx(ref, path)
    return path


FORMATS: Final[dict[str, Callable[[str, Path], Path]]] = {"onnx": _onnx}
