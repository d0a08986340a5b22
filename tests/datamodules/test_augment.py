import numpy as np
import torch
from torch import Tensor

from padzoo.datamodules.augment import Augment


def flat(color: tuple[int, int, int], size: int = 32) -> Tensor:
    return torch.tensor(color, dtype=torch.uint8).expand(1, 2, size, size, 3)


class Still(Augment):
    hue = rotation = shear = translation = (0.0, 0.0)
    saturation = brightness = contrast = scale = (1.0, 1.0)


def augmented(augment: Augment, frames: torch.Tensor, seeds: list[int]) -> torch.Tensor:
    """Augments a copy."""
    return augment(frames.clone(), seeds)


def test_nothing_drawn_changes_nothing() -> None:
    frames = torch.randint(0, 256, (2, 5, 24, 40, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    difference = (augmented(Still(), frames, [1, 2]).int() - frames.int()).abs()
    assert difference.max() <= 1  # floating-point sampling may tip a value over a half


def test_one_draw_holds_for_a_whole_window_and_depends_on_its_seed_alone() -> None:
    frame = torch.randint(0, 256, (64, 64, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    frames = frame.expand(3, 40, 64, 64, 3).contiguous()
    changed = augmented(Augment(), frames, [5, 6, 5])
    assert (changed == changed[:, :1]).all()
    assert torch.equal(changed[0], changed[2])
    assert not torch.equal(changed[0], changed[1])
    assert torch.equal(augmented(Augment(), frames[1:2], [6])[0], changed[1])


def test_brightness_and_contrast_against_a_closed_form() -> None:
    class Bright(Still):
        brightness = (1.2, 1.2)

    class Flat(Still):
        contrast = (0.8, 0.8)

    assert augmented(Bright(), flat((100, 50, 230)), [0])[0, 0, 5, 5].tolist() == [120, 60, 255]  # 276 is cut
    assert augmented(Flat(), flat((1, 127, 254)), [0])[0, 0, 5, 5].tolist() == [26, 127, 229]  # 26.3, 127.1, 228.7


def test_saturation_and_hue_keep_luma() -> None:
    class Colour(Still):
        hue = (0.1, 0.1)
        saturation = (0.8, 0.8)

    luma = torch.tensor([0.299, 0.587, 0.114])
    for color in ((120, 60, 90), (50, 180, 100), (80, 80, 80)):
        changed = augmented(Colour(), flat(color), [0])[0, 0, 5, 5].float()
        assert abs(changed @ luma - torch.tensor(color).float() @ luma) < 1.5
    assert changed.tolist() == [80, 80, 80]  # grey has neither


def test_moves_go_where_they_should() -> None:
    class Right(Still):
        translation = (-4 / 32, -4 / 32)  # the picture's content comes from 4 pixels left and up

    class Half(Still):
        scale = (2.0, 2.0)

    class Quarter(Still):
        rotation = (90.0, 90.0)

    frames = torch.zeros(1, 1, 32, 32, 3, dtype=torch.uint8)
    frames[0, 0, 10, 12] = 200
    assert augmented(Right(), frames, [0])[0, 0, 14, 16].tolist() == [200] * 3
    frames[0, 0, 12:20, 12:20] = 200
    assert (augmented(Half(), frames, [0])[0, 0, 9:23, 9:23] == 200).all()
    corner = torch.zeros(1, 1, 32, 32, 3, dtype=torch.uint8)
    corner[0, 0, :8, :8] = 255
    turned = augmented(Quarter(), corner, [0])[0, 0, :, :, 0]
    assert int((turned > 250).sum()) == 64
    assert int(turned[:8, :8].max()) == 0


def test_draws_stay_in_their_ranges_and_left_stays_left() -> None:
    frames = torch.zeros(1, 1, 64, 64, 3, dtype=torch.uint8)
    frames[..., :32, :] = 200
    for seed in range(50):
        changed = augmented(Augment(), frames, [seed])[0, 0].float()
        assert changed[:, :24].mean() > 100
        assert changed[:, 40:].mean() < 60
    means = [augmented(Augment(), flat((128, 128, 128)), [seed]).float().mean().item() for seed in range(200)]
    assert min(means) >= 128 * 0.8 - 6
    assert max(means) <= 128 * 1.2 + 6
    assert np.std(means) > 10
