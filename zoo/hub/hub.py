"""The one way to weights: loading networks from checkpoints, folders and the zoo, and writing folders of weights."""

import hashlib
from pathlib import Path
from typing import Any, Final, Literal, overload

import torch

from padzoo.core.gamepad import SCHEMA, check_schema
from padzoo.zoo.hub import cache, weights_folder
from padzoo.zoo.hub.card import CARD, About, Base, Card, Kind, Precision
from padzoo.zoo.hub.catalog import Catalog, Checkpoint
from padzoo.zoo.hub.golden_output import check_golden
from padzoo.zoo.hub.stored_weights import State
from padzoo.zoo.nets.parts import rebuild
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet

Network = Policy | RewardNet
NETWORKS: Final[dict[Kind, type[Policy] | type[RewardNet]]] = {"policy": Policy, "reward": RewardNet}
NOUNS: Final = {"policy": "a policy", "reward": "a reward model"}
PREFIX: Final = "net."  # of the network's weights in a Lightning checkpoint


@overload
def load(ref: str | Path, kind: Literal["policy"]) -> Policy: ...
@overload
def load(ref: str | Path, kind: Literal["reward"]) -> RewardNet: ...
@overload
def load(ref: str | Path, kind: Kind | None = None) -> Network: ...
def load(ref: str | Path, kind: Kind | None = None) -> Network:
    """Loads a network on the CPU, in evaluation mode and float32; nothing in its files is ever unpickled into code.

    Args:
        ref: A Lightning checkpoint (`.ckpt`), a folder with `model.safetensors` and `card.yaml`, or a name of the zoo,
            such as `policy_4m.sft`, which is downloaded if it is not here yet.
        kind: What is expected, `policy` or `reward`; None takes either.

    Returns:
        The network.

    Raises:
        ValueError: If there is nothing there, it is damaged, of another kind or made for another action schema.
    """
    path = locate(ref)
    net = _build(*(_read_folder(path, str(path)) if path.is_dir() else _read_checkpoint(path)), str(ref))
    if kind is not None and not isinstance(net, NETWORKS[kind]):
        raise ValueError(f"{ref}: expects {NOUNS[kind]}, got {NOUNS[_kind(net)]}")
    return net


def locate(ref: str | Path) -> Path:
    """Finds what a reference means; a name of the zoo is downloaded if it is not here yet.

    Args:
        ref: A `.ckpt`, a folder of weights, or a name of the zoo.

    Returns:
        The file or folder.

    Raises:
        ValueError: If there is nothing of that name, or what was downloaded is refused.
    """
    path = Path(ref)
    if path.exists():
        return path
    if path.suffix == ".ckpt" or len(path.parts) > 1:
        raise ValueError(f"{ref}: no such checkpoint (.ckpt) or folder of weights")
    return _fetch(Catalog.load().find(str(ref)))


def pull(name: str) -> Path:
    """Brings a checkpoint of the zoo here and tries it with its golden input, also where it was here before.

    Args:
        name: Its name.

    Returns:
        Its folder.

    Raises:
        ValueError: If there is no such name, or the checkpoint is refused.
    """
    return prove(_fetch(Catalog.load().find(name)))


def prove(folder: Path, source: str | None = None) -> Path:
    """Loads the network in a folder and tries it with its golden input.

    Args:
        folder: A folder of weights.
        source: Where it is from, for messages; None names the folder.

    Returns:
        The folder.

    Raises:
        ValueError: If the folder is damaged, or the network does not do what its card says.
    """
    source = source or str(folder)
    check_golden(_build(*_read_folder(folder, source), source), Card.read(folder).golden, source)
    return folder


def base(folder: Path) -> Path | None:
    """Finds the folder on which another is stored; None if that one stands alone.

    Args:
        folder: A folder of weights.

    Raises:
        ValueError: If it is neither beside it nor in the zoo.
    """
    found = Card.read(folder).base
    return None if found is None else _find(found, folder)


def describe(net: Network, parents: dict[str, str] | None = None) -> dict[str, Any]:
    """Says what a network is, so that it can be rebuilt: the `padzoo` entry of a checkpoint.

    Args:
        net: The network.
        parents: The weights that it was made from, `sha256` by role.

    Returns:
        Plain values: `network`, `config`, `schema`, `parents`.
    """
    return {"network": _kind(net), "config": net.config, "schema": SCHEMA, "parents": parents or {}}


def save(
    net: Network,
    folder: str | Path,
    about: About | None = None,
    dtype: Precision = "float32",
    base: str | Path | None = None,
) -> Card:
    """Writes a network as a folder of weights: `model.safetensors`, `card.yaml` and a README, all or none.

    Args:
        net: The network.
        folder: Where to; must not exist.
        about: What the network itself cannot tell.
        dtype: Precision of the weights in the file.
        base: A policy on which it is to be stored, a folder or a name: its tensors are not stored again. A reward model
            is stored on the policy that encodes its steps.

    Returns:
        The card.

    Raises:
        ValueError: If the folder exists, a weight is beyond the precision's range, or the base will not do.
    """
    foundation = None if base is None else weights_folder.Foundation.open(locate(base))
    return weights_folder.write(net, _kind(net), Path(folder), about or About(), dtype, foundation)


def sha256(ref: str | Path) -> str:
    """Hashes the weights behind a reference, to name them as a parent.

    Args:
        ref: A checkpoint, a folder of weights or a name of the zoo.

    Returns:
        The hexadecimal digest of the `.ckpt`, or of a folder's weights as one safetensors file.
    """
    path = locate(ref)
    if path.is_dir():
        return Card.read(path).sha256
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parents(ref: str | Path) -> dict[str, str]:
    """Returns the hashes of the weights that those of a `.ckpt` were made from, by role.

    Args:
        ref: The checkpoint.
    """
    found: dict[str, str] = _read_checkpoint(Path(ref))[0].get("parents", {})
    return found


def _kind(net: Network) -> Kind:
    return next(name for name, known in NETWORKS.items() if isinstance(net, known))


def _build(entry: dict[str, Any], state: State, source: str) -> Network:
    """Builds a network from its description and fills it with weights."""
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


def _fetch(checkpoint: Checkpoint) -> Path:
    return cache.fetch(checkpoint, prove)


def _read_folder(folder: Path, source: str) -> tuple[dict[str, Any], State]:
    card, state = weights_folder.read(folder, _find, source)
    return {"network": card.network, "config": card.config, "schema": card.schema}, state


def _find(base: Base, folder: Path) -> Path:
    """Finds the folder on which another one is stored: beside it, or in the zoo."""
    beside = folder.parent / Path(base.name).name  # a plain name: no path leads elsewhere
    if (beside / CARD).is_file() and Card.read(beside).sha256 == base.sha256:
        return beside
    checkpoint = Catalog.load().holding(base.sha256)
    if checkpoint is None:
        raise ValueError(
            f"{folder}: is stored on {base.name} ({base.sha256}), which is neither beside it nor in the zoo"
        )
    return _fetch(checkpoint)


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], State]:
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception:  # on a file of another kind the reader stumbles in many ways, a KeyError among them
        raise ValueError(f"{path}: not a checkpoint, or one that would run code from the file when loaded") from None
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("padzoo"), dict):
        raise ValueError(f"{path}: not a checkpoint of padzoo: it does not say which network it holds")
    state = {name: value for name, value in checkpoint["state_dict"].items() if name.startswith(PREFIX)}
    entry = checkpoint["padzoo"] | {"imports": True}  # left by one's own training; see `rebuild`
    return entry, {name.removeprefix(PREFIX): value for name, value in state.items()}


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
    net.load_state_dict(state)
