from pathlib import Path
from typing import Any

import pytest
from micro import checkpoint, fit, padzoo, preset
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from padzoo.callbacks import ClosedLoop
from padzoo.envs.arena import Arena
from padzoo.zoo.play.agent import Agent

OUTCOMES = ("none", "left", "middle", "right")


@pytest.fixture(scope="module")
def events(policy: Path) -> EventAccumulator:
    """What the training of `policy` logged: two updates, one evaluation of two episodes."""
    found = EventAccumulator(str(policy.parents[1]))
    found.Reload()
    return found


def test_the_rates_of_the_outcomes_are_logged(events: EventAccumulator) -> None:
    rates = {name: events.Scalars(f"closed_loop/{name}") for name in (*OUTCOMES, "success")}
    assert all(len(rate) == 1 for rate in rates.values())
    value = {name: rate[0].value for name, rate in rates.items()}
    assert sum(value[name] for name in OUTCOMES) == pytest.approx(1)
    assert value["success"] == pytest.approx(1 - value["none"])
    assert all(2 * rate == round(2 * rate) for rate in value.values())  # of two episodes


def test_a_heatmap_and_eight_frames_are_logged(events: EventAccumulator) -> None:
    (heatmap,) = events.Images("closed_loop/heatmap")
    assert min(heatmap.width, heatmap.height) > 100
    (frames,) = events.Images("closed_loop/frames")  # TensorBoard joins them into one picture
    assert frames.width * frames.height >= 8 * 64 * 64


def test_the_best_checkpoint_is_chosen_by_it(policy: Path) -> None:
    callbacks = checkpoint(policy.with_name("best.ckpt"))["callbacks"]
    (state,) = (state for name, state in callbacks.items() if name.startswith("ModelCheckpoint"))
    assert state["monitor"] == "closed_loop/success"
    assert state["best_model_path"].endswith("best.ckpt")


def test_the_same_fixed_validation_episodes_are_played_each_time_in_evaluation_mode(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played, modes = [], []

    def play(self: Arena, player: Agent, todo: list[object]) -> list[object]:
        played.append(todo)
        modes.append(player.policy.training)
        return []  # every game crashed

    monkeypatch.setattr(Arena, "play", play)
    fit("policy", "base", tmp_path, "--data.train", shards, "--trainer.max_steps", 4)
    assert len(played) == 2
    assert played[0] == played[1]
    assert len(played[0]) == 2
    assert modes == [False, False]


HABIT = "foreign_games:Habit-{}-v0"


def test_a_game_that_cannot_be_played_is_refused_before_anything_is_learnt(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--game.id", HABIT.format("two_cameras")]
    assert padzoo("fit", *preset("policy", "base"), *options) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("padzoo: error: game 'Habit-two_cameras-v0': several parts of its observations may be")
    assert not list(tmp_path.rglob("*.ckpt"))
    fit("policy", "base", tmp_path, *options[:2], *options[4:], "--game.picture", "left")


def test_what_goes_wrong_in_a_game_is_a_line_whoever_trains(
    policy: Path, reward: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    game = ["--game.id", HABIT.format("bug"), "--trainer.default_root_dir", tmp_path]
    for experiment, stage, options in (
        ("policy", "base", ["--data.train", shards]),
        ("reinforce", "aligned", ["--model.policy", policy, "--model.reward", reward]),
    ):
        assert padzoo("fit", *preset(experiment, stage), *game, *options) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert line.startswith("padzoo: error: game 'Habit-bug-v0': step: ZeroDivisionError: division by zero (foreign")


def test_a_model_that_cannot_play_is_refused(
    policy: Path, shards: Path, preferences: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data.train", shards, "--data.train_preferences", preferences, "--model.policy", policy]
    options = [*data, "--trainer.default_root_dir", tmp_path, "--trainer.callbacks", "ClosedLoop"]
    assert padzoo("fit", *preset("reward", "reward"), *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("ClosedLoop: RewardModel is no policy; allowed: BehaviorCloning, aligners")


@pytest.mark.parametrize(
    "wrong", [{"episodes": 0}, {"test_episodes": 0}, {"games": 0}, {"seed": -1}, {"temperature": -1.0}]
)
def test_numbers_that_cannot_be_are_refused_before_the_training(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"ClosedLoop: .*; allowed: "):
        ClosedLoop(**wrong)
