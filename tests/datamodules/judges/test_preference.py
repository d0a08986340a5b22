from itertools import combinations
from pathlib import Path

import pytest

from padzoo.core.trajectory import TrajectorySummary
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.preference import Preference, comparisons, subset_size

OUTCOMES = ("left", "middle", "right", "none")


def summaries(count: int) -> list[TrajectorySummary]:
    return [
        TrajectorySummary(f"run-{n}", 50 + 10 * (n * 7 % 5), {"outcome": OUTCOMES[n * 3 % 4]}) for n in range(count)
    ]


def better(one: TrajectorySummary, other: TrajectorySummary, pad: str) -> bool:
    """The rule said once more, in words: given pad, then another, then none; then the shorter one."""
    first, second = one.meta["outcome"], other.meta["outcome"]
    if first == pad and second != pad:
        return True
    if second == pad and first != pad:
        return False
    if second == "none" and first != "none":
        return True
    if first == "none" and second != "none":
        return False
    return one.length < other.length


@pytest.mark.parametrize("pad", ["left", "middle", "right"])
def test_all_pairs_against_brute_force(pad: str) -> None:
    known = summaries(20)
    found = {(item.winner, item.loser) for item in comparisons(known, pad, 190)}
    wanted = {(one.key, other.key) for one in known for other in known if better(one, other, pad)}
    assert found == wanted
    assert 0 < len(found) < 190  # equals give none


def test_the_subset_is_random_nested_and_complete() -> None:
    known = [TrajectorySummary(f"run-{n}", n, {"outcome": "left"}) for n in range(60)]  # no equals

    def subset(count: int, seed: int) -> set[str]:
        found = comparisons(known, "left", count, seed)
        keys = {key for item in found for key in (item.winner, item.loser)}
        assert {frozenset((item.winner, item.loser)) for item in found} == set(map(frozenset, combinations(keys, 2)))
        assert len(found) == len(keys) * (len(keys) - 1) // 2
        return keys

    assert len(subset(105, 0)) == 15
    assert subset(105, 0) < subset(435, 0)
    assert subset(105, 0) != subset(105, 1)
    assert comparisons(known, "left", 105, 3) == comparisons(known, "left", 105, 3)


def test_random_pairs_come_from_all_trajectories_and_are_nested_too() -> None:
    known = [TrajectorySummary(f"run-{n}", n, {"outcome": "left"}) for n in range(60)]  # no equals

    def chosen(count: int, seed: int = 0) -> set[frozenset[str]]:
        found = comparisons(known, "left", count, seed, "random")
        assert all(int(item.winner[4:]) < int(item.loser[4:]) for item in found)
        pairs = {frozenset((item.winner, item.loser)) for item in found}
        assert len(pairs) == len(found) == count
        return pairs

    assert len(frozenset.union(*chosen(105))) > 50
    assert chosen(105) < chosen(435)
    assert chosen(105) != chosen(105, 1)
    assert chosen(1770) == set(map(frozenset, combinations((summary.key for summary in known), 2)))


def test_the_nearest_number_of_pairs_is_taken() -> None:
    for count in range(1, 500):
        size = subset_size(count)
        distance = abs(size * (size - 1) // 2 - count)
        assert all(distance <= abs(other * (other - 1) // 2 - count) for other in (size - 1, size + 1))
    assert subset_size(100) == 15
    assert subset_size(44_850) == 300


def test_refuses_more_than_there_are() -> None:
    for count in (0, 191):
        message = f"comparisons {count}: allowed: 1 to 190, which is every pair of 20 trajectories"
        with pytest.raises(ValueError, match=message):
            comparisons(summaries(20), "left", count)


def test_ranks_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(ValueError, match=r"criterion 'builtins\.vars': '>' not supported .*; allowed: ranks that"):
        comparisons(summaries(4), "builtins.vars", 6)


def test_files_keep_order_and_content(tmp_path: Path) -> None:
    found = comparisons(summaries(10), "left", 45)
    file = tmp_path / "new" / "left.jsonl"
    preference.write(file, found)
    assert preference.read(file) == found
    assert [path.name for path in file.parent.iterdir()] == ["left.jsonl"]
    with pytest.raises(ValueError, match="no preference to write"):
        preference.write(tmp_path / "none.jsonl", [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: '{' is no preference; allowed: "),
        ('{"winner": "a"}', "line 2: .* is no preference"),
        ('{"winner": "a", "loser": 3, "source": "left"}', "line 2: .* is no preference"),
        ('["a", "b"]', "line 2: .* is no preference"),
        ('{"winner": "a", "loser": "a", "source": "left"}', "line 2: 'a' is compared with itself"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    file = tmp_path / "bad.jsonl"
    preference.write(file, [Preference("a", "b", "left")])
    file.write_text(file.read_text() + line + "\n")
    with pytest.raises(ValueError, match=message):
        preference.read(file)


def test_a_missing_or_empty_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        preference.read(tmp_path / "nowhere.jsonl")
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(ValueError, match="the file is empty"):
        preference.read(tmp_path / "empty.jsonl")
