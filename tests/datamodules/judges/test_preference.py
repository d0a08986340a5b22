from pathlib import Path

import pytest

from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.judgement_file import JudgementFile
from padzoo.datamodules.judges.preference import Preference


def test_files_keep_order_and_content(tmp_path: Path) -> None:
    known = (None, True, False)  # whether both are of one category
    found = [
        Preference(f"run-{n}", f"run-{n * 7 % 5 + 20}", "left", same_category=known[n % len(known)]) for n in range(10)
    ]
    file = tmp_path / "new" / "left.jsonl"
    preference.write(file, found)
    assert preference.read(file) == found
    assert "same_category" not in file.read_text().splitlines()[0]
    assert [path.name for path in file.parent.iterdir()] == ["left.jsonl"]
    with pytest.raises(ValueError, match="no preference to write"):
        preference.write(tmp_path / "none.jsonl", [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"line 2: '{' is not JSON \(.*\); allowed: one preference a line"),
        ('{"winner": "a", "loser": "b"}', "line 2: key 'source' is missing"),
        ('{"winner": "a", "loser": 3, "source": "left"}', "line 2: loser is 3, expected str"),
        ('{"winner": "a", "loser": "b", "sauce": "left", "source": "x"}', "key 'sauce' is not known; did you mean"),
        ('["a", "b"]', r"line 2: the file is \['a', 'b'\], expected keys and values"),
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


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """What ann and bob labelled: one of ann's rounds is undone, one of bob's skipped."""
    file = JudgementFile(tmp_path / "labels.jsonl")
    for name, ranks, who in (("r0", [2, 1, 1], "ann"), ("r1", [1, 2, 3], "ann"), ("r2", [3, 2, 1], "bob")):
        file.append(Judgement(name, ["a", "b", "c"], "ranked", ranks, who, "now", 1.0))
    file.append(Judgement("r1", ["a", "b", "c"], "undone", None, "ann", "now", 1.0))
    file.append(Judgement("r3", ["a", "b", "c"], "skipped", None, "bob", "now", 1.0))
    return file.path


def test_judgements_are_read_as_preferences(labels: Path) -> None:
    ann = [Preference("b", "a", "ann"), Preference("c", "a", "ann")]
    bob = [Preference("b", "a", "bob"), Preference("c", "a", "bob"), Preference("c", "b", "bob")]
    assert preference.read(labels) == ann + bob
    assert preference.read(labels, ["bob"]) == bob
    assert preference.numbered(labels, ["bob"])[0] == (3, bob[0])
    halves = [Preference("b", "c", "ann", 0.5), Preference("c", "b", "ann", 0.5)]
    assert preference.read(labels, ["ann"], ties="half") == ann + halves
    with pytest.raises(ValueError, match=r"labels.jsonl: nothing by labeller 'bo'; allowed: ann, bob"):
        preference.read(labels, ["bo"])


def test_a_file_that_is_being_written_is_read_up_to_its_last_whole_line(
    labels: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = preference.read(labels)
    with labels.open("a") as file:
        file.write(labels.read_text()[:40])
    assert preference.read(labels) == whole
    assert "line 6 is cut off and left out" in caplog.text


def test_weights_are_kept_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "weighed.jsonl"
    found = [Preference("a", "b", "x", 0.25), Preference("c", "b", "x")]
    preference.write(file, found)
    assert preference.read(file) == found
    assert "weight" not in file.read_text().splitlines()[1]
    file.write_text(file.read_text().replace("0.25", "2.0"))
    with pytest.raises(ValueError, match=r"line 1: weight 2.0; allowed: above 0, at most 1"):
        preference.read(file)


def test_rounds_without_a_winner_are_no_preferences(tmp_path: Path) -> None:
    JudgementFile(tmp_path / "l.jsonl").append(Judgement("r", ["a", "b"], "skipped", None, "ann", "now", 1.0))
    with pytest.raises(ValueError, match="no preference in it; every round is skipped or tied"):
        preference.read(tmp_path / "l.jsonl")
