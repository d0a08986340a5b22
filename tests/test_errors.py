"""What users get wrong: one line that names it, exit status 2, nothing left behind."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from micro import CONFIGS, padzoo, preset


@pytest.fixture(scope="module")
def broken(shards: Path, policy: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Things that are not right, by name, beside those that are."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "empty").mkdir()
    for name in ("incomplete", "foreign"):
        shutil.copytree(shards, folder / name)
    (folder / "incomplete" / "000003.tar").unlink()
    index = json.loads((folder / "foreign" / "index.json").read_text())
    (folder / "foreign" / "index.json").write_text(json.dumps(index | {"schema": "gamepad-v0"}))
    strange = {"winner": "pattern-000", "loser": "pattern-999", "source": "left"}
    (folder / "strangers.jsonl").write_text(json.dumps(strange) + "\n")
    (folder / "lost.yaml").write_text("model: no/such.yaml\n")
    entry = torch.load(policy, weights_only=True)
    entry["padzoo"]["schema"] = "gamepad-v0"
    torch.save(entry, folder / "other.ckpt")
    return {path.stem: path for path in folder.iterdir()} | {"shards": shards, "policy": policy}


CLONE = [*preset("policy", "prefft"), "--trainer.default_root_dir", "{out}"]
REWARD = [*preset("reward", "reward"), "--trainer.default_root_dir", "{out}", "--model.policy", "{policy}"]
ROLLOUT = ["rollout", "--policy", "{policy}", "--episodes", 1, "--games", 1, "--out", "{out}"]
CASES: dict[str, tuple[list[Any], str]] = {
    "unknown size": (
        ["fit", *CLONE, "--data.train", "{shards}", "--model.size", "2m"],
        "size '2m' is not known; did you mean '25m'? allowed: pico, nano, tiny, 4m, 25m, 103m",
    ),
    "missing shard": (
        ["fit", *CLONE, "--data.train", "{incomplete}"],
        "{incomplete}/000003.tar: the shard is missing; index.json lists it with 4 trajectories",
    ),
    "empty folder": (
        ["fit", *CLONE, "--data.train", "{empty}"],
        "{empty}: the folder is empty; allowed: a folder of shards with index.json",
    ),
    "empty folder to compare": (
        ["prefer", "{empty}", "--criterion", "left", "--comparisons", 3, "--out", "{out}"],
        "{empty}: the folder is empty; allowed: a folder of shards with index.json",
    ),
    "folder to write preferences into": (
        ["prefer", "{shards}", "--criterion", "no.such", "--comparisons", 3, "--out", "{empty}"],
        "{empty}: is a folder; allowed: a file to make or replace",
    ),
    "folder to write a film into": (
        ["play", "no_such_policy.ckpt", "--out", "{empty}"],
        "{empty}: is a folder; allowed: a file to make or replace",
    ),
    "preferences of other trajectories": (
        ["fit", *REWARD, "--data.train", "{shards}", "--data.train_preferences", "{strangers}"],
        "{strangers}, line 1: no trajectory 'pattern-999' in {shards}",
    ),
    "checkpoint of another schema": (
        ["rollout", "--policy", "{other}", "--episodes", 1, "--out", "{out}"],
        "{other}: action schema 'gamepad-v0' is not supported; allowed: 'gamepad-v1'",
    ),
    "fine-tuning a checkpoint of another schema": (
        ["fit", *CLONE, "--data.train", "{shards}", "--model.init_from", "{other}"],
        "{other}: action schema 'gamepad-v0' is not supported; allowed: 'gamepad-v1'",
    ),
    "shards of another schema": (
        ["fit", *CLONE, "--data.train", "{foreign}"],
        "{foreign}/index.json: action schema 'gamepad-v0' is not supported; allowed: 'gamepad-v1'",
    ),
    "spawn to play from": ([*ROLLOUT, "--options", '{{"spawn": 7}}'], "spawn 7: allowed 0, 1, 2, 3"),
    "spawn to record from": (
        ["demos", "--player", "curated", "--episodes", 1, "--games", 1, "--spawn", 7, "--out", "{out}"],
        "spawn 7: allowed 0, 1, 2, 3",
    ),
    "unknown game": ([*ROLLOUT, "--env", "Nowhere-v0"], "game 'Nowhere-v0': Environment `Nowhere` doesn't exist."),
    "unknown option": (
        ["fit", *CLONE, "--data.train", "{shards}", "--data.nonsense", 1],
        "--data: class 'Demonstrations': Option 'nonsense' is not accepted",
    ),
    "unknown option of a command": ([*ROLLOUT, "--nonsense", 1], "unrecognized arguments: --nonsense 1"),
    "unknown class": (
        ["fit", *CLONE, "--data.train", "{shards}", "--model", "Nonsense"],
        "--model: class 'Nonsense' is not known; allowed: a class of the zoo or a dotted path",
    ),
    "missing configuration": (
        ["fit", "--config", "experiment/polcy.yaml"],
        f"configuration 'experiment/polcy.yaml': no such file, seen from {Path.cwd()}, nor among the package's own; "
        "did you mean 'experiment/policy.yaml'? allowed: a file, experiment/dpo.yaml, experiment/grpo.yaml, "
        "experiment/policy.yaml, experiment/ppo.yaml, experiment/reinforce.yaml, experiment/rest.yaml, ",
    ),
    "missing configuration of a configuration": (
        ["fit", "--config", "{lost}"],
        "--model: 'no/such.yaml' is no class and no file; allowed: a class of the zoo, a dotted path, a path from ",
    ),
    "wrong type": ([*ROLLOUT, "--seed", "x"], "--seed: Expected int. Got value: x"),
    "wrong choice": (
        ["demos", "--player", "curated", "--pad", "top", "--episodes", 1, "--out", "{out}"],
        "--pad: Expected one of 'left', 'middle', 'right'",
    ),
    "unknown player": (
        ["demos", "--player", "nobody", "--episodes", 1, "--out", "{out}"],
        "player 'nobody': not known; allowed: population, runners, curated, or a dotted path",
    ),
    "share to keep": (
        ["score", "{shards}", "--reward", "{policy}", "--top", 2, "--out", "{out}"],
        "--top 2.0: allowed: over 0 and at most 1",
    ),
    "existing folder": (
        ["rollout", "--policy", "{policy}", "--episodes", 1, "--games", 1, "--out", "{shards}"],
        "{shards}: already exists; allowed: a new or an empty folder",
    ),
    "no episodes": (
        ["play", "{policy}", "--episodes", 0, "--out", "{out}"],
        "episodes 0: allowed: 1 or more",
    ),
    "too many comparisons": (
        ["prefer", "{shards}", "--criterion", "left", "--comparisons", 500, "--out", "{out}"],
        "comparisons 500: allowed: 1 to 276, which is every pair of 24 trajectories",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_named_on_one_line_and_leaves_nothing(
    case: str, broken: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, message = CASES[case]
    names = broken | {"out": tmp_path / "out"}
    before = sorted(broken["shards"].iterdir())
    assert padzoo(*(str(argument).format(**names) for argument in arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"padzoo: error: {message.format(**names)}")
    assert len(line) < len(message.format(**names)) + 80
    assert list(tmp_path.iterdir()) == []
    assert sorted(broken["shards"].iterdir()) == before


def test_the_process_tells_by_its_exit_status() -> None:
    command = [sys.executable, "-m", "padzoo", "rolout"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=CONFIGS.parent, check=False)
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.startswith("padzoo: error: command 'rolout' is not known; did you mean 'rollout'?")
    assert "Traceback" not in found.stderr
