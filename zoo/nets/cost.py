"""What a policy costs: parameters and floating-point operations, part by part."""

import copy
from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from padzoo.zoo.nets.convnext_encoder import ConvNeXtEncoder
from padzoo.zoo.nets.gpt2 import GPT2
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.streaming import Streaming


@dataclass(frozen=True)
class Cost:
    """What one part of a policy costs.

    Args:
        parameters: How many it has.
        flops: Floating-point operations of a frame's forward pass in a full window, two a multiplication with addition;
            those of matrix products and convolutions, which are nearly all.
        learns: Whether its parameters are trained.
    """

    parameters: int
    flops: float
    learns: bool


def costs(policy: Policy) -> dict[str, Cost]:
    """Measures a policy part by part, in the order of its forward pass.

    Args:
        policy: The policy; a copy of it is passed one window of black frames.
    """
    # A copy, in evaluation: statistics that a backbone of timm keeps are not to learn from black frames.
    net = copy.deepcopy(policy).eval()
    frames = torch.zeros(1, policy.context, policy.image_size, policy.image_size, 3, dtype=torch.uint8)
    actions = torch.zeros(1, policy.context, 16, dtype=torch.long)
    device = next(policy.parameters()).device
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter, sdpa_kernel(SDPBackend.MATH):  # the fused kernels of a CPU are not counted
        net(frames.to(device), actions.to(device))
    counts = counter.get_flop_counts()
    found = {}
    for part, modules in _parts(policy).items():
        flops = sum(sum(counts.get(f"Policy.{name}", {}).values()) for name in modules)
        named = [value for name, value in policy.named_parameters() if name.startswith(modules)]
        learns = any(parameter.requires_grad for parameter in named)
        found[part] = Cost(sum(parameter.numel() for parameter in named), flops / policy.context, learns)
    return found


def training_flops(policy: Policy) -> float:
    """Returns the floating-point operations of training on one frame in a full window.

    The backward pass of what learns costs twice its forward pass, but for the convolution that sees the pixels, which
    need no gradient. PyTorch's own counter takes the gradient of a depthwise convolution's weights for that of a full
    one.

    Args:
        policy: The policy.
    """
    found = costs(policy)
    total = sum(cost.flops * (3 if cost.learns else 1) for cost in found.values())
    stem = found.get("encoder: stem")
    return total - stem.flops if stem is not None and stem.learns else total


def _parts(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Returns the names of the modules (or parameters) of every part."""
    encoder: dict[str, tuple[str, ...]] = {"encoder": ("encoder",)}
    if isinstance(policy.encoder, ConvNeXtEncoder):
        layers = [f"encoder.convolutions.{index}" for index in range(len(policy.encoder.convolutions))]
        encoder = {
            "encoder: stem": (layers[0],),
            "encoder: ConvNeXt blocks": tuple(layers[1::2]),
            "encoder: downsampling": tuple(layers[2::2]),
            "encoder: LayerNorm": ("encoder.norm",),
        }
    trunk: dict[str, tuple[str, ...]] = {"trunk": ("trunk",)}
    if isinstance(policy.trunk, GPT2 | Streaming):
        trunk = {
            "transformer: positions": ("trunk.positions",),
            "transformer: blocks": tuple(f"trunk.blocks.{index}" for index in range(len(policy.trunk.blocks))),
            "transformer: LayerNorm": ("trunk.norm",),
        }
    return {
        **encoder,
        "projection": ("projection",),
        "past actions": ("action_embedding",),
        **trunk,
        "head": ("head",),
    }
