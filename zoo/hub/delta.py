"""Weights as they are stored: in 16 bits, and whole or as what differs from a base."""

import hashlib
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from padzoo.zoo.hub.card import Base, Card, Kind, Precision

State = dict[str, Tensor]
DTYPES: Final[dict[Precision, torch.dtype]] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
ENCODER: Final = "encoder.policy."  # begins the tensors of a reward model that are a policy's
HEAD: Final = "head."  # begins those of a policy's last MLP


def narrow(state: State, dtype: Precision) -> State:
    """Rounds weights to a precision.

    Single numbers, such as a reward's range, stay as they are: half precision would shift every reward to save 2 bytes.

    Args:
        state: A network's tensors by name.
        dtype: The precision.

    Returns:
        The tensors, on the CPU.

    Raises:
        ValueError: If a weight is beyond the precision's range.
    """
    rounded = {}
    for name, tensor in state.items():
        tensor = tensor.detach().cpu().contiguous()
        wanted = DTYPES[dtype] if tensor.is_floating_point() and tensor.dim() else tensor.dtype
        rounded[name] = tensor.to(wanted)
        if tensor.isfinite().all() and not rounded[name].isfinite().all():
            raise ValueError(f"--dtype {dtype}: {name} goes up to {tensor.abs().max():.4g}; allowed: bfloat16, float32")
    return rounded


def check_finite(state: State, source: str) -> None:
    """Refuses weights with a NaN or an infinity.

    Args:
        state: A network's tensors by name.
        source: Where they are from, for the message.

    Raises:
        ValueError: If there is one.
    """
    for name, tensor in state.items():
        if count := int((~tensor.isfinite()).sum()):
            raise ValueError(f"{source}: {name} has {count:,} of {tensor.numel():,} weights that are NaN or infinite")


def serialize(state: State) -> bytes:
    """Returns weights as one safetensors file; the same weights give the same bytes."""
    return save(state)


def parse(data: bytes, source: str) -> State:
    """Reads a safetensors file.

    Args:
        data: What it holds.
        source: Its path, for messages.

    Raises:
        ValueError: If it is none.
    """
    try:
        return dict(sorted(load(data).items()))  # it gives them in any order
    except SafetensorError as error:
        raise ValueError(f"{source}: damaged: {' '.join(str(error).split())}") from None


def digest(state: State) -> str:
    """Returns the sha256 of weights as one safetensors file, which names them however they are stored."""
    return hashlib.sha256(serialize(state)).hexdigest()


def difference(state: State, base: State, prefix: str) -> State:
    """Returns the tensors that are not, bit for bit, those of a base; see `merge`.

    Args:
        state: All tensors.
        base: The base's tensors.
        prefix: What these are called in `state`, up to their own names.
    """
    return {name: tensor for name, tensor in state.items() if not _equal(tensor, base.get(_within(name, prefix)))}


def merge(stored: State, base: State, prefix: str) -> State:
    """Undoes `difference`: the stored tensors and, where there is none, the base's.

    Args:
        stored: The tensors that differ.
        base: The base's tensors.
        prefix: What these are called in the network, up to their own names.
    """
    return {prefix + name: tensor for name, tensor in base.items()} | stored


def subtract(state: State, kind: Kind, card: Card, base: State) -> tuple[Base, State]:
    """Leaves what is to be stored on a base: all of a network but its policy's trunk.

    Args:
        state: All tensors of the network.
        kind: What it is.
        card: The base's.
        base: The base's tensors.

    Returns:
        What the network's card says of the base, and the tensors that differ.

    Raises:
        ValueError: If a tensor differs that is not of a policy's last MLP.
    """
    prefix = ENCODER if kind == "reward" else ""
    stored = difference(state, base, prefix)
    for name in base:
        if prefix + name not in state or (prefix + name in stored and not name.startswith(HEAD)):
            raise ValueError(f"--base {card.name}: {name} differs; allowed: a policy with the same trunk")
    return Base(card.name, card.sha256, prefix), stored


def _within(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if name.startswith(prefix) else ""


def _equal(tensor: Tensor, other: Tensor | None) -> bool:
    if other is None or other.dtype != tensor.dtype or other.shape != tensor.shape:
        return False
    return torch.equal(tensor.reshape(-1).view(torch.uint8), other.reshape(-1).view(torch.uint8))
