"""Strict reading: dataclasses from plain values, where nothing may be missing, unknown or of another type."""

import difflib
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def build(kind: type[T], values: object, source: str, at: str = "") -> T:
    """Builds a dataclass, and those within it, from what a YAML or JSON file says.

    Args:
        kind: The dataclass; its fields are plain values, lists and dicts of them, or such dataclasses. A field whose
            default is None may be left out.
        values: Its fields by name.
        source: The file, for messages.
        at: Where in the file, ending with a dot; empty at its top.

    Returns:
        The instance.

    Raises:
        ValueError: If a field is missing, unknown or of another type.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{source}: {at.removesuffix('.') or 'the file'} is {values!r:.40}, expected keys and values")
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in values and field.default is not None:
            raise ValueError(f"{source}: key '{at}{field.name}' is missing")
    for name in values:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"{source}: key '{at}{name}' is not known; {hint}allowed: {', '.join(names)}")
    return kind(**{name: _convert(hints[name], value, source, f"{at}{name}") for name, value in values.items()})


def _convert(hint: Any, value: Any, source: str, at: str) -> Any:
    """Checks one value against its type and builds the dataclasses within it."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or (origin is Literal and value in arguments):
        return value
    if origin is UnionType:
        return None if value is None else _convert(arguments[0], value, source, at)  # always `X | None`
    if is_dataclass(hint) and isinstance(hint, type):
        return build(hint, value, source, f"{at}.")
    if origin is list and isinstance(value, list):
        return [_convert(arguments[0], item, source, f"{at}[{index}]") for index, item in enumerate(value)]
    if origin is dict and isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _convert(arguments[1], item, source, f"{at}.{key}") for key, item in value.items()}
    if isinstance(hint, type) and type(value) in ((int, float) if hint is float else (hint,)):
        return value
    wanted = " or ".join(map(repr, arguments)) if origin is Literal else (origin or hint).__name__
    raise ValueError(f"{source}: {at} is {value!r:.40}, expected {wanted}")
