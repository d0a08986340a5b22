"""Windows: the stretches of a trajectory that behavior cloning learns from."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NotRequired, Protocol, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import get_worker_info

from padzoo.core.gamepad import NEUTRAL, is_noop


class Batch(TypedDict):
    """What behavior cloning trains on; B windows of T frames."""

    frames: Tensor  # uint8 (B, T, H, W, 3)
    actions: Tensor  # int64 (B, T, 16)
    mask: Tensor  # bool (B, T), False on padding
    seeds: NotRequired[list[int]]  # (B,), of the augmentation, where it is still to come


class Source(Protocol):
    """A trajectory that windows are cut from, stored or decoded."""

    @property
    def key(self) -> str:
        """Its name."""

    @property
    def actions(self) -> NDArray[np.int8]:
        """Gamepad actions, int8 `(T, 16)`."""

    def read_rows(self, rows: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
        """Writes the frames of `rows` `(n,)` to `out` `(n, H, W, 3)`."""


@dataclass(frozen=True, eq=False)
class Window:
    """One window, its frames not yet decoded.

    Args:
        source: The trajectory.
        rows: Numbers of the window's steps in it, `(n,)` with n at most the context.
        seed: Seed of its augmentation.
    """

    source: Source
    rows: NDArray[np.int64]  # (n,)
    seed: int = 0

    @property
    def actions(self) -> NDArray[np.int8]:
        """What was pressed at these steps, int8 `(n, 16)`."""
        return self.source.actions[self.rows]


def kept_rows(actions: NDArray[np.int8], filter_noops: bool) -> NDArray[np.int64]:
    """Returns which steps are learnt from.

    Args:
        actions: Gamepad actions, `(T, 16)`.
        filter_noops: Drop steps whose whole action is neutral (paper, Appendix C.1).

    Returns:
        Their numbers, `(L,)`.
    """
    return np.flatnonzero(~is_noop(actions)) if filter_noops else np.arange(len(actions))


def window_count(length: int, context: int) -> int:
    """Returns how many windows cover a trajectory about once.

    Args:
        length: Frames to learn from.
        context: Frames a window.
    """
    return max(1, round(length / context)) if length else 0


def random_windows(source: Source, rows: NDArray[np.int64], context: int, rng: np.random.Generator) -> Iterator[Window]:
    """Cuts windows at random places: as many as cover the trajectory about once, so that it weighs as its length.

    A window's start is uniform over every place where it would touch the trajectory, then moved inside. Uniform over
    the places where it fits, the first frame of a 100-step run would be seen 30 times less often than one in the
    middle, and it is the one that every game starts from.

    Args:
        source: The trajectory.
        rows: Numbers of the steps to learn from, `(L,)`; none gives no window.
        context: Frames a window.
        rng: Draws the places.
    """
    length = len(rows)
    count = window_count(length, context)
    starts = rng.integers(1 - context, max(length, 1), size=count).clip(0, max(0, length - context))
    seeds = rng.integers(2**32, size=count)
    for start, seed in zip(starts, seeds, strict=True):
        yield Window(source, rows[start : start + context], int(seed))


def disjoint_windows(source: Source, rows: NDArray[np.int64], context: int) -> Iterator[Window]:
    """Cuts a trajectory into windows end to end: every step is in exactly one.

    Args:
        source: The trajectory.
        rows: Numbers of the steps, `(L,)`; none gives no window.
        context: Frames a window; the last may hold fewer.
    """
    for start in range(0, len(rows), context):
        yield Window(source, rows[start : start + context])


def collate(windows: Sequence[Window], shape: tuple[int, int, int]) -> Batch:
    """Decodes windows into one batch; shorter ones are padded at the end with black, neutral, masked steps.

    Args:
        windows: B windows.
        shape: Frames of a window, their height and width: T, H and W.
    """
    frames = _room(len(windows), *shape, 3)
    pixels = frames.numpy()
    actions = np.empty((len(windows), shape[0], len(NEUTRAL)), dtype=np.int64)
    mask = np.zeros((len(windows), shape[0]), dtype=np.bool_)
    for row, window in enumerate(windows):
        length = len(window.rows)
        window.source.read_rows(window.rows, pixels[row, :length])
        pixels[row, length:] = 0
        actions[row, :length] = window.actions
        actions[row, length:] = NEUTRAL
        mask[row, :length] = True
    return Batch(frames=frames, actions=torch.from_numpy(actions), mask=torch.from_numpy(mask))


def _room(*shape: int) -> Tensor:
    """Makes room for bytes; in a worker in the memory that it shares, where PyTorch would copy them to (25 MB)."""
    if get_worker_info() is None:
        return torch.empty(shape, dtype=torch.uint8)
    # As PyTorch's own collate function does.
    storage = torch.UntypedStorage._new_shared(math.prod(shape))  # type: ignore[no-untyped-call]
    return torch.empty(0, dtype=torch.uint8).set_(storage).view(shape)
