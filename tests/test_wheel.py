"""What is installed from a wheel alone, in a folder of somebody else's: it plays, records and trains."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from small_zoo import publish_family

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "envs", "datamodules", "labelling", "zoo", "callbacks", "configs")
PLAY = """
import padzoo
from padzoo.envs.game import Game

agent = padzoo.load("policy_tiny.aligned")
for rollout in padzoo.play(agent, episodes=2, game=Game(args={"max_steps": 10})):
    print(rollout.outcome, rollout.length)
"""
CALLBACK = """
from lightning.pytorch import Callback

class Mine(Callback):
    def on_fit_end(self, *_):
        print("mine")
"""
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def run(*command: object, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PADZOO_CACHE"] = str(cwd / "cache")
    found = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the source distribution, with a small zoo in the place of the real one."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("padzoo", *ROOMS):
        ignored = shutil.ignore_patterns("__pycache__", "weights")
        shutil.copytree(ROOT / name, folder / "source" / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    publish_family(folder / "source" / "zoo" / "weights", folder / "scratch")
    run(sys.executable, "-c", BUILD, folder, cwd=folder / "source")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        assert not any(member.issym() or member.islnk() for member in tar)
    run(*PIP, "wheel", archive, "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, cwd=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, which borrows from this one what the wheel depends on."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    run(*PIP, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    (own,) = (folder / "lib").glob("python*/site-packages")
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of somebody else's with folders of our rooms' names, and a callback in one of them."""
    folder = tmp_path_factory.mktemp("project")
    for name in ROOMS:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise RuntimeError('not ours')\n")
    (folder / "callbacks" / "__init__.py").write_text("")
    source = (
        "from lightning.pytorch import Callback\nclass Mine(Callback):\n    def on_fit_end(self, *_): print('mine')\n"
    )
    (folder / "callbacks" / "mine.py").write_text(source)
    return folder


def test_one_name_is_in_the_wheel_and_all_that_it_needs(wheel: Path) -> None:
    files = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in files} == {"padzoo"}
    configs = {f"padzoo/{path.relative_to(ROOT)}" for path in (ROOT / "configs").rglob("*.yaml")}
    sources = {path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    pages = {f"padzoo/{path.relative_to(ROOT)}" for path in (ROOT / "labelling" / "page").iterdir()}
    assert configs | pages | {f"padzoo/{path}" for path in sources} | {"padzoo/py.typed"} <= files


def test_the_embedded_zoo_is_in_the_wheel(python: Path, elsewhere: Path) -> None:
    listed = run(python.with_name("padzoo"), "list", "--json", cwd=elsewhere)
    assert listed.count('"policy_tiny.sft"') == 1
    pulled = Path(run(python.with_name("padzoo"), "pull", "policy_tiny.aligned", cwd=elsewhere).strip())
    assert pulled.is_relative_to(python.parents[1])
    assert pulled.name == "policy_tiny.aligned"
    assert not (elsewhere / "cache").exists()  # nothing was downloaded


def test_an_agent_of_the_wheel_plays(python: Path, elsewhere: Path) -> None:
    for line in run(python, "-c", PLAY, cwd=elsewhere).splitlines():
        outcome, steps = line.split()
        assert outcome in ("none", "left", "middle", "right")
        assert 1 <= int(steps) <= 10


def test_the_module_is_the_command(python: Path, elsewhere: Path) -> None:
    assert "usage: padzoo COMMAND" in run(python, "-m", "padzoo", "--help", cwd=elsewhere)


def test_the_wheel_records_and_trains_with_its_own_configurations(python: Path, elsewhere: Path) -> None:
    padzoo = python.with_name("padzoo")
    demos = ["--player", "curated", "--episodes", 2, "--games", 2, "--size", 64]
    run(padzoo, "demos", *demos, "--out", "demos", cwd=elsewhere)
    data = ["--data.train", "demos", "--game.args", '{"max_steps": 24}', "--trainer.default_root_dir", "run"]
    options = [*data, "--trainer.callbacks+", "callbacks.mine.Mine"]
    configs = ["--config", "experiment/policy.yaml", "--config", "stage/imitate/micro.yaml"]
    trained = run(padzoo, "fit", *configs, "--model=model/policy_tiny.yaml", *options, cwd=elsewhere)
    assert "mine" in trained.splitlines()
    assert (elsewhere / "run" / "checkpoints" / "last.ckpt").is_file()
