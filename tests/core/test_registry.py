import sys
from pathlib import Path

import pytest

from padzoo.core.registry import Registry

COLOURS = Registry("colour", {"red": "colours.red", "green": "colours.green"})


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody else's on the path, with an entry point."""
    (tmp_path / "colours.py").write_text("red = 1\ngreen = 2\nblue = 3\n")
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "colours-1.0.dist-info").mkdir()
    (tmp_path / "colours-1.0.dist-info" / "entry_points.txt").write_text("[padzoo.colour]\nblue = colours:blue\n")
    (tmp_path / "colours-1.0.dist-info" / "METADATA").write_text("Name: colours\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "colours", raising=False)


@pytest.mark.parametrize(("name", "value"), [("red", 1), ("blue", 3), ("colours.green", 2), ("colours:green", 2)])
def test_a_name_an_entry_point_and_a_dotted_path_are_found(name: str, value: int) -> None:
    assert COLOURS.find(name) == value


def test_nothing_is_imported_before_it_is_wanted() -> None:
    assert COLOURS.names == ["red", "green", "blue"]
    assert "colours" not in sys.modules
    COLOURS.find("red")
    assert "colours" in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gren", "colour 'gren': not known; did you mean 'green'? allowed: red, green, blue, or a dotted path"),
        ("x", "colour 'x': not known; allowed: red, green, blue, or a dotted path"),
        ("./colours.red", "colour './colours.red': is no dotted path; allowed: such as mygame.Name"),
        ("colours.violet", "colour 'colours.violet': module colours has no 'violet'"),
        ("broken.red", "colour 'broken.red': cannot import broken: No module named 'nothing_of_that_name'"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(name: str, message: str) -> None:
    with pytest.raises(ValueError, match="colour") as error:
        COLOURS.find(name)
    assert str(error.value) == message
