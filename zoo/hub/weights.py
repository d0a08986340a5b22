"""The one way to weights: loading networks from checkpoints, folders and the zoo, and saving them as folders."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, overload

from filelock import FileLock
from safetensors.torch import save as serialize

from padzoo.core.atomic import remove
from padzoo.core.cache_folder import cache_folder
from padzoo.core.gamepad import SCHEMA
from padzoo.zoo.hub.card import CARD, README, WEIGHTS, About, Base, Card, File, Golden, Kind, Precision
from padzoo.zoo.hub.checkpoint import (
    NETWORKS,
    NOUNS,
    Network,
    build_network,
    check_finite,
    hash_file,
    kind_of,
    read_checkpoint,
    read_low_rank,
)
from padzoo.zoo.hub.golden import check_golden, golden_output
from padzoo.zoo.hub.index import Checkpoint, find, holding
from padzoo.zoo.hub.state import State, difference, digest, low_rank, merge, narrow, parse, unmerge
from padzoo.zoo.hub.store import place
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet

SEED: Final = 0  # of the golden input
ENCODER: Final = "encoder.policy."  # begins the tensors of a reward model that are a policy's
HEAD: Final = "head."  # begins those of a policy's last MLP


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
        ValueError: If there is nothing there, it is damaged, of another kind or made for another action schema, or a
            weight is NaN or infinite.
    """
    path = locate(ref)
    net = _open(path, str(path))[1] if path.is_dir() else build_network(*read_checkpoint(path), str(ref))
    if kind is not None and not isinstance(net, NETWORKS[kind]):
        raise ValueError(f"{ref}: expects {NOUNS[kind]}, got {NOUNS[kind_of(net)]}")
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
    return _fetch(find(str(ref)))


def pull(name: str) -> Path:
    """Brings a checkpoint of the zoo here and tries it with its golden input, also where it was here before.

    Returns:
        Its folder.

    Raises:
        ValueError: If there is no such name, or the checkpoint is refused.
    """
    return prove(_fetch(find(name)))


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
    card, net = _open(folder, source)
    check_golden(net, card.golden, source)
    return folder


def base(folder: Path) -> Path | None:
    """Finds the folder on which a folder of weights is stored; None if that one stands alone.

    Raises:
        ValueError: If it is neither beside it nor in the zoo.
    """
    found = Card.read(folder).base
    if found is None:
        return None
    beside = folder.parent / Path(found.name).name  # a plain name: no path leads elsewhere
    if (beside / CARD).is_file() and Card.read(beside).sha256 == found.sha256:
        return beside
    checkpoint = holding(found.sha256)
    if checkpoint is None:
        raise ValueError(
            f"{folder}: is stored on {found.name} ({found.sha256}), which is neither beside it nor in the zoo"
        )
    return _fetch(checkpoint)


def sha256(ref: str | Path) -> str:
    """Hashes the weights behind a reference, to name them as a parent.

    Args:
        ref: A checkpoint, a folder of weights or a name of the zoo.

    Returns:
        The hexadecimal digest of the `.ckpt`, or of a folder's weights as one safetensors file.
    """
    path = locate(ref)
    return Card.read(path).sha256 if path.is_dir() else hash_file(path)


def changes(ref: str | Path) -> State:
    """Reads the low-rank changes by which a policy was trained with `trainable: lora`; none of any other.

    Args:
        ref: A checkpoint, a folder of weights or a name of the zoo.

    Returns:
        `lora.NAME.up` `(out, rank)` and `lora.NAME.down` `(rank, in)` for each weight NAME that was changed.
    """
    path = locate(ref)
    return low_rank(_read_stored(path, str(ref))) if path.is_dir() else read_low_rank(path)


def save(
    net: Network,
    folder: str | Path,
    about: About | None = None,
    dtype: Precision = "float32",
    base: str | Path | None = None,
    changes: State | None = None,
) -> Card:
    """Writes a network as a folder of weights: `model.safetensors`, `card.yaml` and a README, all or none.

    Args:
        net: The network.
        folder: Where to; must not exist.
        about: What the network itself cannot tell.
        dtype: Precision of the weights in the file.
        base: A policy on which it is to be stored, a folder or a name: its tensors are not stored again. A reward model
            is stored on the policy that encodes its steps.
        changes: Low-rank changes of that policy which made this one, and are then stored in the place of its trunk.

    Returns:
        The card.

    Raises:
        ValueError: If the folder exists, a weight is NaN, infinite or beyond the precision's range, the base has other
            tensors, or a result was measured on other weights.
    """
    folder, about, kind = Path(folder), about or About(), kind_of(net)
    if folder.exists():
        raise ValueError(f"{folder}: exists already; weights are never overwritten")
    check_finite(net.state_dict(), str(folder))
    state = narrow(net.state_dict(), dtype)
    sha256 = digest(state)
    for result in about.results:
        if (measured := result.measured.get(kind)) != sha256:
            raise ValueError(f"results: measured on weights {measured}; these are {sha256}")
    ground, stored = (None, state) if base is None else _stored_on(locate(base), state, kind, changes or {}, dtype)
    weights = serialize(stored)
    rounded = copy.deepcopy(net).cpu().float().eval()
    rounded.load_state_dict(state)
    card = Card(
        **vars(about),
        network=kind,
        config=net.config,
        parameters=sum(tensor.numel() for tensor in state.values()),
        schema=SCHEMA,
        observation=_observation(net),
        dtype=dtype,
        sha256=sha256,
        base=ground,
        golden=Golden(SEED, golden_output(rounded, SEED)),
        files={WEIGHTS: File.of(weights)},
    )
    text = card.readme().encode()
    card = replace(card, files=card.files | {README: File.of(text)})
    place({WEIGHTS: weights, README: text, CARD: card.dump().encode()}, folder)
    return card


def _stored_on(folder: Path, state: State, kind: Kind, changes: State, dtype: Precision) -> tuple[Base, State]:
    """Returns what a network's card says of the base in a folder, and what is to be stored: all but its trunk."""
    if not folder.is_dir():
        raise ValueError(f"--base {folder}: allowed: a folder of weights or a name of the zoo")
    prefix = ENCODER if kind == "reward" else ""
    card, shared = _read_base(folder, prefix)
    stored = unmerge(difference(state, shared), shared, changes, dtype)
    name = card.name or folder.name
    for tensor in shared:
        if tensor not in state or (tensor in stored and not tensor.startswith(prefix + HEAD)):
            learnt = "the policy on which its changes were learnt" if changes else "a policy with the same trunk"
            raise ValueError(f"--base {name}: {tensor.removeprefix(prefix)} differs; allowed: {learnt}")
    return Base(name, card.sha256, prefix), stored


def _observation(net: Network) -> str:
    side = net.image_size if isinstance(net, Policy) else net.encoder.image_size
    frames = f"RGB frames of {side} x {side} pixels, uint8, 10 a second" if side else "the length alone"
    if isinstance(net, Policy):
        return f"{frames}; the last {net.context}" + (", and the actions before the last" if net.past_actions else "")
    return f"{frames}; whole trajectories of at most {net.steps} steps"


def _fetch(checkpoint: Checkpoint) -> Path:
    """Brings a checkpoint here, if it is not here yet: checked file by file, tried, then moved in one step.

    A second process that wants the same one waits for the first; what an interrupted one has left is used.
    """
    home = checkpoint.home
    if checkpoint.embedded:
        checkpoint.card()
        return home
    if checkpoint.is_whole():  # also in a cache that cannot be written
        return home
    partial = cache_folder() / ".partial" / checkpoint.name / checkpoint.entry.sha256
    with FileLock(partial.with_suffix(".lock")):
        if not checkpoint.is_whole():
            checkpoint.download(partial)
            prove(partial, checkpoint.url)
            remove(home)  # damaged, if there is one
            home.parent.mkdir(parents=True, exist_ok=True)
            partial.rename(home)
    return home


def _open(folder: Path, source: str) -> tuple[Card, Network]:
    """Loads the network in a folder."""
    card, state = _read(folder, source)
    entry = {"network": card.network, "config": card.config, "schema": card.schema}
    return card, build_network(entry, state, source)


def _read(folder: Path, source: str) -> tuple[Card, State]:
    """Reads a folder of weights; nothing of a file is used before its checksum is right."""
    card = Card.read(folder)
    state, on = _read_stored(folder, source), ""
    found, ground = card.files[WEIGHTS].sha256, base(folder)
    if card.base is not None and ground is not None:
        state = merge(_read_base(ground, card.base.prefix)[1] | state, card.dtype, f"{source}/{WEIGHTS}")
        found, on = digest(state), f" with its base {card.base.name}"
    if found != card.sha256:
        raise ValueError(f"{source}/{WEIGHTS}: does not give{on} the weights that {CARD} is of")
    return card, state


def _read_stored(folder: Path, source: str) -> State:
    """Reads the tensors in the file of a folder of weights."""
    return parse(Card.read(folder).read_files(folder, source)[WEIGHTS], f"{source}/{WEIGHTS}")


def _read_base(folder: Path, prefix: str) -> tuple[Card, State]:
    """Reads weights that stand alone, as tensors of a network stored on them: `prefix` begins the names."""
    card = Card.read(folder)
    if card.base is not None:
        raise ValueError(f"{folder}: is itself stored on {card.base.name}; allowed as a base: weights that stand alone")
    return card, {prefix + name: tensor for name, tensor in _read(folder, str(folder))[1].items()}
