"""Every option of every command is written down in flags.txt: adding or dropping one is a deliberate act.

To renew the list: `python tests/test_flags.py > tests/flags.txt`.
"""

import contextlib
import io
import re
from pathlib import Path

from padzoo.cli import COMMANDS, TRAINING, main
from padzoo.datamodules.importers.importer import IMPORTERS

CLASSES = {
    "--model": ("BehaviorCloning", "RewardModel", "Reinforce"),
    "--data": ("Demonstrations", "Preferences", "Episodes"),
}


def options(*arguments: str) -> list[str]:
    """Returns the options that a help text lists, Lightning's own of the trainer left out."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        main([*arguments])
    found = re.findall(r"^ +(?:-\w, |-\w \w+, )?(--[\w.-]+)", text.getvalue(), re.MULTILINE)
    assert found, arguments
    return sorted({option for option in found if not option.startswith("--trainer.")})


def flags() -> str:
    """Returns all options, one a line behind its command."""
    lines = [f"{name} {option}" for name in (*TRAINING, *COMMANDS) for option in options(name, "--help")]
    for name in IMPORTERS.table:
        lines += [f"import {name} {option}" for option in options("import", name, "--help")]
    for option, classes in CLASSES.items():
        for name in classes:
            lines += [f"{option} {name} {argument}" for argument in options("fit", f"{option}.help", name)]
    return "\n".join(lines) + "\n"


def test_the_options_are_those_that_are_written_down() -> None:
    assert flags().splitlines() == Path(__file__).with_name("flags.txt").read_text().splitlines()


if __name__ == "__main__":
    print(flags(), end="")
