from pathlib import Path

import pytest

from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.preference import Preference


def test_files_keep_order_and_content(tmp_path: Path) -> None:
    found = [Preference(f"run-{n}", f"run-{n * 7 % 5 + 20}", "left") for n in range(10)]
    file = tmp_path / "new" / "left.jsonl"
    preference.write(file, found)
    assert preference.read(file) == found
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
