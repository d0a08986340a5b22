"""In a game of a few lines each stage learns, in seconds: cloning, rewards, alignment; success rises from chance."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from micro import padzoo

HERE = Path(__file__).parent
GAME = ["--env", "game:Colours-v0", "--games", 8]
CLONE = ["--config", "experiment/policy.yaml", "--model.size", "pico", "--model.lr", 3e-3, "--model.warmup_steps", 0]
CLONE += ["--data.train", "expert", "--data.cache", "true", "--data.workers", 0, "--data.augment", "false"]
REWARD = ["--config", "experiment/reward.yaml", "--data.mode", "all_pairs", "--model.lr", 5e-3]
REWARD += ["--model.components", 32, "--model.steps", 5]
QUIET = ["--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A current folder with recordings of both players; their module and that of the game can be imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("colours"))
        patch.syspath_prepend(str(HERE))
        patch.syspath_prepend(str(HERE.parent / "extending"))
        for player, seed, name in (("Expert", 0, "expert"), ("Novice", 0, "novice"), ("Novice", 1, "other")):
            options = ["--player", f"players.{player}", "--seed", seed, "--episodes", 60, "--size", 64, *GAME]
            assert padzoo("demos", *options, "--out", name) == 0
        yield Path.cwd()
    for module in ("game", "players", "shaky"):
        sys.modules.pop(module, None)


def fit(root: str, *options: object) -> Path:
    path = Path(root).absolute()
    assert padzoo("fit", *options, *QUIET, "--trainer.default_root_dir", path) == 0
    return path / "checkpoints" / "last.ckpt"


def success(policy: Path, out: str) -> float:
    """Returns the percentage of 100 episodes that succeed."""
    assert padzoo("rollout", "--policy", policy, *GAME, "--episodes", 100, "--out", out) == 0
    percent: float = json.loads((Path(out) / "outcomes.json").read_text())["success"]
    return percent


@pytest.fixture(scope="module")
def beginner() -> Path:
    """A policy that has just begun to learn from the expert."""
    return fit("beginner", *CLONE, "--trainer.max_steps", 30)


@pytest.fixture(scope="module")
def reward(beginner: Path) -> Path:
    """A reward model of what the novices' episodes are worth."""
    for name in ("novice", "other"):
        options = ["--criterion", "players.quick_success", "--pairs", "random", "--comparisons", 600]
        assert padzoo("prefer", name, *options, "--out", f"{name}.jsonl") == 0
    data = ["--data.train", "novice", "--data.train_preferences", "novice.jsonl", "--data.batch_trajectories", 16]
    return fit("reward", *REWARD, "--model.policy", beginner, *data, "--trainer.max_steps", 100)


def test_cloning_makes_an_expert_of_a_beginner(beginner: Path) -> None:
    assert success(beginner, "begun") < 50
    assert success(fit("cloned", *CLONE, "--ckpt_path", beginner, "--trainer.max_steps", 70), "done") > 80


def test_a_reward_model_orders_the_episodes_of_others(beginner: Path, reward: Path) -> None:
    data = ["--data.test", "other", "--data.test_preferences", "other.jsonl", "--trainer.default_root_dir", "test"]
    assert padzoo("test", *REWARD, "--model.policy", beginner, *data, *QUIET, "--ckpt_path", reward) == 0
    assert json.loads(Path("test/test.json").read_text())["test/accuracy"] > 0.85


def align(algorithm: str, game: str, beginner: Path, reward: Path, *options: object) -> float:
    """Aligns the beginner and returns the percentage of episodes that then succeed."""
    given = ["--config", f"experiment/{algorithm}.yaml", "--game.id", game, "--model.games", 8, "--data.batch_size", 16]
    given += ["--model.policy", beginner, "--model.reward", reward, "--model.lr", 3e-3, *options]
    return success(fit(f"{algorithm}-{game}", *given), f"won-{algorithm}-{game}")


@pytest.mark.parametrize(
    "game", ["game:Colours-v0", "shaky:Shaky-v0"]
)  # rewards stay with their episodes after a crash
def test_reinforce_makes_the_game_be_won(game: str, beginner: Path, reward: Path) -> None:
    options = ["--model.baseline", "leave_one_out", "--trainer.max_steps", 40]
    assert align("reinforce", game, beginner, reward, *options) > 75


@pytest.mark.parametrize(
    ("algorithm", "options"),
    [
        ("rloo", ["--data.group", 4, "--trainer.max_steps", 40]),
        ("grpo", ["--data.group", 4, "--model.epochs", 2, "--trainer.max_steps", 40]),
        ("ppo", ["--model.epochs", 2, "--trainer.max_steps", 40]),
        ("rest", ["--model.top", 0.25, "--model.epochs", 4, "--trainer.max_steps", 80]),
    ],
)
def test_every_aligner_makes_the_game_be_won(
    algorithm: str, options: list[object], beginner: Path, reward: Path
) -> None:
    assert align(algorithm, "game:Colours-v0", beginner, reward, *options) > 75


def test_preferences_alone_make_the_game_be_won_more_often(beginner: Path, reward: Path) -> None:
    data = ["--data.train", "novice", "--data.train_preferences", "novice.jsonl"]
    given = [
        "--config",
        "experiment/dpo.yaml",
        "--model.policy",
        beginner,
        *data,
        "--model.lr",
        1e-3,
        "--model.beta",
        0.5,
    ]
    assert success(fit("dpo", *given, "--trainer.max_steps", 60), "won-dpo") > 75
