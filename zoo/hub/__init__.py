"""Weights with their cards: `hub.load(REF)` and `hub.save(NET, FOLDER)`; torch is imported with the first of them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from padzoo.zoo.hub.checkpoint import Network as Network
    from padzoo.zoo.hub.weights import base as base
    from padzoo.zoo.hub.weights import load as load
    from padzoo.zoo.hub.weights import locate as locate
    from padzoo.zoo.hub.weights import prove as prove
    from padzoo.zoo.hub.weights import pull as pull
    from padzoo.zoo.hub.weights import save as save
    from padzoo.zoo.hub.weights import sha256 as sha256

__all__ = ["Network", "base", "load", "locate", "prove", "pull", "save", "sha256"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name!r}")
    return getattr(import_module("padzoo.zoo.hub.weights"), name)
