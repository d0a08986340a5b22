"""What 16 bits cost: how far rounded weights move the golden output of networks, as a share of 1 + the value.

`python benchmarks/rounding.py REF...`: checkpoints, folders of weights or names of the zoo.
"""

import copy
import sys

import torch

from padzoo.core.provenance import origin
from padzoo.zoo import hub
from padzoo.zoo.hub.card import Precision
from padzoo.zoo.hub.golden import golden_output, off
from padzoo.zoo.hub.state import narrow

PRECISIONS: tuple[Precision, ...] = ("float16", "bfloat16")


def rounded(net: hub.Network, dtype: Precision) -> hub.Network:
    """Returns a copy of a network with rounded weights, in float32 as after loading."""
    again = copy.deepcopy(net)
    again.load_state_dict(narrow(net.state_dict(), dtype))
    return again


def other_kernels(net: hub.Network) -> list[float]:
    """Computes the golden output without oneDNN and on two threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    with torch.backends.mkldnn.flags(enabled=False):
        output = golden_output(net, 0)
    torch.set_num_threads(threads)
    return output


if __name__ == "__main__":
    print(f"## Weights in 16 bits\n\n{origin()}\n")
    print("| network | float16 | bfloat16 | bfloat16 / float16 | other kernels |\n| --- | ---: | ---: | ---: | ---: |")
    for ref in sys.argv[1:]:
        net = hub.load(ref)
        golden = golden_output(net, 0)
        half, brain = (off(golden_output(rounded(net, dtype), 0), golden) for dtype in PRECISIONS)
        kernels = off(other_kernels(net), golden)
        print(f"| {ref} | {half:.2g} | {brain:.2g} | {brain / half:.1f} | {kernels:.2g} |")
