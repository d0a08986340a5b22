import subprocess
import sys
from itertools import islice

import pytest
from torch.utils.data import Dataset

from padzoo.datamodules.loader import CountingSampler, loader


class Squares(Dataset[int]):
    def __getitem__(self, number: int) -> int:
        return number * number


@pytest.mark.parametrize("workers", [0, 2])
def test_ranks_take_turns_at_the_batches_to_come(workers: int) -> None:
    consumed = [5]
    loaders = [loader(Squares(), workers, CountingSampler(lambda: consumed[0], rank, 3)) for rank in range(3)]
    found = [list(islice(each, 4)) for each in loaders]
    assert [n for turn in zip(*found, strict=True) for n in turn] == [n * n for n in range(15, 27)]
    consumed[0] = 7  # a later epoch
    assert next(iter(loaders[1])) == 22 * 22


FAILING = """
import atexit, multiprocessing.util, time
atexit.register(time.sleep, 0.5)  # runs after the workers' end, and before multiprocessing waits for it
from torch.utils.data import Dataset
from padzoo.datamodules.loader import CountingSampler, loader

class Squares(Dataset):
    def __getitem__(self, number):
        return number * number

batches = iter(loader(Squares(), 1, CountingSampler(lambda: 0, 0, 1)))
next(batches)
raise SystemExit("no space left")
"""


def test_the_workers_that_an_error_leaves_end_without_a_word() -> None:
    done = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (1, "no space left\n")
