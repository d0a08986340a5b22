"""A network's tensors by name: as files, rounded, and as what differs from others."""

import hashlib
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load as deserialize
from safetensors.torch import save as serialize
from torch import Tensor

from padzoo.zoo.hub.card import Precision
from padzoo.zoo.nets.lora import merged

State = dict[str, Tensor]
LOW_RANK: Final = "lora."  # begins the names of low-rank changes, `lora.NAME.up` and `lora.NAME.down` for a weight NAME
PARTS: Final = ("up", "down")


def parse(data: bytes, source: str) -> State:
    """Reads the bytes of a safetensors file, or raises a ValueError that names the source."""
    try:
        return dict(sorted(deserialize(data).items()))  # it gives them in any order
    except SafetensorError as error:
        raise ValueError(f"{source}: damaged: {' '.join(str(error).split())}") from None


def digest(state: State) -> str:
    """Returns the sha256 of weights as one safetensors file, which names them however they are stored."""
    return hashlib.sha256(serialize(state)).hexdigest()


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
        wanted: torch.dtype = getattr(torch, dtype) if tensor.is_floating_point() and tensor.dim() else tensor.dtype
        rounded[name] = tensor.to(wanted)
        if tensor.isfinite().all() and not rounded[name].isfinite().all():
            raise ValueError(f"--dtype {dtype}: {name} goes up to {tensor.abs().max():.4g}; allowed: bfloat16, float32")
    return rounded


def difference(state: State, base: State) -> State:
    """Returns the tensors that a base does not have, bit for bit, under the same names; `base | ...` undoes it."""
    return {name: tensor for name, tensor in state.items() if name not in base or _bits(tensor) != _bits(base[name])}


def low_rank(state: State) -> State:
    """Returns the low-rank changes among some tensors."""
    return {name: tensor for name, tensor in state.items() if name.startswith(LOW_RANK)}


def unmerge(state: State, base: State, changes: State, dtype: Precision) -> State:
    """Puts low-rank changes in the place of weights, where these are a base's with the changes bit for bit.

    Args:
        state: Tensors that differ from the base's.
        base: The base's.
        changes: Low-rank changes.
        dtype: Precision of the tensors.

    Returns:
        Tensors that `merge` turns into the given ones, over the base's.
    """
    found = dict(state)
    for name in state.keys() & base.keys():
        own = {key: changes[key].cpu().contiguous() for key in _parts(name) if key in changes}
        alike = own and base[name].shape == state[name].shape
        if alike and _bits(merge({name: base[name]} | own, dtype, name)[name]) == _bits(state[name]):
            del found[name]
            found |= own
    return found


def merge(state: State, dtype: Precision, source: str) -> State:
    """Adds low-rank changes to the weights that they are of.

    Args:
        state: Tensors, changes among them.
        dtype: Precision of the result.
        source: Where they are from, for messages.

    Returns:
        The tensors of a network.

    Raises:
        ValueError: If a change is not of a weight, or does not fit it.
    """
    changes = low_rank(state)
    found = {name: tensor for name, tensor in state.items() if name not in changes}
    for name in sorted({key.removeprefix(LOW_RANK).rpartition(".")[0] for key in changes}):
        up, down = (changes.pop(key, None) for key in _parts(name))
        weight = found.get(name)
        if weight is None or up is None or down is None or not _fit(weight, up, down):
            raise ValueError(f"{source}: {LOW_RANK}{name} is no low-rank change of a weight")
        found |= narrow({name: merged(weight.float(), up.float(), down.float())}, dtype)
    if changes:
        raise ValueError(f"{source}: {min(changes)} is no low-rank change of a weight")
    return found


def _fit(weight: Tensor, up: Tensor, down: Tensor) -> bool:
    plain = all(part.dim() == 2 and part.is_floating_point() for part in (weight, up, down))
    return plain and up.shape[1] == down.shape[0] and weight.shape == (up.shape[0], down.shape[1])


def _parts(name: str) -> tuple[str, str]:
    up, down = (f"{LOW_RANK}{name}.{part}" for part in PARTS)
    return up, down


def _bits(tensor: Tensor) -> bytes:
    """Returns precision, shape and values of a tensor, so that -0 is not 0 and a NaN is itself."""
    return serialize({"": tensor})
