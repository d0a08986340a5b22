import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, kl_divergence

from padzoo.core.gamepad import SIZES
from padzoo.zoo.nets.gamepad_distribution import LOGITS, GamepadDistribution


def logits(seed: int, *shape: int) -> Tensor:
    return 2 * torch.randn(*shape, LOGITS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def categoricals(values: Tensor) -> list[Categorical]:
    return [Categorical(logits=part) for part in values.split(SIZES, dim=-1)]


def random_actions(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(9)
    return torch.stack([torch.randint(size, shape, generator=generator) for size in SIZES], dim=-1)


def test_log_probs_are_those_of_16_categoricals() -> None:
    values, actions = logits(0, 5, 7), random_actions(5, 7)
    expected = torch.stack([c.log_prob(actions[..., i]) for i, c in enumerate(categoricals(values))], dim=-1)
    distribution = GamepadDistribution(values)
    torch.testing.assert_close(distribution.log_probs(actions).double(), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(distribution.log_prob(actions).double(), expected.sum(-1), atol=1e-4, rtol=0)


def test_kl_is_the_sum_over_the_components() -> None:
    mine, theirs = logits(0, 6), logits(1, 6)
    kl = sum(kl_divergence(p, q) for p, q in zip(categoricals(mine), categoricals(theirs), strict=True))
    one, other = GamepadDistribution(mine), GamepadDistribution(theirs)
    torch.testing.assert_close(one.kl(other).double(), kl, atol=1e-4, rtol=0)
    torch.testing.assert_close(one.kl(one), torch.zeros(6))


def test_kl_of_one_button_is_the_closed_form() -> None:
    p, q = 0.8, 0.3
    one, other = torch.zeros(1, LOGITS), torch.zeros(1, LOGITS)
    one[0, 3] = torch.logit(torch.tensor(p))  # the second button, pressed
    other[0, 3] = torch.logit(torch.tensor(q))
    expected = p * torch.log(torch.tensor(p / q)) + (1 - p) * torch.log(torch.tensor((1 - p) / (1 - q)))
    torch.testing.assert_close(GamepadDistribution(one).kl(GamepadDistribution(other))[0], expected)


def test_samples_come_as_often_as_they_should() -> None:
    count = 50_000
    values = logits(3, 1)
    uniform = torch.rand(count, 16, generator=torch.Generator().manual_seed(0))
    samples = GamepadDistribution(values.expand(count, -1)).sample(uniform)
    for component, categorical in enumerate(categoricals(values[0])):
        rates = torch.bincount(samples[:, component], minlength=SIZES[component]) / count
        spread = (categorical.probs * (1 - categorical.probs) / count).sqrt()
        assert ((rates - categorical.probs).abs() < 5 * spread + 1e-6).all()


@pytest.mark.parametrize("edge", [0.0, 1 - 2**-24])
def test_extreme_draws_stay_on_the_gamepad(edge: float) -> None:
    samples = GamepadDistribution(logits(4, 1000)).sample(torch.full((1000, 16), edge))
    assert (samples == (0 if edge == 0 else torch.tensor(SIZES) - 1)).all()


def test_mode_is_the_most_likely_choice() -> None:
    values = logits(5, 40)
    likely = torch.stack([part.argmax(-1) for part in values.split(SIZES, dim=-1)], dim=-1)
    assert torch.equal(GamepadDistribution(values).mode(), likely)


def test_gradient_of_log_prob_is_one_hot_minus_probability() -> None:
    values, actions = logits(6).float().requires_grad_(), random_actions()
    GamepadDistribution(values).log_prob(actions).backward()
    expected = torch.cat(
        [
            torch.nn.functional.one_hot(actions[i], SIZES[i]) - categorical.probs.detach()
            for i, categorical in enumerate(categoricals(values))
        ]
    )
    torch.testing.assert_close(values.grad, expected)
