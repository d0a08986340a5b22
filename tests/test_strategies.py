"""Trainings in several processes: on one machine, and as torchrun and SLURM start them on several."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import pytest
import torch
from micro import checkpoint, padzoo, preset, weights
from torch import Tensor

from padzoo.datamodules.loader import loader
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning

STEPS = 3
SUPPORT = Path(__file__).parent / "support"
DDP = ["--trainer.strategy", "ddp", "--trainer.devices", 2, "--trainer.accelerator", "cpu"]
POLICY = [*preset("policy", "scratch"), "--data.val_fraction", 0, "--trainer.val_check_interval", 1_000]
SHORT = ["--game.args", '{"max_steps": 8}']


def command(root: Path, *arguments: object) -> list[str]:
    """A training of a few updates that is witnessed."""
    witness = ["--trainer.callbacks", "witness.Witness", "--trainer.callbacks.folder", root]
    common = ["--trainer.default_root_dir", root, "--trainer.max_steps", STEPS, "--trainer.logger", "false"]
    return [*map(str, ("fit", *arguments, *common, *witness))]


def run(commands: Sequence[list[str]], environments: Sequence[dict[str, str]]) -> None:
    """Runs commands at the same time, and to the end."""
    common = os.environ | {"PYTHONPATH": os.pathsep.join((str(SUPPORT.parents[1]), str(SUPPORT)))}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", *words], env=common | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for words, more in zip(commands, environments, strict=True)
    ]
    try:
        for process in processes:
            output, _ = process.communicate(timeout=120)
            assert process.returncode == 0, output.decode()
    finally:
        for process in processes:
            process.kill()


def witnessed(root: Path, batches: int = STEPS) -> list[dict[str, Any]]:
    """What the two processes saw, once it is sure that they learnt together."""
    ranks: list[dict[str, Any]] = [torch.load(root / f"rank{rank}.pt", weights_only=True) for rank in (0, 1)]
    assert [len(rank["losses"]) for rank in ranks] == [batches, batches]
    one, other = (rank["weights"] for rank in ranks)
    assert all(torch.equal(value, other[name]) for name, value in one.items())
    return ranks


def changed(ranks: list[dict[str, Any]], before: Path) -> bool:
    state: dict[str, Tensor] = torch.load(before, weights_only=True)["state_dict"]
    return any(not torch.equal(value, state[f"net.{name}"]) for name, value in ranks[0]["weights"].items())


def join(batches: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}


@pytest.fixture(scope="module")
def cloned(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Behavior cloning in two processes, from scratch."""
    root = tmp_path_factory.mktemp("cloned")
    run([["padzoo", *command(root, *POLICY, "--data.train", shards, *DDP)]], [{}])
    return witnessed(root)


def test_behavior_cloning_gives_each_rank_other_windows(cloned: list[dict[str, Any]]) -> None:
    seen = [join(rank["batches"])["frames"].flatten(1) for rank in cloned]
    assert not (seen[0][:, None] == seen[1]).all(-1).any()


@pytest.mark.filterwarnings("ignore:You defined a `validation_step`")  # and nothing to validate on
@pytest.mark.parametrize("parts", [1, 2], ids=["in one batch", "accumulated"])
def test_the_same_batch_gives_the_same_losses_on_any_number_of_ranks(cloned: list[dict[str, Any]], parts: int) -> None:
    together = [[one, other] for one, other in zip(*(rank["batches"] for rank in cloned), strict=True)]
    batches = [join(pair) for pair in together] if parts == 1 else [part for pair in together for part in pair]
    pl.seed_everything(0)
    module = BehaviorCloning("tiny", lr=5e-4, warmup_steps=50)
    losses: list[float] = []
    module.on_train_batch_end = lambda outputs, *_: losses.append(float(outputs["loss"]))  # type: ignore[method-assign]
    trainer = pl.Trainer(
        accelerator="cpu", max_steps=STEPS, accumulate_grad_batches=parts, gradient_clip_val=1.0, logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, loader(batches))  # type: ignore[arg-type]
    expected = torch.tensor([rank["losses"] for rank in cloned])  # (ranks, updates)
    if parts == 1:
        torch.testing.assert_close(torch.tensor(losses), expected.mean(0), rtol=1e-5, atol=0)
    else:
        torch.testing.assert_close(2 * torch.tensor(losses).view(-1, 2).T, expected, rtol=1e-5, atol=0)


@pytest.mark.slow
def test_reward_models_learn_from_other_comparisons_on_each_rank(
    shards: Path, preferences: Path, policy: Path, tmp_path: Path
) -> None:
    data = ["--data.train", shards, "--data.train_preferences", preferences]
    run([["padzoo", *command(tmp_path, *preset("reward", "reward"), *data, "--model.policy", policy, *DDP)]], [{}])
    one, other = ([sorted(batch["ids"].tolist()) for batch in rank["batches"]] for rank in witnessed(tmp_path))
    assert all(mine != theirs for mine, theirs in zip(one, other, strict=True))


@pytest.mark.slow
def test_alignment_plays_other_episodes_on_each_rank(policy: Path, reward: Path, tmp_path: Path) -> None:
    given = ["--model.policy", policy, "--model.reward", reward, *SHORT]
    run([["padzoo", *command(tmp_path, *preset("reinforce", "aligned"), *given, *DDP)]], [{}])
    ranks = witnessed(tmp_path)
    seeds = [seed for rank in ranks for batch in rank["batches"] for seed in batch]
    assert len(seeds) == len(set(seeds)) == 2 * 2 * STEPS
    assert changed(ranks, policy)


def test_a_rank_whose_games_all_crash_holds_up_nobody(policy: Path, reward: Path, tmp_path: Path) -> None:
    given = ["--model.policy", policy, "--model.reward", reward, "--game.id", "crashing:Crashing-v0"]
    run([["padzoo", *command(tmp_path, *preset("reinforce", "aligned"), *given, *DDP)]], [{}])
    ranks = witnessed(tmp_path)
    seeds = [seed for rank in ranks for batch in rank["batches"] for seed in batch]
    assert len(seeds) == len(set(seeds)) == 2 * 2 * STEPS
    assert ranks[1]["losses"] == [0.0] * STEPS
    assert all(ranks[0]["losses"])
    assert changed(ranks, policy)


def distance(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return float(torch.stack([(value - other[name]).float().norm() for name, value in one.items()]).norm())


def learn_alike(
    given: list[object], more: list[object], before: Path, root: Path, batches: int
) -> list[dict[str, Any]]:
    """Trains in two processes and, with twice the batch, in one; returns what the two saw, if both learnt the same."""
    together, alone = root / "two", root / "one"
    together.mkdir()
    run([["padzoo", *command(together, *given, "--data.batch_size", 2, *DDP), *map(str, more)]], [{}])
    ranks = witnessed(together, batches)
    single = ["--data.batch_size", 4, "--trainer.max_steps", STEPS, "--trainer.default_root_dir", alone]
    assert padzoo("fit", *given, *single, *more) == 0
    expected = weights(alone / "checkpoints" / "last.ckpt")
    assert distance(ranks[0]["weights"], expected) < 0.01 * distance(expected, weights(before))
    return ranks


SLOW = pytest.mark.slow
TWICE = ["--model.epochs", 2]  # so that a batch of play is two updates


@pytest.mark.parametrize(
    ("algorithm", "options", "batches"),
    [
        pytest.param("reinforce", [], STEPS, marks=SLOW),
        pytest.param("rloo", ["--data.group", 2], STEPS, marks=SLOW),
        pytest.param("grpo", ["--data.group", 2, *TWICE], 2, marks=SLOW),
        pytest.param("ppo", [*TWICE, "--model.normalized", "false"], 2, marks=SLOW),
        pytest.param("rest", [*TWICE, "--model.top", 1.0], 2, marks=SLOW),
        pytest.param("dpo", [], STEPS, marks=SLOW),
    ],
)
def test_two_ranks_align_as_one_does_with_twice_the_batch(
    algorithm: str,
    options: list[object],
    batches: int,
    policy: Path,
    reward: Path,
    shards: Path,
    preferences: Path,
    tmp_path: Path,
) -> None:
    given: list[object] = ["--config", f"experiment/{algorithm}.yaml", "--model.policy", policy, *options]
    if algorithm == "dpo":
        given += ["--data.train", shards, "--data.train_preferences", preferences]
    else:
        given += ["--model.reward", reward, "--model.games", 2, *SHORT]
    ranks = learn_alike(given, [], policy, tmp_path, batches)
    if algorithm != "dpo":
        group = 2 if "--data.group" in options else 1
        starts = [{seed: batch.count(seed) for seed in batch} for rank in ranks for batch in rank["batches"]]
        assert all(set(counted.values()) == {group} for counted in starts)  # whole, on one rank
        assert len(set().union(*starts)) == sum(map(len, starts))


@SLOW
def test_a_reward_model_is_renewed_for_all_ranks(
    policy: Path, reward: Path, shards: Path, preferences: Path, tmp_path: Path
) -> None:
    learnt_from = {"train": str(shards), "train_preferences": str(preferences)}
    often = {"judge": "criteria.later", "renew_every": 4, "rollouts": 3, "updates": 3, "lr": 1e-2}
    more = ["--trainer.callbacks+", json.dumps({"class_path": "RewardRenewal", "init_args": learnt_from | often})]
    given = ["--config", "experiment/reinforce.yaml", "--model.policy", policy, "--model.reward", reward]
    learn_alike([*given, "--model.games", 2, *SHORT], more, policy, tmp_path, STEPS)
    for name in ("one", "two"):
        renewed = checkpoint(tmp_path / name / "checkpoints" / "last.ckpt")["callbacks"]["RewardRenewal"]
        assert renewed["number"] == STEPS - 1


@pytest.mark.parametrize("launcher", [pytest.param("torchrun", marks=SLOW), "slurm"])
def test_two_nodes_learn_together(shards: Path, tmp_path: Path, launcher: str) -> None:
    nodes = ["--trainer.strategy", "ddp", "--trainer.num_nodes", 2, "--trainer.devices", 1]
    training = command(tmp_path, *POLICY, "--data.train", shards, *nodes)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    if launcher == "torchrun":
        torchrun = ["torch.distributed.run", "--nnodes", "2", "--nproc_per_node", "1", "--master_addr", "127.0.0.1"]
        commands = [
            [*torchrun, "--master_port", port, "--node_rank", str(node), "-m", "padzoo", *training] for node in range(2)
        ]
        environments: list[dict[str, str]] = [{}, {}]
    else:
        job = {"SLURM_JOB_NAME": "padzoo", "SLURM_JOB_ID": "1", "SLURM_NODELIST": "127.0.0.1", "SLURM_NTASKS": "2"}
        job |= {"SLURM_NTASKS_PER_NODE": "1", "SLURM_LOCALID": "0", "MASTER_PORT": port, "MASTER_ADDR": "127.0.0.1"}
        environments = [job | {"SLURM_PROCID": str(node), "SLURM_NODEID": str(node)} for node in range(2)]
        commands = [["padzoo", *training]] * 2
    run(commands, environments)
    one, other = (join(rank["batches"])["frames"].flatten(1) for rank in witnessed(tmp_path))
    assert not (one[:, None] == other).all(-1).any()
