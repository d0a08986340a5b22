from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from digest import configurations
from jsonargparse import Namespace
from lightning.pytorch.strategies import FSDPStrategy
from micro import CONFIGS, padzoo

from padzoo import datamodules
from padzoo.datamodules.module import ZooDataModule
from padzoo.training import TrainingCLI
from padzoo.zoo.learn.behavior_cloning import BehaviorCloning
from padzoo.zoo.learn.dpo import DPO
from padzoo.zoo.learn.grpo import GRPO
from padzoo.zoo.learn.module import ZooModule
from padzoo.zoo.learn.ppo import PPO
from padzoo.zoo.learn.reinforce import Reinforce
from padzoo.zoo.learn.rest import ReST
from padzoo.zoo.learn.reward_model import RewardModel
from padzoo.zoo.learn.rloo import RLOO
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.duration import Duration
from padzoo.zoo.nets.first_frame import FirstFrame
from padzoo.zoo.nets.gpt2 import Block
from padzoo.zoo.nets.random_projection import RandomProjection

NEEDED = {  # what no configuration can know
    "policy": ["--data.train", "set"],
    "reward": ["--data.train", "set", "--data.train_preferences", "file", "--model.policy", "policy.ckpt"],
    "dpo": ["--data.train", "set", "--data.train_preferences", "file", "--model.policy", "policy.ckpt"],
}
ALIGNERS = {"reinforce": Reinforce, "rloo": RLOO, "grpo": GRPO, "ppo": PPO, "rest": ReST}
NEEDED |= {name: ["--model.policy", "policy.ckpt", "--model.reward", "reward.ckpt"] for name in ALIGNERS}
END = ["--trainer.max_steps", 1]  # an experiment leaves it to its stage
EXPERIMENT = {"reward": "reward", "align": "reinforce"}  # of a stage; the others train policies
ENCODERS = [
    ("agent", AgentFeatures),
    ("random_projection", RandomProjection),
    ("first_frame", FirstFrame),
    ("duration", Duration),
]
STAGES = sorted(CONFIGS.glob("stage/*/*.yaml"))
COUNTS = {"pico": 31_384, "nano": 109_052, "tiny": 601_716, "4m": 4_348_068, "25m": 26_941_348, "103m": 102_508_964}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[Namespace]:
    """What the command line understood, instead of its being built and run."""
    found: list[Namespace] = []
    monkeypatch.setattr(TrainingCLI, "instantiate_classes", lambda self: found.append(self.config[self.subcommand]))
    monkeypatch.setattr(TrainingCLI, "_run_subcommand", lambda *_: None)
    return found


def parse(parsed: list[Namespace], *arguments: object) -> dict[str, Any]:
    assert padzoo("fit", *arguments) == 0
    values: dict[str, Any] = parsed.pop().as_dict()
    return values


def configuration(*names: str) -> list[object]:
    return [word for name in names for word in ("--config", CONFIGS / f"{name}.yaml")]


def test_every_experiment_is_there() -> None:
    assert {path.stem for path in CONFIGS.glob("experiment/*.yaml")} == set(NEEDED)


def test_every_stage_of_the_study_is_there_and_no_other() -> None:
    root = CONFIGS.parent
    presets = [yaml.safe_load(path.read_text()) for path in root.glob("benchmarks/paper/presets/*.yaml")]
    assert {root / path for preset in presets for path in configurations(preset)} == set(STAGES)


@pytest.mark.parametrize("experiment", NEEDED)
def test_an_experiment_is_a_model_a_data_module_and_a_trainer(experiment: str, parsed: list[Namespace]) -> None:
    found = parse(parsed, *configuration(f"experiment/{experiment}"), *NEEDED[experiment], *END)
    model, data = {
        "policy": ("BehaviorCloning", "Demonstrations"),
        "reward": ("RewardModel", "Preferences"),
        "dpo": ("DPO", "Preferences"),
        **{name: (kind.__name__, "Episodes") for name, kind in ALIGNERS.items()},
    }[experiment]
    assert found["model"]["class_path"].endswith(f".{model}")
    assert found["data"]["class_path"].endswith(f".{data}")
    assert found["trainer"]["accelerator"] == "cpu"


@pytest.mark.parametrize("path", STAGES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_stage_changes_what_it_names(path: Path, parsed: list[Namespace]) -> None:
    experiment = EXPERIMENT.get(path.parent.name, "policy")
    found = parse(parsed, *configuration(f"experiment/{experiment}"), "--config", path, *NEEDED[experiment])
    given = yaml.safe_load(path.read_text())
    for part in ("model", "data"):
        for name, value in given[part]["init_args"].items():
            assert found[part]["init_args"][name] == value
    for name, value in given["trainer"].items():
        if name != "callbacks":
            assert found["trainer"][name] == value
    assert len(found["trainer"]["callbacks"] or []) == len(given["trainer"].get("callbacks", []))
    assert found["trainer"]["max_steps"] > 0  # training streams have no end


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("trainer/*.yaml")), ids=lambda path: path.stem)
def test_hardware_is_a_configuration(path: Path, parsed: list[Namespace]) -> None:
    arguments = [*configuration("experiment/policy"), *NEEDED["policy"], *END]
    found = parse(parsed, *arguments, "--trainer", path)["trainer"]
    assert found["accelerator"] == ("cpu" if path.stem == "cpu" else "gpu")
    assert found["max_epochs"] == -1
    if isinstance(found["strategy"], dict):
        module, _, name = found["strategy"]["class_path"].rpartition(".")
        strategy = getattr(__import__(module, fromlist=[name]), name)(**found["strategy"]["init_args"])
        assert isinstance(strategy, FSDPStrategy)
        assert strategy.kwargs["auto_wrap_policy"]._module_classes == {Block}


def build(model: dict[str, Any], **arguments: object) -> ZooModule:
    kind = {cls.__name__: cls for cls in (BehaviorCloning, RewardModel, DPO, *ALIGNERS.values())}[
        model["class_path"].split(".")[-1]
    ]
    built: ZooModule = kind(**model.get("init_args", {}) | arguments)
    return built


@pytest.mark.parametrize(("size", "count"), COUNTS.items())
def test_policies_have_as_many_parameters_as_their_name_says(size: str, count: int, parsed: list[Namespace]) -> None:
    found = parse(parsed, *configuration("experiment/policy"), "--model.size", size, *NEEDED["policy"], *END)
    with torch.device("meta"):
        module = build(found["model"])
    assert sum(parameter.numel() for parameter in module.net.parameters()) == count


@pytest.mark.parametrize(("name", "kind"), ENCODERS)
def test_the_encoder_of_a_reward_model_is_an_option(name: str, kind: type, policy: Path) -> None:
    model = yaml.safe_load((CONFIGS / "model/reward.yaml").read_text())
    module = build(model, policy=str(policy), encoder=name)
    assert isinstance(module, RewardModel)
    assert isinstance(module.net.encoder, kind)


@pytest.mark.parametrize("name", [*ALIGNERS, "dpo"])
def test_an_aligner_is_built_from_its_configuration(name: str, policy: Path, reward: Path) -> None:
    model = yaml.safe_load((CONFIGS / f"model/{name}.yaml").read_text())
    judge = {"reward": str(reward)} if name in ALIGNERS else {}
    assert isinstance(build(model, policy=str(policy), **judge), ALIGNERS.get(name, DPO))


def test_every_model_and_data_configuration_has_been_tried() -> None:
    models = {path.stem for path in CONFIGS.glob("model/*.yaml")}
    assert models == {"policy_tiny", "policy_103m", "reward", "dpo", *ALIGNERS}
    for path in CONFIGS.glob("data/*.yaml"):
        assert issubclass(getattr(datamodules, yaml.safe_load(path.read_text())["class_path"]), ZooDataModule)


def test_a_larger_network_or_another_encoder_is_an_option(parsed: list[Namespace]) -> None:
    arguments = [*configuration("experiment/policy", "stage/imitate/micro_sft"), *NEEDED["policy"]]
    found = parse(parsed, *arguments, "--model", CONFIGS / "model/policy_103m.yaml")
    with torch.device("meta"):
        module = build(found["model"])
        other = build(parse(parsed, *arguments, "--model.encoder", "timm/resnet10t")["model"])
    assert isinstance(module.net.config, dict)
    assert module.net.config["size"] == "103m"
    assert (module.hparams["lr"], module.hparams["warmup_steps"]) == (1e-4, 1000)  # not those of `tiny`
    assert other.net.config == {"size": "tiny", "encoder": "timm/resnet10t", "past_actions": False, "context": 32}
