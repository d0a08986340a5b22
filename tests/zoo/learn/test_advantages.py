import pytest
import torch

from padzoo.zoo.learn.advantages import Scale, leave_one_out, scaled, spreads

REWARDS = torch.tensor([1.0, 2.0, 4.0, 9.0, 5.0, 5.0])
GROUPS = torch.tensor([0, 0, 2, 2, 4, 4])


def test_an_advantage_is_the_reward_less_the_mean_of_the_others() -> None:
    others = torch.stack([(REWARDS.sum() - reward) / 5 for reward in REWARDS])
    torch.testing.assert_close(leave_one_out(REWARDS), REWARDS - others)
    assert leave_one_out(torch.tensor([3.0])).tolist() == [3.0]


def test_the_spread_is_that_of_the_same_start() -> None:
    assert spreads(REWARDS, GROUPS).tolist() == [0.5, 0.5, 2.5, 2.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("none", [1.0] * 6),
        ("start", [2.0, 2.0, 0.4, 0.4, 0.0, 0.0]),
        ("batch", [1 / float(REWARDS.std(correction=0))] * 6),
    ],
)
def test_advantages_are_numbers_of_deviations(scale: Scale, expected: list[float]) -> None:
    found = scaled(torch.ones(6), REWARDS, GROUPS, scale)
    torch.testing.assert_close(found, torch.tensor(expected))
