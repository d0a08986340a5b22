import json
import shutil
from pathlib import Path

import pytest
import yaml
from micro import fit, padzoo, weights
from safetensors.torch import load_file

from padzoo.core.provenance import commit
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo import hub
from padzoo.zoo.hub.card import Ancestor, Base, Card, Source


def listed(*paths: object) -> str:
    return json.dumps([str(path) for path in paths])


@pytest.fixture(scope="module")
def aligned(shards: Path, policy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that was trained further, its last MLP alone."""
    root = tmp_path_factory.mktemp("runs") / "prefft_left"
    options = ["--data.train", shards, "--model.init_from", policy, "--model.trainable", "head"]
    return fit("policy", "prefft", root, *options)


@pytest.fixture
def zoo(policy: Path, tmp_path: Path) -> Path:
    """A zoo with the policy as `policy_tiny.sft`."""
    given = ["--name", "policy_tiny.sft", "--url", "https://example.org/padzoo"]
    assert padzoo("push", policy, tmp_path / "zoo", *given) == 0
    return tmp_path / "zoo"


def test_a_name_and_a_target_are_enough(zoo: Path, policy: Path, shards: Path) -> None:
    card = Card.read(zoo / "policy_tiny.sft")
    assert (card.name, card.dtype, card.base, card.seed) == ("policy_tiny.sft", "float16", None, 0)
    assert card.checkpoint == hub.sha256(policy)
    (command,) = card.commands
    assert command.startswith("padzoo fit --config ")
    assert f"--data.train {shards}" in command
    assert card.source == Source("https://example.org/padzoo", commit())
    (data,) = card.data
    manifest = ShardSet(shards).manifest
    assert (data.name, data.sha256, data.samples) == (shards.name, manifest.fingerprint, manifest.samples)
    assert data.source == {"made": "for tests"}
    configuration = card.configuration
    assert configuration is not None
    assert configuration["model"]["class_path"] == "BehaviorCloning"
    assert configuration["data"]["init_args"]["train"] == str(shards)
    assert configuration["trainer"]["max_steps"] == 2
    hub.prove(zoo / "policy_tiny.sft")


def test_the_configuration_on_a_card_repeats_the_training(zoo: Path, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(Card.read(zoo / "policy_tiny.sft").configuration))
    root = ["--trainer.default_root_dir", tmp_path / "again"]
    assert padzoo("fit", "--config", tmp_path / "again.yaml", *root) == 0
    again = weights(tmp_path / "again" / "checkpoints" / "last.ckpt")
    assert all(tensor.equal(again[name]) for name, tensor in weights(policy).items())


def test_what_is_made_from_published_weights_is_stored_on_them(
    zoo: Path, policy: Path, reward: Path, aligned: Path, preferences: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sft = zoo / "policy_tiny.sft"
    assert padzoo("push", aligned, zoo, "--name", "policy_tiny.left", "--base", sft) == 0
    assert padzoo("push", reward, zoo, "--name", "reward_tiny.left", "--base", sft) == 0
    assert f"published as {zoo}/reward_tiny.left" in capsys.readouterr().out
    ours, theirs = Card.read(zoo / "policy_tiny.left"), Card.read(zoo / "reward_tiny.left")
    assert ours.parents == {"init_from": Ancestor("policy_tiny.sft", hub.sha256(policy))}
    assert theirs.parents == {"policy": Ancestor("policy_tiny.sft", hub.sha256(policy))}
    assert len(ours.commands) == len(theirs.commands) == 2  # their own behind the policy's
    assert theirs.data[-1].name == preferences.name
    assert theirs.data[-1].samples == len(preferences.read_text().splitlines())
    assert ours.base == Base("policy_tiny.sft", hub.sha256(sft), "")
    assert ours.size < 120_000
    for name, checkpoint in (("policy_tiny.left", aligned), ("reward_tiny.left", reward)):
        for key, tensor in hub.load(zoo / name).state_dict().items():
            expected = hub.load(checkpoint).state_dict()[key]
            assert tensor.equal(expected.half().float() if expected.dim() else expected)


@pytest.fixture(scope="module")
def low_rank(shards: Path, preferences: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that was trained further by low-rank changes, from `policy_tiny.sft` in full precision beside it."""
    root = tmp_path_factory.mktemp("low_rank")
    base = root / "policy_tiny.sft"
    widen = ["--format", "safetensors", "--dtype", "float32", "--out", base]
    assert padzoo("export", "policy_tiny.sft", *widen) == 0
    data = ["--data.train", shards, "--data.train_preferences", preferences, "--data.batch_size", 4]
    given = ["--config", "experiment/dpo.yaml", "--model.policy", base, "--model.trainable", "lora", "--model.lr", 1e-2]
    assert padzoo("fit", *given, *data, "--trainer.max_steps", 3, "--trainer.default_root_dir", root) == 0
    return root / "checkpoints" / "last.ckpt"


def test_low_rank_changes_are_stored_in_the_place_of_what_they_change(
    low_rank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    zoo = tmp_path / "zoo"
    assert padzoo("push", low_rank, zoo, "--name", "policy_tiny.small", "--base", "policy_tiny.sft") == 0
    assert padzoo("push", low_rank, zoo, "--name", "policy_tiny.whole") == 0
    small, whole = Card.read(zoo / "policy_tiny.small"), Card.read(zoo / "policy_tiny.whole")
    assert small.sha256 == whole.sha256  # bit for bit the same weights
    assert small.files["model.safetensors"].bytes < 0.25 * whole.files["model.safetensors"].bytes
    stored = load_file(zoo / "policy_tiny.small" / "model.safetensors")
    assert {name.split(".")[0] for name in stored} == {"lora", "head"}
    assert "lora.trunk.blocks.0.qkv.weight.up" in stored
    hub.prove(zoo / "policy_tiny.small")

    assert padzoo("push", zoo / "policy_tiny.small", zoo, "--name", "policy_tiny.again") == 0
    assert Card.read(zoo / "policy_tiny.again").files["model.safetensors"] == small.files["model.safetensors"]
    assert padzoo("export", zoo / "policy_tiny.small", "--format", "safetensors", "--out", tmp_path / "out") == 0
    exported = (tmp_path / "out" / "model.safetensors").read_bytes()
    assert exported == (zoo / "policy_tiny.whole" / "model.safetensors").read_bytes()

    capsys.readouterr()
    assert padzoo("push", low_rank, zoo, "--name", "policy_tiny.wrong", "--base", "policy_tiny.base") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(" differs; allowed: the policy on which its changes were learnt")


def test_low_rank_changes_lose_nothing_in_full_precision(low_rank: Path, tmp_path: Path) -> None:
    zoo, base = tmp_path / "zoo", low_rank.parents[1] / "policy_tiny.sft"
    shutil.copytree(base, zoo / "policy_tiny.sft")
    told = ["--name", "policy_tiny.x", "--dtype", "float32", "--base", base]
    assert padzoo("push", low_rank, zoo, *told) == 0
    stored = load_file(zoo / "policy_tiny.x" / "model.safetensors")
    assert {name.split(".")[0] for name in stored} == {"lora", "head"}
    before, trained = (hub.load(ref, "policy").state_dict() for ref in (base, low_rank))
    assert all(tensor.equal(trained[name]) for name, tensor in hub.load(zoo / "policy_tiny.x").state_dict().items())
    assert not trained["trunk.blocks.0.qkv.weight"].equal(before["trunk.blocks.0.qkv.weight"])


def test_results_are_of_the_very_weights(
    zoo: Path, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--episodes", 3, "--games", 1, "--env_args", '{"max_steps": 3}', "--seed", 2]
    for name, ref in (("right", zoo / "policy_tiny.sft"), ("wrong", policy)):
        assert padzoo("rollout", "--policy", ref, *options, "--out", tmp_path / name) == 0
    for ref in (zoo / "policy_tiny.sft", policy):
        told = ["--name", "policy_tiny.measured", "--results", listed(tmp_path / "wrong")]
        assert padzoo("push", ref, tmp_path / "other", *told) == 2
        assert "results: measured on weights " + hub.sha256(policy) in capsys.readouterr().err
    assert not (tmp_path / "other").exists()
    told = ["--name", "policy_tiny.measured", "--results", listed(tmp_path / "right")]
    assert padzoo("push", zoo / "policy_tiny.sft", tmp_path / "other", *told) == 0
    card = Card.read(tmp_path / "other" / "policy_tiny.measured")
    (result,) = card.results
    assert (result.of, result.trials, list(result.rates)) == ("episodes", 3, ["none", "left", "middle", "right"])
    assert result.rates["none"].count == 3
    assert result.rates["none"].percent == 100
    assert 40 < result.rates["none"].low < 45  # Wilson, 3 of 3: 43.9
    assert result.measured["seed"] == 2
    assert card.commands == Card.read(zoo / "policy_tiny.sft").commands  # the rest of its card is kept


def test_a_folder_goes_as_it_is_if_nothing_is_said(
    zoo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    capsys.readouterr()
    assert padzoo("push", zoo / "policy_tiny.sft", tmp_path / "copy", "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == [
        f"policy_tiny.sft/{name}" for name in ("card.yaml", "model.safetensors", "README.md")
    ]
    assert lines[3] == f"would go to {tmp_path}/copy/policy_tiny.sft"
    assert not (tmp_path / "copy").exists()
    assert padzoo("push", zoo / "policy_tiny.sft", tmp_path / "copy") == 0
    assert files(tmp_path / "copy" / "policy_tiny.sft") == files(zoo / "policy_tiny.sft")
    for arguments in ([], ["--dry-run"]):
        assert padzoo("push", zoo / "policy_tiny.sft", tmp_path / "copy", *arguments) == 2
        assert "exists already; weights are never overwritten" in capsys.readouterr().err


def test_what_does_not_fit_is_refused(
    zoo: Path, policy: Path, reward: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sft, named = zoo / "policy_tiny.sft", ["--name", "reward_tiny.left"]
    for arguments, message in [
        ([policy, zoo], "name '' is not allowed; allowed: arch.tag"),
        ([policy, zoo, "--name", "My policy"], "name 'My policy' is not allowed; allowed: arch.tag"),
        ([reward, zoo, *named, "--ancestors", listed(policy)], "--ancestors"),
        ([sft, zoo, *named, "--results", listed(shards)], f"--results {shards}: made by None; allowed: what padzoo"),
        ([zoo / "none", zoo], "none: no such checkpoint (.ckpt) or folder of weights"),
    ]:
        assert padzoo("push", *arguments) == 2
        assert message in capsys.readouterr().err
    assert {path.name for path in zoo.iterdir()} == {"policy_tiny.sft", "index.yaml", ".index.yaml.lock"}


def test_a_reward_model_is_judged_by_held_out_preferences(
    zoo: Path,
    policy: Path,
    reward: Path,
    shards: Path,
    preferences: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sft = zoo / "policy_tiny.sft"
    lineage = ["--base", sft]
    assert padzoo("push", reward, zoo, "--name", "reward_tiny.draft", *lineage) == 0
    assert padzoo("score", shards, "--reward", zoo / "reward_tiny.draft", "--out", tmp_path / "scored") == 0
    judged = ["--results", listed(tmp_path / "scored"), "--preferences"]
    learnt = [*judged, preferences]
    assert padzoo("push", reward, zoo, "--name", "reward_tiny.left", *lineage, *learnt) == 2
    assert "it has learnt from these; allowed: held-out ones" in capsys.readouterr().err
    held_out = tmp_path / "held_out.jsonl"
    held_out.write_text("".join(preferences.read_text().splitlines(keepends=True)[3:]))
    preferences = held_out
    assert padzoo("push", reward, zoo, "--name", "reward_tiny.left", *lineage, *judged, preferences) == 0
    result, *parts = Card.read(zoo / "reward_tiny.left").results
    rewards = json.loads((tmp_path / "scored" / "rewards.json").read_text())
    pairs = [json.loads(line) for line in preferences.read_text().splitlines()]
    right = sum(rewards[pair["winner"]] > rewards[pair["loser"]] for pair in pairs)
    assert (result.of, result.trials, result.rates["accuracy"].count) == ("preferences", len(pairs), right)
    assert list(result.rates) == ["accuracy"]
    assert [part.of for part in parts] == ["preferences between categories", "preferences within categories"]
    assert [part.trials for part in parts] == [sum(pair["same_category"] == same for pair in pairs) for same in (0, 1)]
    assert sum(part.rates["accuracy"].count for part in parts) == right
