import json
import shutil
import threading
from pathlib import Path

import pytest
import torch
import yaml
from lightning.pytorch import Trainer
from micro import checkpoint, fit, padzoo, preset, weights

from padzoo import training
from padzoo.core import configuration
from padzoo.core.atomic import reserved
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.envs.arena import Arena
from padzoo.training import TrainingCLI, located


@pytest.fixture(scope="module")
def first(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a training of one update."""
    root = tmp_path_factory.mktemp("first")
    options = ["--model.trainable", "all", "--trainer.max_steps", 1, "--seed_everything", 5]
    fit("policy", "prefft", root, "--data.train", shards, *options)
    return root


def test_a_run_leaves_its_configuration_log_and_checkpoint_in_its_folder(first: Path) -> None:
    names = {path.relative_to(first).parts[0] for path in first.rglob("*") if path.is_file()}
    events = {name for name in names if name.startswith("events.out.tfevents")}
    assert len(events) == 1
    assert names - events == {"config.yaml", "hparams.yaml", "checkpoints"}


def test_a_saved_configuration_repeats_the_run(first: Path, tmp_path: Path) -> None:
    root = ["--trainer.default_root_dir", tmp_path]
    assert padzoo("fit", "--config", first / "config.yaml", *root) == 0
    again, before = (weights(folder / "checkpoints" / "last.ckpt") for folder in (tmp_path, first))
    assert all(torch.equal(value, again[name]) for name, value in before.items())
    saved = [yaml.safe_load((folder / "config.yaml").read_text()) for folder in (first, tmp_path)]
    assert saved[1]["trainer"].pop("default_root_dir") == str(tmp_path)
    assert saved[0]["trainer"].pop("default_root_dir") == str(first)
    assert saved[0] == saved[1]


def test_the_checkpoints_own_settings_do_not_replace_the_command_lines(
    first: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hasattr(super(TrainingCLI, TrainingCLI), "_parse_ckpt_path")  # else Lightning's override has another name
    options = ["--data.train", shards, "--data.batch_size", 4, "--seed_everything", 5, "--trainer.default_root_dir"]
    options += [tmp_path, "--ckpt_path", first / "checkpoints" / "last.ckpt", "--model.weight_decay", 0.125]
    assert padzoo("fit", *preset("policy", "prefft"), "--model.trainable", "all", *options) == 2
    assert "ckpt_path: the training has model.weight_decay 0.0001, now 0.125; allowed:" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_validating_in_the_same_folder_keeps_the_configuration_of_the_training(first: Path, shards: Path) -> None:
    before = (first / "config.yaml").read_text()
    options = ["--data.train", shards, "--data.val_fraction", 0.5, "--data.batch_size", 2]
    weights_ = ["--ckpt_path", first / "checkpoints" / "last.ckpt", "--trainer.default_root_dir", first]
    assert padzoo("validate", *preset("policy", "prefft"), *options, *weights_) == 0
    assert (first / "config.yaml").read_text() == before


def test_a_trial_run_logs_nowhere(shards: Path, tmp_path: Path) -> None:
    options = ["--data.train", shards, "--data.val_fraction", 0.5, "--trainer.fast_dev_run", "true"]
    assert padzoo("fit", *preset("policy", "prefft"), *options, "--trainer.default_root_dir", tmp_path) == 0
    assert not any(path.name.startswith("events") for path in tmp_path.rglob("*"))


def test_a_folder_takes_one_training_at_a_time(
    first: Path, shards: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(training, "PATIENCE", 0)
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*")}
    given = [*preset("policy", "prefft"), "--data.train", shards, "--trainer.default_root_dir", first]
    with reserved(first):
        assert padzoo("fit", *given) == 2
    assert f"{first}: another process is writing it; allowed: to wait for it" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*")} == before


def test_a_training_has_a_seed(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--seed_everything", "false"]
    assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
    assert "seed_everything false: allowed: a seed" in capsys.readouterr().err


def test_an_optimizer_cannot_be_given_behind_the_modules_back(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--optimizer", "SGD"]
    assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
    assert "optimizer" in capsys.readouterr().err


def test_predictions_are_written_into_the_folder_of_the_run(first: Path, shards: Path, tmp_path: Path) -> None:
    options = ["--ckpt_path", first / "checkpoints" / "last.ckpt", "--trainer.default_root_dir", tmp_path]
    assert padzoo("predict", *preset("policy", "prefft"), "--data.predict", shards, *options) == 0
    names = sorted(path.name for path in (tmp_path / "predictions").iterdir())
    assert names == [f"{key}.npz" for key in ShardSet(shards).keys]
    named = {"class_path": "PredictionWriter", "init_args": {"out": str(tmp_path / "named")}}
    options += ["--trainer.callbacks", json.dumps([named])]
    assert padzoo("predict", *preset("policy", "prefft"), "--data.predict", shards, *options) == 0
    assert len(list((tmp_path / "named").iterdir())) == len(names)  # and no second time into `predictions`: it is there


def test_lightning_does_not_share_out_among_ranks_what_the_loaders_do(
    policy: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Trainer] = []
    monkeypatch.setattr(Trainer, "predict", lambda self, **_: built.append(self))
    options = ["--data.predict", shards, "--model.init_from", policy, "--trainer.default_root_dir", tmp_path]
    assert padzoo("predict", *preset("policy", "prefft"), *options) == 0
    assert [trainer._accelerator_connector.use_distributed_sampler for trainer in built] == [False]


def test_only_the_first_rank_writes_the_figures_of_a_test(
    policy: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trainer, "test", lambda *_, **__: None)
    options = ["--model.init_from", policy, "--trainer.default_root_dir", tmp_path, "--data.val", shards]
    for rank in (1, 0):
        monkeypatch.setattr(Trainer, "is_global_zero", rank == 0)
        assert padzoo("test", *preset("policy", "prefft"), *options) == 0
        assert (tmp_path / "test.json").exists() == (rank == 0)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_games_are_closed_when_training_ends_badly(
    error: type[BaseException], shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def games() -> int:
        return sum(thread.name.startswith("game-") for thread in threading.enumerate())

    def fail(self: Arena, *_: object) -> None:
        assert len(self.pool) == games() - before == 2
        raise error

    before = games()
    monkeypatch.setattr(Arena, "play", fail)
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path]
    with pytest.raises((RuntimeError, SystemExit)):  # Lightning ends the process itself after Ctrl-C
        padzoo("fit", *preset("policy", "base"), *options)
    assert games() == before


def test_what_lightning_finds_wrong_with_the_trainers_settings_is_told_on_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path, "--trainer.val_check_interval", 1.5]
    assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("padzoo: error: trainer.val_check_interval 1.5: allowed: a whole number")


def test_an_untrained_network_is_not_measured(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data.train", shards, "--trainer.default_root_dir", tmp_path]
    assert padzoo("validate", *preset("policy", "prefft"), *options) == 2
    assert "the network is untrained; give its checkpoint with --ckpt_path" in capsys.readouterr().err


def test_a_checkpoint_of_another_network_is_refused(
    policy: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data.train", shards, "--data.val_fraction", 0.5, "--trainer.default_root_dir", tmp_path]
    changed = ["--model.past_actions", "true", "--ckpt_path", policy]
    assert padzoo("validate", *preset("policy", "prefft"), *options, *changed) == 2
    assert "the configuration asks for" in capsys.readouterr().err


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody else's with an aligner, and one that cannot be imported."""
    folder = tmp_path / "installed"
    for name, entry in {"cloners": "cloners:Cloner", "lost": "nothing_of_that_name:Lost"}.items():
        (folder / f"{name}-1.0.dist-info").mkdir(parents=True)
        (folder / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(f"[padzoo.aligner]\n{name} = {entry}\n")
        (folder / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    source = "from padzoo.zoo.learn.behavior_cloning import BehaviorCloning\nclass Cloner(BehaviorCloning): ...\n"
    (folder / "cloners.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))


@pytest.mark.usefixtures("installed")
def test_an_installed_package_brings_an_aligner(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--model", "Cloner", "--data.train", shards, "--trainer.default_root_dir", tmp_path]
    assert padzoo("fit", *preset("policy", "prefft"), *options) == 2
    assert "aligner 'lost': cannot import nothing_of_that_name" in capsys.readouterr().err
    shutil.rmtree(tmp_path / "installed" / "lost-1.0.dist-info")
    path = fit("policy", "prefft", tmp_path / "run", "--data.train", shards, "--model", "Cloner")
    assert checkpoint(path)["hyper_parameters"]["_class_path"] == "cloners.Cloner"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["-c", "trainer/ddp.yaml"], ["-c", "{}"]),
        (["--config", "trainer/ddp.yaml"], ["--config", "{}"]),
        (["--trainer=trainer/ddp.yaml"], ["--trainer={}"]),
        (["--trainer", "trainer/ddp.yaml", "--model", "Cloner"], ["--trainer", "{}", "--model", "Cloner"]),
        (["--data.train", "trainer/ddp.yaml"], ["--data.train", "trainer/ddp.yaml"]),  # names no configuration
        (["-c", "trainer: trainer/ddp.yaml"], ["-c", "trainer: trainer/ddp.yaml"]),  # is one
    ],
)
def test_a_configuration_of_the_package_goes_by_its_name(
    given: list[str], found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert located(given) == [word.format(configuration.CONFIGS / "trainer" / "ddp.yaml") for word in found]
