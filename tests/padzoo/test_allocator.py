import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
from padzoo.allocator import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
torch.empty(2**24).fill_(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.empty(2**24).fill_(1)  # 64 MiB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the setting")
def test_freed_memory_is_used_again() -> None:
    def faults(mode: str) -> int:
        run = subprocess.run([sys.executable, "-c", FAULTS, mode], capture_output=True, text=True, check=True)
        return int(run.stdout)

    assert 2 * faults("keep") < faults("default")  # the heap grows a few times before it fits
