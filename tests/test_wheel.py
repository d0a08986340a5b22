"""What is installed from a wheel alone: the embedded zoo is in it, and an agent plays."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from small_zoo import publish_family

ROOT = Path(__file__).parents[1]
PLAY = """
import padzoo

agent = padzoo.load("policy_tiny.aligned")
for rollout in padzoo.play(agent, episodes=1):
    print(rollout.outcome, rollout.length)
"""


def run(*command: object, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PADZOO_CACHE"] = str(cwd / "cache")
    found = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, which borrows from this one what the wheel depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("padzoo", "core", "envs", "datamodules", "zoo", "callbacks", "configs"):
        ignored = shutil.ignore_patterns("__pycache__", "weights")
        shutil.copytree(ROOT / name, folder / "source" / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source")
    publish_family(folder / "source" / "zoo" / "weights", folder / "scratch")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    build = ["wheel", folder / "source", "--no-deps", "--no-build-isolation", "--no-index"]
    run(*pip, *build, "--wheel-dir", folder / "wheels", cwd=folder)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = (folder / "wheels").iterdir()
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    (own,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_embedded_zoo_is_in_the_wheel(python: Path, tmp_path: Path) -> None:
    listed = run(python.with_name("padzoo"), "list", "--json", cwd=tmp_path)
    assert listed.count('"policy_tiny.sft"') == 1
    pulled = Path(run(python.with_name("padzoo"), "pull", "policy_tiny.aligned", cwd=tmp_path).strip())
    assert pulled.is_relative_to(python.parents[1])
    assert pulled.name == "policy_tiny.aligned"
    assert not (tmp_path / "cache").exists()  # nothing was downloaded


def test_an_agent_of_the_wheel_plays(python: Path, tmp_path: Path) -> None:
    outcome, steps = run(python, "-c", PLAY, cwd=tmp_path).split()
    assert outcome in ("none", "left", "middle", "right")
    assert 1 <= int(steps) <= 100
