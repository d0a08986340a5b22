import torch
from torch import Tensor
from torch.nn import functional as F

from padzoo.zoo.nets.trajectory_reward import TrajectoryReward


def test_parameter_count_is_the_papers() -> None:
    assert sum(parameter.numel() for parameter in TrajectoryReward(1024, 100).parameters()) == 340_484


@torch.no_grad()
def test_score_is_two_mlps_around_a_concatenation() -> None:
    torch.manual_seed(0)
    net, features = TrajectoryReward(32, 100), torch.randn(4, 100, 32)
    state = net.state_dict()

    def mlp(x: Tensor, name: str) -> Tensor:
        hidden = F.gelu(x @ state[f"{name}.0.weight"].T + state[f"{name}.0.bias"])
        return hidden @ state[f"{name}.2.weight"].T + state[f"{name}.2.bias"]

    steps = torch.stack([torch.cat([mlp(step, "step") for step in one]) for one in features])  # (4, 300)
    torch.testing.assert_close(net(features), mlp(steps, "whole")[:, 0], atol=1e-5, rtol=0)
