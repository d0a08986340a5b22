"""A policy whose trunk streams goes every way that others go: learning, resuming, rewarding, alignment, play."""

from pathlib import Path

import pytest
import torch
from micro import fit, padzoo, preset, weights
from PIL import Image

from padzoo.core.episode import Episode, Start
from padzoo.zoo import hub
from padzoo.zoo.learn.reinforce import Reinforce

STREAMING = ["--model.trunk", "streaming"]
LONG = '{"max_steps": 45}'  # beyond the context of 32


@pytest.fixture(scope="module")
def base(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint after two updates."""
    options = ["--data.train", shards, "--model.trainable", "all", "--model.lr", 1e-3]
    return fit("policy", "prefft", tmp_path_factory.mktemp("streaming"), *options, *STREAMING)


@pytest.fixture(scope="module")
def judge(shards: Path, preferences: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reward model on its features."""
    data = ["--data.train", shards, "--data.train_preferences", preferences]
    return fit("reward", "reward", tmp_path_factory.mktemp("judge"), "--model.policy", base, *data)


def test_it_learns_from_windows_longer_than_its_context_and_resumes_exactly(shards: Path, tmp_path: Path) -> None:
    options = ["--data.train", shards, "--model.trainable", "all", "--data.context", 48, *STREAMING]
    expected = weights(fit("policy", "prefft", tmp_path / "whole", *options, "--trainer.max_steps", 3))
    begun = fit("policy", "prefft", tmp_path / "parts", *options, "--trainer.max_steps", 2)
    before = weights(begun)
    found = weights(
        fit("policy", "prefft", tmp_path / "parts", *options, "--trainer.max_steps", 3, "--ckpt_path", begun)
    )
    assert not any(torch.equal(before[name], value) for name, value in found.items() if name.startswith("trunk."))
    assert all(torch.equal(expected[name], value) for name, value in found.items())


def test_it_starts_from_weights_of_its_own_kind_alone(
    shards: Path, base: Path, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data.train", shards]
    before = weights(base)
    after = weights(fit("policy", "prefft", tmp_path / "tuned", *data, *STREAMING, "--model.init_from", base))
    assert {name.split(".")[0] for name in after if not torch.equal(before[name], after[name])} == {"head"}
    capsys.readouterr()
    for start, trunk in ((policy, STREAMING), (base, [])):
        options = [*data, *trunk, "--model.init_from", start, "--trainer.default_root_dir", tmp_path / "refused"]
        assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"padzoo: error: init_from {start}: holds {{")
        assert line.count("'trunk': 'streaming'") == 1


def test_an_aligner_rewards_what_acting_computed_as_if_it_were_computed_anew(base: Path, judge: Path) -> None:
    aligner = Reinforce(str(base), str(judge), games=2, game={"args": {"max_steps": 45}})
    rollouts = list(aligner.play([Episode(Start(seed)) for seed in (5, 6, 7)]))
    assert max(map(len, rollouts)) == 45
    assert aligner.rewards.shared == [True]
    (reward,) = aligner.rewards.members
    again = reward.reward([rollout.trajectory.frames for rollout in rollouts])
    torch.testing.assert_close(aligner.rewards(rollouts), again, atol=1e-4, rtol=1e-4)
    experience = aligner.experience(rollouts)
    features = [aligner.net.window_features(torch.from_numpy(each.trajectory.frames)) for each in rollouts]
    logits = aligner._logits(experience.rollouts, aligner.net.head)
    torch.testing.assert_close(logits, aligner.net.head(torch.cat(features)), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(logits, experience.reference)
    aligner.teardown("fit")


@pytest.mark.slow
@pytest.mark.parametrize("trainable", ["head", "lora"])
def test_it_is_aligned_and_plays(base: Path, judge: Path, tmp_path: Path, trainable: str) -> None:
    options = ["--model.policy", base, "--model.reward", judge, "--model.trainable", trainable, "--game.args", LONG]
    aligned = fit("reinforce", "aligned", tmp_path, *options, "--trainer.max_steps", 1)
    before, after = weights(base), weights(aligned)
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == ({"head"} if trainable == "head" else {"head", "trunk"})
    hub.save(hub.load(aligned, "policy"), tmp_path / "weights")
    hub.prove(tmp_path / "weights")
    film = tmp_path / "agent.gif"
    play = ["--out", film, "--episodes", 2, "--games", 2, "--env_args", LONG]
    assert padzoo("play", tmp_path / "weights", *play) == 0
    with Image.open(film) as found:
        assert found.n_frames >= 45
