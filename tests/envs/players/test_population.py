from collections import Counter
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest

from padzoo.envs.island.actors import CHARACTERS
from padzoo.envs.players.population import BOUTS, KINDS, PAD_SHARES, population, runners
from padzoo.envs.players.scripts import Play, Scripts

NUMBER = 2000


@pytest.fixture(scope="module")
def plays() -> list[Play]:
    return list(islice(runners(0), NUMBER))


def check(counts: Counter[str], shares: dict[str, float]) -> None:
    """Four binomial standard deviations: 1 in 16,000 false alarms a share, and the seed is fixed."""
    total = counts.total()
    for name, share in shares.items():
        assert abs(counts[name] - share * total) < 4 * np.sqrt(total * share * (1 - share)), name


def test_the_table_adds_up_and_is_what_is_drawn(plays: list[Play]) -> None:
    for table in (KINDS, BOUTS):
        assert sum(row.share for row in table) == pytest.approx(1)
    check(Counter(play.kind for play in plays), {kind.name: kind.share for kind in KINDS})


def test_pads_characters_and_spawns_come_in_their_shares(plays: list[Play]) -> None:
    check(Counter(play.pad for play in plays if play.pad), PAD_SHARES)
    check(Counter(play.start.options["character"] for play in plays), dict.fromkeys(CHARACTERS, 1 / len(CHARACTERS)))
    check(Counter(str(play.start.options["spawn"]) for play in plays), dict.fromkeys("0123", 1 / 4))
    assert len({play.start.seed for play in plays}) == NUMBER


@pytest.mark.parametrize("player", [population, runners])
def test_a_play_depends_on_seed_and_number_alone(player: Callable[[int], Scripts]) -> None:
    def facts(seed: int, index: int) -> tuple[object, ...]:
        play = player(seed)[index]
        return play.kind, play.start, play.pad, play.script.temper  # type: ignore[attr-defined]

    assert facts(3, 17) == facts(3, 17)
    assert facts(3, 17) != facts(4, 17)
    assert facts(3, 17) != facts(3, 18)


def test_fixing_one_thing_leaves_the_others() -> None:
    for free, fixed in zip(islice(runners(0), 20), runners(0, pad="right", spawn=2), strict=False):
        assert fixed.start.options == {"spawn": 2, "character": free.start.options["character"]}
        assert (fixed.kind, fixed.start.seed) == (free.kind, free.start.seed)
        assert fixed.pad == (free.pad and "right")


def test_matches_begin_anywhere_unless_a_spawn_point_is_asked_for() -> None:
    for free, fixed in zip(islice(population(0), 20), population(0, spawn=2, character="golem"), strict=False):
        assert free.start.options["condition"] == "anywhere"
        assert fixed.start.options == {"spawn": 2, "character": "golem"}
        assert (fixed.kind, fixed.start.seed, fixed.pad) == (free.kind, free.start.seed, None)


@pytest.mark.parametrize("player", [population, runners])
def test_an_unknown_pad_is_refused(player: Callable[..., Scripts]) -> None:
    with pytest.raises(ValueError, match="pad 'top': allowed left, middle, right"):
        player(0, pad="top")


def test_a_match_has_a_length() -> None:
    assert population(0).args == {"match": True, "max_steps": 300}
    with pytest.raises(ValueError, match="length 0: allowed: 1 step or more"):
        population(0, length=0)
