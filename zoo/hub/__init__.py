"""Weights with their cards: `hub.load(REF)`, `hub.save(NET, FOLDER)`; torch is imported with the first such name."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padzoo.zoo.hub.checkpoint import Network, check_finite, describe
    from padzoo.zoo.hub.weights import base, changes, load, locate, prove, pull, save, sha256

__all__ = [
    "Network",
    "base",
    "changes",
    "check_finite",
    "describe",
    "load",
    "locate",
    "prove",
    "pull",
    "save",
    "sha256",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name!r}")
    home = "checkpoint" if name in ("Network", "check_finite", "describe") else "weights"
    return getattr(import_module(f"{__name__}.{home}"), name)
