"""A folder of weights: `model.safetensors`, `card.yaml` and a README, written whole, read with every byte checked."""

import copy
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from padzoo.core.gamepad import SCHEMA
from padzoo.zoo.hub.card import CARD, README, WEIGHTS, About, Base, Card, File, Golden, Kind, Precision
from padzoo.zoo.hub.golden_output import golden_output
from padzoo.zoo.hub.model_card import model_card
from padzoo.zoo.hub.stored_weights import State, difference, digest, merge, narrow, parse, serialize
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet

ENCODER: Final = "encoder.policy."  # begins the tensors of a reward model that are a policy's
HEAD: Final = "head."  # begins those of a policy's last MLP
GOLDEN_SEED: Final = 0


@dataclass(frozen=True)
class Foundation:
    """Weights on which others are stored.

    Args:
        name: Their name.
        sha256: Which they are.
        state: The tensors.
    """

    name: str
    sha256: str
    state: State

    @classmethod
    def open(cls, folder: Path) -> "Foundation":
        """Reads them.

        Args:
            folder: A folder of weights, which are not themselves stored on others.

        Raises:
            ValueError: If it is none, or its weights are stored on others.
        """
        if not folder.is_dir():
            raise ValueError(f"--base {folder}: allowed: a folder of weights or a name of the zoo")
        card = Card.read(folder)
        if card.base is not None:
            raise ValueError(
                f"{folder}: is itself stored on {card.base.name}; allowed as a base: weights that stand alone"
            )
        return cls(
            card.name or folder.name, card.sha256, parse(card.read_files(folder)[WEIGHTS], f"{folder}/{WEIGHTS}")
        )


def write(
    net: Policy | RewardNet, kind: Kind, folder: Path, about: About, dtype: Precision, foundation: Foundation | None
) -> Card:
    """Writes a folder of weights aside and moves it into place.

    Args:
        net: The network.
        kind: What it is.
        folder: Where to; must not exist.
        about: What the network cannot tell.
        dtype: Precision of the weights in the file.
        foundation: The weights on which they are stored; None stores them alone.

    Returns:
        The card.

    Raises:
        ValueError: If the folder exists, a weight is beyond the precision's range, the foundation has other tensors, or
            a result was measured on other weights.
    """
    if folder.exists():
        raise ValueError(f"{folder}: exists already; weights are never overwritten")
    state = narrow(net.state_dict(), dtype)
    base, stored = (None, state) if foundation is None else _subtract(foundation, state, kind)
    sha256 = digest(state)
    for result in about.results:
        if result.measured.get(kind) != sha256:
            raise ValueError(f"results: measured on weights {result.measured.get(kind)}; these are {sha256}")
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
        base=base,
        golden=Golden(GOLDEN_SEED, golden_output(rounded, GOLDEN_SEED)),
        files={WEIGHTS: File.of(weights)},
    )
    readme = model_card(card).encode()
    card = replace(card, files=card.files | {README: File.of(readme)})
    place({WEIGHTS: weights, README: readme, CARD: card.dump().encode()}, folder)
    return card


def place(files: Mapping[str, bytes], folder: Path) -> None:
    """Writes a folder of files, all or none.

    Args:
        files: Contents by name.
        folder: Where to; must not exist.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in files.items():
            (aside / name).write_bytes(content)
        aside.chmod(0o755)  # mkdtemp makes it private
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def read(folder: Path, find: Callable[[Base, Path], Path], source: str) -> tuple[Card, State]:
    """Reads a folder of weights; nothing of a file is used before its checksum is right.

    Args:
        folder: The folder.
        find: Finds the folder of the base on which another folder is stored.
        source: Where it is from, for messages.

    Returns:
        The card, and all tensors at the precision of the file.

    Raises:
        ValueError: If something is missing or damaged, or what is stored, with its base, does not give the weights that
            the card is of.
    """
    card = Card.read(folder)
    state, found = parse(card.read_files(folder, source)[WEIGHTS], f"{source}/{WEIGHTS}"), card.files[WEIGHTS].sha256
    if card.base is not None:
        state = merge(state, Foundation.open(find(card.base, folder)).state, card.base.prefix)
        found = digest(state)
    if found != card.sha256:
        on = f" with its base {card.base.name}" if card.base else ""
        raise ValueError(f"{source}/{WEIGHTS}: does not give{on} the weights that {CARD} is of")
    return card, state


def _subtract(foundation: Foundation, state: State, kind: Kind) -> tuple[Base, State]:
    """Leaves what differs from the foundation, which may be nothing but the last MLP of a policy."""
    prefix = ENCODER if kind == "reward" else ""
    stored = difference(state, foundation.state, prefix)
    for name in foundation.state:
        if prefix + name not in state or (prefix + name in stored and not name.startswith(HEAD)):
            raise ValueError(f"--base {foundation.name}: {name} differs; allowed: a policy with the same trunk")
    return Base(foundation.name, foundation.sha256, prefix), stored


def _observation(net: Policy | RewardNet) -> str:
    side = net.image_size if isinstance(net, Policy) else net.encoder.image_size
    frames = f"RGB frames of {side} x {side} pixels, uint8, 10 a second" if side else "the length alone"
    if isinstance(net, Policy):
        return f"{frames}; the last {net.context}" + (", and the actions before the last" if net.past_actions else "")
    return f"{frames}; whole trajectories of at most {net.steps} steps"
