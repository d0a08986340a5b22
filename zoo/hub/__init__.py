"""Weights with their cards: `hub.load(REF)`, `hub.save(NET, FOLDER)`; torch is imported with the first such name."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from padzoo.zoo.hub.checkpoint import Network as Network
    from padzoo.zoo.hub.checkpoint import describe as describe
    from padzoo.zoo.hub.weights import base as base
    from padzoo.zoo.hub.weights import load as load
    from padzoo.zoo.hub.weights import locate as locate
    from padzoo.zoo.hub.weights import prove as prove
    from padzoo.zoo.hub.weights import pull as pull
    from padzoo.zoo.hub.weights import save as save
    from padzoo.zoo.hub.weights import sha256 as sha256

HOMES: Final = {
    "checkpoint": ("Network", "describe"),
    "weights": ("base", "load", "locate", "prove", "pull", "save", "sha256"),
}


def __getattr__(name: str) -> Any:
    for module, names in HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name!r}")
