import math

import pytest
import torch

from padzoo.zoo.hub.card import Golden
from padzoo.zoo.hub.golden import TOLERANCE, check_golden, golden_output
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.duration import Duration
from padzoo.zoo.nets.first_frame import FirstFrame
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.random_projection import RandomProjection
from padzoo.zoo.nets.reward import RewardNet

Net = Policy | RewardNet


def networks() -> dict[str, Net]:
    torch.manual_seed(0)
    return {
        "policy": Policy("tiny"),
        "past_actions": Policy("tiny", past_actions=True),
        "context": Policy("tiny", context=3),
        "agent": RewardNet(AgentFeatures(Policy("tiny"))),
        "agent_past_actions": RewardNet(AgentFeatures(Policy("tiny", past_actions=True))),
        "first_frame": RewardNet(FirstFrame(Policy("tiny"))),
        "random_projection": RewardNet(RandomProjection(64), steps=10),
        "duration": RewardNet(Duration()),
    }


@pytest.mark.parametrize("name", networks())
def test_every_network_has_a_golden_output(name: str) -> None:
    net = networks()[name].eval()
    golden = Golden(3, golden_output(net, 3))
    assert len(golden.output) == (68 if isinstance(net, Policy) else 2)
    check_golden(net, golden, "x")
    assert name == "duration" or golden_output(net, 4) != golden.output
    with torch.no_grad():
        last = net.head[2] if isinstance(net, Policy) else net.head.whole[2]
        last.bias += 3 * TOLERANCE * (1 + max(map(abs, golden.output)))
    with pytest.raises(
        ValueError, match=r"^x: its golden output is off by 0\.0\d+ of 1 \+ the value; allowed: 0\.0001"
    ):
        check_golden(net, golden, "x")


def test_an_output_of_another_kind_is_refused() -> None:
    net = networks()["policy"].eval()
    with pytest.raises(ValueError, match=r"^x: the golden output has 2 numbers; the network gives 68$"):
        check_golden(net, Golden(0, [0.0, 1.0]), "x")
    with pytest.raises(ValueError, match=r"off by nan"):
        check_golden(net, Golden(0, [math.nan] * 68), "x")


def test_what_it_does_to_a_network_is_nothing() -> None:
    net = networks()["past_actions"].eval()
    torch.manual_seed(1)
    drawn = torch.rand(1)
    torch.manual_seed(1)
    golden_output(net, 0)
    assert torch.rand(1) == drawn
