"""Where a configuration lies: where its path says, or in the package."""

import difflib
from pathlib import Path
from typing import Final

CONFIGS: Final = Path(__file__).parents[1] / "configs"


def find(path: str | Path) -> Path:
    """Returns the file of a configuration.

    Args:
        path: A YAML file. If there is none, the package's own of that name, such as `experiment/policy.yaml`.

    Raises:
        ValueError: If there is neither.
    """
    path = Path(path).expanduser()
    if path.is_file():
        return path
    names = [file.relative_to(CONFIGS).as_posix() for file in sorted(CONFIGS.rglob("*.yaml"))]
    if path.as_posix() in names:
        return CONFIGS / path
    near = difflib.get_close_matches(path.as_posix(), names, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    beside = [name for name in names if Path(name).parent == path.parent]
    folders = [f"{folder.name}/..." for folder in sorted(CONFIGS.iterdir()) if folder.is_dir()]
    raise ValueError(
        f"configuration {str(path)!r}: no such file, seen from {Path.cwd()}, nor among the package's own; "
        f"{hint}allowed: a file, {', '.join(beside or folders)}"
    )
