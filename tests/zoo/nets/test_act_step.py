import pytest
import torch
from torch import Tensor

from padzoo.zoo.nets.act_step import ActStep
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy

STEPS = 12


def pictures(games: int) -> Tensor:
    return torch.randint(0, 256, (STEPS, games, 64, 64, 3), dtype=torch.uint8)


def build(**config: object) -> ActStep:
    """A policy whose actions depend on what it sees."""
    torch.manual_seed(0)
    step = ActStep(Policy("tiny", **config)).eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in step.policy.trunk.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        step.policy.head[2].weight.mul_(100)
    return step


@torch.no_grad()
@pytest.mark.parametrize("trunk", ["gpt2", "streaming"])
@pytest.mark.parametrize("past_actions", [False, True])
@pytest.mark.parametrize("context", [1, 5, 32])
def test_step_by_step_it_thinks_what_the_policy_thinks_of_the_window(
    context: int, past_actions: bool, trunk: str
) -> None:
    step = build(context=context, past_actions=past_actions, trunk=trunk)
    frames, actions, state = pictures(3), torch.empty(STEPS, 3, 16, dtype=torch.long), step.start(3)
    for now in range(STEPS):
        if now == 8:  # the second game starts anew, the others go on
            for value in state.values():
                value[1] = 0
        actions[now], logits, *values = step(frames[now], torch.rand(3, 16), torch.ones(3), *state.values())
        state = dict(zip(state, values, strict=True))
        for game in range(3):
            start = max(now + 1 - step.policy.reach, 8 if game == 1 and now >= 8 else 0)
            expected = step.policy(frames[None, start : now + 1, game], actions[None, start : now + 1, game])[0, -1]
            torch.testing.assert_close(logits[game], expected, atol=1e-4, rtol=1e-5)  # logits of up to 30


@torch.no_grad()
def test_each_game_draws_at_its_own_temperature() -> None:
    step = build()
    uniform, temperature = torch.rand(3, 16), torch.tensor([0.0, 1.0, 4.0])
    action, logits, *_ = step(pictures(3)[0], uniform, temperature, *step.start(3).values())
    assert torch.equal(action[0], GamepadDistribution(logits[0]).mode())
    assert torch.equal(action[1], GamepadDistribution(logits[1]).sample(uniform[1]))
    assert torch.equal(action[2], GamepadDistribution(logits[2] / 4).sample(uniform[2]))
    assert not torch.equal(action[2], GamepadDistribution(logits[2]).sample(uniform[2]))
