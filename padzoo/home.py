"""Paths that begin at the user's home."""

from pathlib import Path
from typing import Any

from jsonargparse import Namespace


def at_home(value: Any) -> Any:
    """Returns a value with the user's home in the place of a leading `~/`, also of what lies in it.

    A shell does so only at the beginning of a word: neither behind `=`, nor between quotes, nor in a YAML file.

    Args:
        value: What was given; lists, mappings and namespaces are copied.
    """
    if isinstance(value, str):
        return str(Path(value).expanduser()) if value.startswith("~/") else value
    if isinstance(value, list):
        return [at_home(item) for item in value]
    if isinstance(value, dict):
        return {name: at_home(item) for name, item in value.items()}
    if isinstance(value, Namespace):
        found = value.clone()
        vars(found).update(at_home(vars(found)))
        return found
    return value
