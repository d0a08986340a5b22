import re
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from padzoo.zoo.nets.cost import Cost, costs, training_flops
from padzoo.zoo.nets.policy import SIZES, Policy

TABLE = Path(__file__).parents[3] / "docs" / "networks.md"


def table() -> list[str]:
    """The table of the docs: parameters and forward MFLOP a frame, part by part."""
    found = {size: costs(Policy(size)) for size in SIZES}
    lines = ["| " + " | ".join(["part", *SIZES]) + " |", "| --- |" + " ---: |" * len(SIZES)]
    for part, cost in found["4m"].items():
        if cost.parameters:
            cells = [f"{found[size][part].parameters:,} ({found[size][part].flops / 1e6:.2f})" for size in SIZES]
            lines.append("| " + " | ".join([part, *cells]) + " |")
    sums = {size: [*found[size].values()] for size in SIZES}
    cells = [f"{sum(c.parameters for c in sums[s]):,} ({sum(c.flops for c in sums[s]) / 1e6:.2f})" for s in SIZES]
    lines.append("| " + " | ".join(["all", *cells]) + " |")
    lines.append("| " + " | ".join(["training", *(f"({training_flops(Policy(s)) / 1e6:.2f})" for s in SIZES)]) + " |")
    return lines


def test_the_table_in_the_docs_is_what_the_networks_cost() -> None:
    assert "\n".join(table()) in TABLE.read_text()


def test_operations_are_those_of_the_shapes() -> None:
    found = costs(Policy("4m"))
    assert found["encoder: stem"] == Cost(3_088, 2 * 32 * 32 * 16 * 3 * 8 * 8, learns=True)
    assert found["projection"] == Cost(1024 * 256 + 256, 2 * 1024 * 256, learns=True)
    attention = 2 * 2 * 32 * 256  # a step's query with 32 keys, and 32 weights with their values
    assert found["transformer: blocks"].flops == 4 * (2 * 12 * 256 * 256 + attention)
    assert found["head"].flops == 2 * (256 * 1024 + 1024 * 68)
    assert found["transformer: positions"] == Cost(32 * 256, 0, learns=True)


def test_a_trunk_that_streams_has_its_parts_and_no_positions() -> None:
    default, found = costs(Policy("4m")), costs(Policy("4m", trunk="streaming"))
    assert found["transformer: positions"] == Cost(0, 0, learns=False)
    assert {part: found[part] for part in found if part != "transformer: positions"} == {
        part: default[part] for part in default if part != "transformer: positions"
    }


def test_training_costs_what_the_counter_says_where_it_is_right() -> None:
    policy = Policy("tiny")
    nothing = nn.Identity()
    for index in (1, 3, 5, 7):  # depthwise convolutions, of which the counter gets the backward pass wrong
        policy.encoder.convolutions[index] = nothing  # type: ignore[index, operator]
    counter = FlopCounterMode(display=False)
    with counter, torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        policy(torch.zeros(1, 32, 64, 64, 3, dtype=torch.uint8)).sum().backward()
    assert training_flops(policy) == pytest.approx(counter.get_total_flops() / 32, rel=1e-3)


def test_what_is_frozen_is_passed_forward_only() -> None:
    policy = Policy("tiny")
    policy.requires_grad_(False)
    policy.head.requires_grad_(True)
    forward = sum(cost.flops for cost in costs(policy).values())
    assert training_flops(policy) == forward + 2 * costs(policy)["head"].flops


def test_measuring_leaves_the_policy_as_it_is() -> None:
    policy = Policy("tiny", encoder="timm/resnet10t").train()  # it keeps running statistics of what it sees
    before = {name: value.clone() for name, value in policy.state_dict().items()}
    costs(policy)
    assert policy.training
    assert all(torch.equal(value, before[name]) for name, value in policy.state_dict().items())


def test_any_backbone_and_input_has_its_part() -> None:
    found = costs(Policy("tiny", encoder="timm/resnet10t", past_actions=True, context=8))
    assert not [part for part in found if re.match("encoder: ", part)]
    assert found["encoder"].flops > 1e6
    assert found["past actions"].parameters == 68 * 128
    assert found["transformer: positions"].parameters == 8 * 128
