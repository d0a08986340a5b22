"""The whole pipeline at preset `micro`, killed half-way and started again."""

import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import synthetic
import yaml
from agents import wanted
from snakemake.exceptions import WorkflowError
from snakemake.utils import validate
from workflow import TRAININGS, dry_run, stages

ROOT = Path(__file__).parents[2]
PRESETS = ("micro", "demo", "tiny", "small", "zoo", "paper")
STAGES = {"base", "sft", "scratch", "prefft_left", "prefft_right", "aligned_left", "aligned_right"}


def start(folder: Path, *targets: Path) -> "subprocess.Popen[str]":
    """Starts the workflow as `make demo` does, in a process group of its own; to the end, or to some files of it."""
    snakemake = [str(Path(sys.executable).with_name("snakemake")), "--snakefile", "benchmarks/paper/Snakefile"]
    config = ["--config", "preset=micro", f"run={folder / 'run'}", f"results={folder / 'results'}"]
    flags = ["--cores", "2", "--rerun-incomplete", "--rerun-triggers", "mtime", "--nolock", "--quiet", "rules"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("a") as log:
        return subprocess.Popen(
            [*snakemake, *targets, *config, *flags],
            env=environment,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )


def wait_for(path: Path, process: "subprocess.Popen[str]", seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, "the workflow ended early"
        assert time.monotonic() < deadline, f"{path} did not come"
        time.sleep(0.2)


def run(folder: Path, *targets: Path) -> Path:
    """Runs the workflow to its end, or to some files of it, and returns what it published."""
    assert start(folder, *targets).wait(timeout=1200) == 0, (folder / "log").read_text()[-2000:]
    return folder / "results"


def kill(process: "subprocess.Popen[str]") -> None:
    """Kills the workflow and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def summary(results: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((results / "summary.json").read_text())
    return found


@pytest.mark.skipif(shutil.which("flock") is None, reason="util-linux has the lock of a share")
def test_jobs_at_once_have_cores_of_their_own(tmp_path: Path) -> None:
    tells = "python -c 'import os; print(*sorted(os.sched_getaffinity(0)), flush=True)'"
    command = f"source benchmarks/paper/own_cores.sh 2 {tmp_path}/cores; {tells}; read"
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    jobs, found = [], []
    for _ in range(3):  # the third finds no share left
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        jobs.append(subprocess.Popen(["bash", "-euc", command], cwd=ROOT, env=environment, **pipes))
        assert jobs[-1].stdout is not None
        found.append([int(core) for core in jobs[-1].stdout.readline().split()])
    for job in jobs:
        job.communicate()
    every = sorted(os.sched_getaffinity(0))
    assert found == [every[::2], every[1::2] or every, every]


def test_a_killed_run_resumes_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    target, finished = folder / "tiny-0" / "agents" / "base.ckpt", folder / "demos" / "population-64-0" / "index.json"
    first = start(tmp_path, target)
    wait_for(folder / "logs" / "tiny-0" / "base.log", first)  # of the stage that follows it
    kill(first)
    before = finished.stat().st_mtime_ns
    run(tmp_path, target)
    assert target.is_file()
    assert finished.stat().st_mtime_ns == before, "a finished stage was run again"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was killed half-way and started again; no stage that was finished was run again."""
    folder = tmp_path_factory.mktemp("killed")
    first = start(folder)
    wait_for(folder / "run" / "tiny-0" / "evaluation" / "scratch" / "outcomes.json", first)
    time.sleep(random.SystemRandom().uniform(0, 10))
    kill(first)
    finished = folder / "run" / "tiny-0" / "agents" / "scratch.ckpt"
    before = finished.stat().st_mtime_ns
    run(folder)
    assert finished.stat().st_mtime_ns == before
    return folder


@pytest.mark.slow
def test_a_run_that_was_killed_publishes_everything_and_is_then_done(killed: Path) -> None:
    results = killed / "results"
    found = summary(results)
    assert set(found["stages"]) == STAGES
    for rates in found["stages"].values():
        assert rates["episodes"] == 4
        assert sum(rates[name] for name in ("none", "left", "middle", "right")) == pytest.approx(100, abs=0.1)
    rows = {(row["encoder"], row["side"], row["comparisons"], row["seed"]) for row in found["reward"]}
    tried = synthetic.preset("micro")
    models = [len(tried[name]) for name in ("encoders", "sides", "comparisons")] + [tried["subsets"]]
    assert len(rows) == len(found["reward"]) == math.prod(models)
    assert found["commit"] != "unknown"
    assert {"base", "sft", "aligned_left"} <= set(found["seconds"])
    pictures = {"outcomes.png", "heatmaps.png", "reward_accuracy.png", "alignment.png"}
    assert {path.name for path in results.iterdir()} == {
        *pictures,
        *("agent_left.gif", "agent_right.gif", "summary.json", "report.md", "figures", "digests"),
    }
    run(killed)
    assert "Nothing to be done" in (killed / "log").read_text()


@pytest.mark.slow
def test_games_are_those_that_the_preset_names(killed: Path) -> None:
    run = killed / "run"
    told = synthetic.preset("micro")["env_args"]
    played = {"population": run / "demos" / "population-64-0", "curated": run / "demos" / "curated-64-0"}
    for who, folder in played.items():
        assert json.loads((folder / "index.json").read_text())["source"]["env_args"] == told.get(who, {})
    for folder in (run / "tiny-0" / "rollouts" / "sft" / "train", run / "tiny-0" / "evaluation" / "sft"):
        assert json.loads((folder / "index.json").read_text())["source"]["env_args"] == told["agents"]
    for folder, condition in (("evaluation", "spawn"), ("turned", "turned")):
        source = json.loads((run / "tiny-0" / folder / "sft" / "index.json").read_text())["source"]
        assert source["options"] == {"character": "ninja", "condition": condition}
    trained = yaml.safe_load((run / "tiny-0" / "aligned_prefft_left_15" / "hparams.yaml").read_text())
    assert trained["game"]["args"] == told["agents"]
    assert f"`{json.dumps(told)}`" in (killed / "results" / "report.md").read_text()


@pytest.mark.slow
def test_a_killed_run_ends_with_the_summary_of_one_that_was_not(killed: Path, tmp_path: Path) -> None:
    found, expected = summary(killed / "results"), summary(run(tmp_path))
    assert set(found.pop("seconds")) == set(expected.pop("seconds"))
    assert found == expected


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_trains_evaluates_and_aligns_what_it_lists(preset: str, tmp_path: Path) -> None:
    plan = dry_run(tmp_path, "--cores", "2", "--config", f"preset={preset}", "accelerator=gpu")
    settings = synthetic.preset(preset)
    for kind in ("train", "evaluate", "turned"):
        for agent in wanted(settings, kind):
            assert f"{agent.size}-{agent.seed}/agents/{agent.name}.ckpt" in plan
    assert all(Path(ROOT / path).is_file() for path in settings["configs"].values())
    assert set(settings["pixels"]) == {size for group in settings["agents"] for size in group["sizes"]}


@pytest.mark.parametrize(
    ("name", "wrong", "named"),
    [
        ("preset", {"tpo": 0.5}, "tpo"),
        ("preset", {"top": 2}, "top"),
        ("preset", {"env_args": {"populaton": {}}}, "populaton"),
        ("config", {"acelerator": "gpu"}, "acelerator"),
    ],
)
def test_what_a_study_does_not_know_is_refused(name: str, wrong: dict[str, object], named: str) -> None:
    known = {"preset": synthetic.preset("micro"), "config": {"preset": "micro"}}[name]
    schema = str(ROOT / "benchmarks" / "paper" / "schemas" / f"{name}.yaml")
    validate(known, schema)
    with pytest.raises(WorkflowError, match=named):
        validate(known | wrong, schema)


def test_alignments_end_where_they_are_flat_if_a_preset_says_so(tmp_path: Path) -> None:
    command = stages(dry_run(tmp_path, "--cores", "2", "--config", "preset=micro"))["aligned"]
    assert re.search(r"--trainer\.callbacks Plateau .*monitor train/(left|right) .*episodes 4 ", command)
    assert "Plateau" not in dry_run(tmp_path, "--cores", "2", "--config", "preset=demo")


def test_a_study_trains_on_an_accelerator_if_it_is_told_to(tmp_path: Path) -> None:
    config = ("--cores", "2", "--config", "preset=small")
    plain, told = dry_run(tmp_path, *config), stages(dry_run(tmp_path, *config, "accelerator=gpu"))
    assert "--model.size 4m" in plain
    assert "103m" not in plain  # it asks for an accelerator
    assert "--trainer.accelerator" not in plain
    assert {name for name, job in told.items() if "accelerator gpu" in job} == TRAININGS


def test_a_study_is_submitted_to_slurm_with_what_each_stage_needs(tmp_path: Path) -> None:
    profile = ["--profile", "benchmarks/paper/profiles/slurm"]
    jobs = stages(dry_run(tmp_path, *profile, "--config", "preset=paper"))
    assert {name for name, job in jobs.items() if "gres=gpu:1" in job} == TRAININGS
    assert "cpus_per_task=4" in jobs["evaluate"]
