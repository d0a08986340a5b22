"""The commands and the Python of the documentation: every option exists, every command parses, what is quick runs.

A block that cannot run is marked `console` in place of `sh`, or preceded by a line `<!-- not run: why -->`.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import signature
from pathlib import Path

import pytest
from labeller import label_by_keyboard
from lightning.pytorch import Trainer

from padzoo.cli import COMMANDS, TRAINING, main
from padzoo.training import TrainingCLI

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
RUN = [
    "README.md",
    "docs/tutorial.md",
    "docs/aligners.md",
    "docs/engines.md",
    "docs/zoo.md",
    "docs/extending.md",
]  # each from its first block to its last
LESS = {"--trainer.max_steps": 2, "--episodes": 10}  # the most that is run here, of `tiny` in the place of `4m`
LABELLED = 10  # rounds, on the page in a browser
BLOCK = re.compile(
    r"(?P<skip><!-- not run: [^\n]*-->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
STATEMENT = re.compile(r"[^\n]*<<'(\w+)'\n.*?^\1$|(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE | re.DOTALL)
OTHERS = {"--node_rank", "--cores"}  # options of torchrun and Snakemake


@pytest.fixture
def folder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in; for the page that shows the examples of `extending/`, one with copies of them."""
    shows = request.node.callspec.params["page"] == "docs/extending.md"
    found: Path = request.getfixturevalue("own_modules" if shows else "tmp_path")
    if not shows:  # these are in it already, and leave it before this would
        monkeypatch.chdir(found)
    monkeypatch.syspath_prepend("")
    monkeypatch.setenv("PADZOO_DEBUG", "1")  # errors are raised
    return found


@dataclass
class Block:
    """A block of code of a page."""

    language: str
    text: str
    runs: bool


def statements(text: str) -> Iterator[str]:
    """Yields the commands of a shell block, lines that go on joined, and those that write a file with the file."""
    for match in STATEMENT.finditer(text):
        if match[0].strip():
            yield match[0]


def blocks(page: str) -> list[Block]:
    found = BLOCK.finditer((ROOT / page).read_text())
    return [
        Block(match["language"], match["text"], not match["skip"] and match["language"] != "console") for match in found
    ]


def command(statement: str) -> list[str] | None:
    """Returns the words of a `padzoo` command behind its name, up to what only a shell knows; None if it is none."""
    words = shlex.split(statement.replace("\\\n", " "), comments=True) if "<<" not in statement else []
    starts = [
        index
        for index, word in enumerate(words[:-1])
        if word == "padzoo" and words[index + 1] in {*TRAINING, *COMMANDS}
    ]
    if not starts:
        return None
    words = words[starts[0] + 1 :]
    return words[: next((index for index, word in enumerate(words) if word.startswith("$(")), None)]


def options() -> dict[str, set[str]]:
    """Returns the options of each command; those of a training are its model's and its data's too."""
    found: dict[str, set[str]] = {name: set() for name in (*TRAINING, *COMMANDS)}
    for line in Path(__file__).with_name("flags.txt").read_text().splitlines():
        *before, option = line.split()
        for name in before[:1] if before[0] in found else TRAINING:
            found[name].add(option)
    for name in TRAINING:
        found[name] |= {f"--trainer.{argument}" for argument in signature(Trainer).parameters}
    return found


def shell(text: str, folder: Path) -> None:
    subprocess.run(["bash", "-euc", text], check=True, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize("page", PAGES)
def test_every_option_of_a_page_is_one(page: str) -> None:
    known = options()
    for span in re.findall(r"`([^`\n]*--\w[^`\n]*)`", BLOCK.sub("", (ROOT / page).read_text())):
        name = span.split()[1] if span.startswith("padzoo ") else None
        if name is None and not span.startswith("--"):
            continue  # a command of somebody else's
        allowed = known[name] if name else set().union(*known.values()) | OTHERS
        assert set(re.findall(r"--(?:trainer\.\w+|[\w.-]+)", span)) <= allowed, span


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_parses(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrainingCLI, "instantiate_classes", lambda _: None)
    monkeypatch.setattr(TrainingCLI, "_run_subcommand", lambda *_: None)
    for statement in (
        text for block in blocks(page) if block.language in ("sh", "console") for text in statements(block.text)
    ):
        if statement.startswith("cat >"):
            shell(statement, folder)
        words = command(statement)
        if words is not None and words[0] in TRAINING:
            main(words)
        elif words is not None:
            COMMANDS[words[0]].parse(words[0], words[1:])


def scaled(words: list[str]) -> list[str]:
    """Returns a command that does less."""
    for option, most in LESS.items():
        for index in (index for index, word in enumerate(words) if word == option):
            words[index + 1] = str(min(int(words[index + 1]), most))
    return words


@pytest.mark.parametrize(
    "page", [page if page == "README.md" else pytest.param(page, marks=pytest.mark.slow) for page in RUN]
)
def test_a_page_runs(page: str, folder: Path) -> None:
    for block in blocks(page):
        text = block.text.replace("4m", "tiny")
        if block.language == "python" and block.runs:
            subprocess.run([sys.executable, "-c", text], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
        for statement in statements(text) if block.language == "sh" and block.runs else ():
            words = command(statement)
            if words is None:
                shell(statement, folder)
            elif words[0] == "label":
                label_by_keyboard(words, LABELLED)
            else:
                assert main(scaled(words)) == 0, statement
