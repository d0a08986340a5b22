"""The floors: who imports whom, and what a command must not load."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (  # each imports from itself and from those before it
    "padzoo.core",
    "padzoo.envs",
    "padzoo.datamodules",
    "padzoo.labelling",
    "padzoo.zoo.nets",
    "padzoo.zoo.play",
    "padzoo.zoo.hub",
    "padzoo.zoo.learn",
    "padzoo.callbacks",
    "padzoo",
)
LINKS = ("core", "envs", "datamodules", "labelling", "zoo", "callbacks", "configs")


def imports(path: Path) -> Iterator[str]:
    """Yields the dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules() -> dict[str, Path]:
    paths = [path for room in ("padzoo", *LINKS) for path in (ROOT / room).rglob("*.py")]
    names = {}
    for path in paths:
        parts = path.relative_to(ROOT).with_suffix("").parts
        parts = parts if parts[0] == "padzoo" else ("padzoo", *parts)
        names[".".join(parts).removesuffix(".__init__")] = path
    assert len(names) > 100
    return names


def within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def floor(module: str) -> int:
    return next(index for index, room in enumerate(FLOORS) if within(module, room))


def test_rooms_import_downwards() -> None:
    for module, path in modules().items():
        for target in imports(path):
            if within(target, "padzoo") and module != "padzoo.zoo":
                assert floor(target) <= floor(module), f"{module} imports {target}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = modules()
    graph: dict[str, set[str]] = {}
    for module, path in known.items():
        ours = [target for target in imports(path) if within(target, "padzoo")]
        graph[module] = {target if target in known else target.rpartition(".")[0] for target in ours} - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_module_has_one_name() -> None:
    paths = [path for room in (*LINKS, "padzoo", "tests", "benchmarks", "docs") for path in (ROOT / room).rglob("*.py")]
    for path in paths:
        bare = {target for target in imports(path) if target.split(".")[0] in LINKS}
        assert not bare, f"{path} imports {bare}; allowed: padzoo.<room>"
    for room in LINKS:
        assert (ROOT / "padzoo" / room).resolve() == ROOT / room


def test_networks_are_pure_torch() -> None:
    for module, path in modules().items():
        if within(module, "padzoo.zoo.nets"):
            ours = {target for target in imports(path) if within(target, "padzoo")}
            assert all(within(target, "padzoo.core") or within(target, "padzoo.zoo.nets") for target in ours), module
    code = "import sys, padzoo.zoo.nets.policy, padzoo.zoo.nets.reward; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"lightning", "torchmetrics", "jsonargparse", "gymnasium", "vizdoom", "webdataset"} & set(loaded)


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], {"lightning", "torch", "webdataset", "vizdoom"}),
        (["prefer", "--help"], {"lightning", "torch", "vizdoom"}),
        (["label", "--help"], {"lightning", "torch", "vizdoom"}),
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
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(found.stdout.splitlines()[-1].split())
    assert "padzoo" in loaded
    assert not loaded & absent
