"""What a Lightning checkpoint says of its network, and networks built from descriptions."""

import hashlib
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import torch

from padzoo.core.gamepad import SCHEMA, check_schema
from padzoo.core.strict import build
from padzoo.zoo.hub.card import About, Kind
from padzoo.zoo.hub.state import LOW_RANK, State
from padzoo.zoo.nets.parts import rebuild
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet

Network = Policy | RewardNet
NETWORKS: Final[dict[Kind, type[Policy] | type[RewardNet]]] = {"policy": Policy, "reward": RewardNet}
NOUNS: Final[dict[Kind, str]] = {"policy": "a policy", "reward": "a reward model"}
PREFIX: Final = "net."  # of the network's weights in a checkpoint
CHANGE: Final = r"lora\.net\.(.+)\.parametrizations\.(weight)\.0\.(up|down)"  # of low-rank changes of them


def kind_of(net: Network) -> Kind:
    """Returns what a network is."""
    return next(name for name, known in NETWORKS.items() if isinstance(net, known))


def describe(net: Network, about: About | None = None) -> dict[str, Any]:
    """Says what a network is, so that it can be rebuilt and published: the `padzoo` entry of a `.ckpt`.

    Args:
        net: The network.
        about: What it cannot tell itself: its lineage and how it is trained.

    Returns:
        Plain values: `network`, `config`, `schema`, `about`.
    """
    return {"network": kind_of(net), "config": net.config, "schema": SCHEMA, "about": asdict(about or About())}


def read_about(path: Path) -> About:
    """Reads what a checkpoint says of the lineage and the training of its network.

    Raises:
        ValueError: If it says nothing of its lineage.
    """
    about = build(About, read_checkpoint(path)[0].get("about"), str(path), "padzoo.about.")
    return replace(about, checkpoint=hash_file(path))


def hash_file(path: Path) -> str:
    """Returns the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_training(path: Path) -> dict[str, Any]:
    """Reads all that a checkpoint holds of a training; nothing in it is unpickled into code.

    Raises:
        ValueError: If it is not a checkpoint of ours.
    """
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception:  # on a file of another kind the reader stumbles in many ways, a KeyError among them
        raise ValueError(f"{path}: not a checkpoint, or one that would run code from the file when loaded") from None
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("padzoo"), dict):
        raise ValueError(f"{path}: not a checkpoint of padzoo: it does not say which network it holds")
    return checkpoint


def read_checkpoint(path: Path) -> tuple[dict[str, Any], State]:
    """Reads the network in a checkpoint.

    Returns:
        Its entry `padzoo`, see `describe`, and the network's tensors.

    Raises:
        ValueError: If it is not a checkpoint of ours.
    """
    checkpoint = read_training(path)
    state = {name: value for name, value in checkpoint["state_dict"].items() if name.startswith(PREFIX)}
    entry = checkpoint["padzoo"] | {"imports": True}  # left by one's own training; see `rebuild`
    return entry, {name.removeprefix(PREFIX): value for name, value in state.items()}


def read_low_rank(path: Path) -> State:
    """Reads the low-rank changes that the network in a checkpoint has learnt; see `padzoo.zoo.hub.weights.changes`."""
    state: State = read_training(path)["state_dict"]
    found = {name: re.fullmatch(CHANGE, name) for name in state}
    return {f"{LOW_RANK}{parts[1]}.{parts[2]}.{parts[3]}": state[name] for name, parts in found.items() if parts}


def build_network(entry: dict[str, Any], state: State, source: str) -> Network:
    """Builds a network from its description and fills it with weights.

    Args:
        entry: The description; see `describe`.
        state: The weights.
        source: Where both are from, for messages.

    Returns:
        The network, in evaluation mode.

    Raises:
        ValueError: If there is no such network, the weights do not fit it, or one is NaN or infinite.
    """
    check_schema(entry.get("schema"), source)
    found = entry.get("network")
    if found not in NETWORKS:
        raise ValueError(f"{source}: network {found!r} is not known; allowed: {', '.join(NETWORKS)}")
    try:
        net: Network = rebuild(NETWORKS[found], entry["config"], entry.get("imports", False))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{source}: cannot build {NOUNS[found]} from its description: {error}") from None
    _fill(net, state, source)
    return net.eval()


def check_finite(state: State, source: str) -> None:
    """Refuses weights with a NaN or an infinity, with a ValueError that says where they are from."""
    for name, tensor in state.items():
        if count := int((~tensor.isfinite()).sum()):
            raise ValueError(f"{source}: {name} has {count:,} of {tensor.numel():,} weights that are NaN or infinite")


def _fill(net: Network, state: State, source: str) -> None:
    own = net.state_dict()
    problems = [f"{name} is missing" for name in own if name not in state]
    problems += [f"{name} is not known" for name in state if name not in own]
    problems += [
        f"{name} is {tuple(state[name].shape)}, expected {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    if problems:
        rest = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise ValueError(f"{source}: weights do not fit the network: {', '.join(problems[:3])}{rest}")
    check_finite(state, source)
    net.load_state_dict(state)
