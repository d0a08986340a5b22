"""The rooms: who imports whom, and what a command must not load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("envs", "datamodules", "zoo", "callbacks", "benchmarks", "tests")
ROOF = ("padzoo.cli", "padzoo.training", "padzoo.commands", "padzoo.messages", "padzoo.__main__")
ALLOWED = {
    "envs": ("envs",),
    "datamodules": ("envs", "datamodules"),
    "padzoo.zoo.nets": ("envs", "padzoo.zoo.nets"),
    "zoo": ("envs", "datamodules", "zoo"),
    "callbacks": ("envs", "datamodules", "zoo", "callbacks"),
    "roof": ("envs", "datamodules", "zoo", "callbacks"),
}


def within(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def imports(path: Path) -> Iterator[str]:
    """Yields the dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> dict[str, Path]:
    paths = [path for room in ("envs", "datamodules", "zoo", "callbacks") for path in (ROOT / room).rglob("*.py")]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
    assert len(names) > 50
    return names


def room(module: str) -> str:
    if within(module, ROOF):
        return "roof"
    return "padzoo.zoo.nets" if within(module, ("padzoo.zoo.nets",)) else module.split(".")[0]


@pytest.mark.parametrize("name", ALLOWED)
def test_rooms_import_downwards(name: str) -> None:
    members = {module: path for module, path in modules().items() if room(module) == name}
    assert members
    for module, path in members.items():
        for target in imports(path):
            if within(target, OURS):
                assert within(target, ALLOWED[name]), f"{module} imports {target}"
                assert name == "roof" or not within(target, ROOF), f"{module} imports {target}"


def test_networks_are_pure_torch() -> None:
    for module, path in modules().items():
        if room(module) == "padzoo.zoo.nets":
            outside = {target.split(".")[0] for target in imports(path)} & {"lightning", "torchmetrics", "jsonargparse"}
            assert not outside, f"{module} imports {outside}"


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], {"lightning", "torch", "webdataset", "vizdoom"}),
        (["prefer", "--help"], {"lightning", "torch", "vizdoom"}),
        (["demos", "--help"], {"lightning", "torch"}),
        (["rollout", "--help"], {"lightning"}),
        (["list"], {"lightning", "torch", "vizdoom", "huggingface_hub", "aiohttp"}),
        (["show", "policy_4m.sft"], {"lightning", "torch", "vizdoom", "huggingface_hub", "aiohttp"}),
        (["push", "--help"], {"lightning", "vizdoom"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_starts_without_what_it_does_not_need(arguments: list[str], absent: set[str]) -> None:
    code = (
        "import sys; from padzoo.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print('loaded', *(name for name in sys.modules if '.' not in name))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = set(found.stdout.splitlines()[-1].split())
    assert "zoo" in loaded
    assert not loaded & absent
