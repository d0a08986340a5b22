"""The one way to weights: loading networks from checkpoints and folders, and publishing them."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final, Literal, overload

import torch
import yaml
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from envs.gamepad import SCHEMA, check_schema
from zoo.nets.policy import Policy
from zoo.nets.reward import RewardNet

Network = Policy | RewardNet
Kind = Literal["policy", "reward"]
NETWORKS: Final[dict[str, type[Policy] | type[RewardNet]]] = {"policy": Policy, "reward": RewardNet}
NOUNS: Final = {"policy": "a policy", "reward": "a reward model"}
WEIGHTS: Final = "model.safetensors"
CARD: Final = "card.yaml"
PREFIX: Final = "net."  # of the network's weights in a Lightning checkpoint


@overload
def load(ref: str | Path, kind: Literal["policy"]) -> Policy: ...
@overload
def load(ref: str | Path, kind: Literal["reward"]) -> RewardNet: ...
@overload
def load(ref: str | Path, kind: str | None = None) -> Network: ...
def load(ref: str | Path, kind: str | None = None) -> Network:
    """Loads a network on the CPU, in evaluation mode; nothing in its files is ever unpickled into code.

    Args:
        ref: A Lightning checkpoint (`.ckpt`) or a folder with `model.safetensors` and `card.yaml`.
        kind: What is expected, `policy` or `reward`; None takes either.

    Returns:
        The network.

    Raises:
        ValueError: If there is nothing there, it is damaged, of another kind or made for another action schema.
    """
    path = Path(ref)
    if not path.exists():
        raise ValueError(f"{ref}: no such checkpoint (.ckpt) or folder of weights")
    entry, state = _read_folder(path) if path.is_dir() else _read_checkpoint(path)
    check_schema(entry.get("schema"), str(ref))
    found = entry.get("network")
    if found not in NETWORKS:
        raise ValueError(f"{ref}: network {found!r} is not known; allowed: {', '.join(NETWORKS)}")
    if kind is not None and found != kind:
        raise ValueError(f"{ref}: expects {NOUNS[kind]}, got {NOUNS[found]}")
    try:
        net: Network = NETWORKS[found](**entry["config"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{ref}: cannot build {NOUNS[found]} from its description: {error}") from None
    _fill(net, state, str(ref))
    return net.eval()


def describe(net: Network, parents: dict[str, str] | None = None) -> dict[str, Any]:
    """Says what a network is, so that it can be rebuilt: the `padzoo` entry of a checkpoint, the head of a card.

    Args:
        net: The network.
        parents: The weights that it was made from, `sha256` by role.

    Returns:
        Plain values: `network`, `config`, `schema`, `parents`.
    """
    kind = next(name for name, known in NETWORKS.items() if isinstance(net, known))
    return {"network": kind, "config": net.config, "schema": SCHEMA, "parents": parents or {}}


def save(net: Network, folder: str | Path, card: dict[str, Any] | None = None) -> None:
    """Publishes a network as `model.safetensors` and `card.yaml`, written aside and moved into place.

    Args:
        net: The network.
        folder: Where to; must not exist.
        card: What else to say: data, parents, metrics with their episodes and seeds. Plain values.

    Raises:
        ValueError: If the folder exists.
    """
    folder = Path(folder)
    if folder.exists():
        raise ValueError(f"{folder}: exists already; weights are never overwritten")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        weights = {name: tensor.detach().cpu().contiguous() for name, tensor in net.state_dict().items()}
        save_file(weights, aside / WEIGHTS)
        (aside / CARD).write_text(yaml.safe_dump(describe(net) | (card or {}), sort_keys=False), encoding="utf-8")
        aside.chmod(0o755)  # mkdtemp makes it private
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def sha256(ref: str | Path) -> str:
    """Hashes the weights behind a reference, to name them as a parent.

    Args:
        ref: A checkpoint or a folder of weights.

    Returns:
        The hexadecimal digest of the `.ckpt` or of the folder's `model.safetensors`.
    """
    path = Path(ref)
    with (path / WEIGHTS if path.is_dir() else path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception:  # on a file of another kind the reader stumbles in many ways, a KeyError among them
        raise ValueError(f"{path}: not a checkpoint, or one that would run code from the file when loaded") from None
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("padzoo"), dict):
        raise ValueError(f"{path}: not a checkpoint of padzoo: it does not say which network it holds")
    state = {name: value for name, value in checkpoint["state_dict"].items() if name.startswith(PREFIX)}
    return checkpoint["padzoo"], {name.removeprefix(PREFIX): value for name, value in state.items()}


def _read_folder(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    for name in (CARD, WEIGHTS):
        if not (path / name).is_file():
            raise ValueError(f"{path}: not a folder of weights: {name} is missing")
    try:
        card = yaml.safe_load((path / CARD).read_text(encoding="utf-8"))
        state = load_file(path / WEIGHTS)
    except (yaml.YAMLError, UnicodeDecodeError, SafetensorError) as error:
        raise ValueError(f"{path}: damaged: {' '.join(str(error).split())}") from None
    if not isinstance(card, dict):
        raise ValueError(f"{path / CARD}: not a card: it does not say which network this is")
    return card, state


def _fill(net: Network, state: dict[str, Tensor], source: str) -> None:
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
    net.load_state_dict(state)
