"""Which trajectories are compared with which."""

from itertools import combinations
from math import comb, isqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pairs = Literal["all", "random"]


def choose_pairs(trajectories: int, count: int, seed: int = 0, pairs: Pairs = "all") -> NDArray[np.int64]:
    """Draws the pairs of a set to compare (paper, section 3.4).

    The paper compares all pairs of a random subset: of M trajectories, with M(M-1)/2 nearest to `count` (45 for 50, 105
    for 100). Random pairs of all trajectories show a reward model more of them for the same labour. With one seed, what
    is compared for a smaller number is compared for a greater one too.

    Args:
        trajectories: How many there are to choose from.
        count: Comparisons wanted, 1 or more.
        seed: Seed of the choice, 0 or more.
        pairs: `all` pairs of a random subset, or `random` pairs of all trajectories.

    Returns:
        Rows of the set, int64 `(P, 2)`, no pair twice.

    Raises:
        ValueError: If there are not so many pairs.
    """
    available = check_count(trajectories, count)
    rng = np.random.default_rng(seed)
    order = rng.permutation(trajectories)
    if pairs == "all":
        return np.array(list(combinations(order[: subset_size(count)], 2)))
    return order[numbered(np.sort(rng.permutation(available)[:count]), trajectories)]


def numbered(numbers: NDArray[np.int64], trajectories: int) -> NDArray[np.int64]:
    """Returns pairs by their numbers in the list of all, (0, 1), (0, 2) and so on, which is not made.

    Args:
        numbers: The numbers, from 0, `(P,)`.
        trajectories: How many there are to choose from.

    Returns:
        Both members of each, the lower first, `(P, 2)`.
    """
    firsts = np.arange(trajectories)
    begins = firsts * trajectories - firsts * (firsts + 1) // 2  # number of each one's first pair
    one = np.searchsorted(begins, numbers, side="right") - 1
    return np.stack([one, numbers - begins[one] + one + 1], axis=-1)


def check_count(trajectories: int, count: int) -> int:
    """Returns how many pairs there are.

    Args:
        trajectories: How many there are to choose from.
        count: Comparisons wanted.

    Raises:
        ValueError: If there are not so many pairs.
    """
    available = comb(trajectories, 2)
    if not 1 <= count <= available:
        raise ValueError(
            f"comparisons {count}: allowed: 1 to {available}, which is every pair of {trajectories} trajectories"
        )
    return available


def subset_size(count: int) -> int:
    """Returns the M whose M(M-1)/2 pairs are nearest to a number of comparisons; 105 gives 15.

    Args:
        count: Comparisons wanted, 1 or more.
    """
    low = (1 + isqrt(1 + 8 * count)) // 2  # the greatest M with at most `count` pairs
    return low if count - comb(low, 2) <= comb(low + 1, 2) - count else low + 1
