import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from micro import padzoo
from numpy.typing import NDArray

from padzoo.core import codec
from padzoo.core.episode import episodes
from padzoo.core.gamepad import COMPONENTS, SIZES
from padzoo.envs.adapter import make
from padzoo.zoo import hub
from padzoo.zoo.hub.card import WEIGHTS
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play import onnx as onnx_export
from padzoo.zoo.play.agent import Agent
from padzoo.zoo.play.onnx import export_onnx

DOCS = Path(__file__).parents[3] / "docs"
State = dict[str, NDArray[Any]]


@dataclass
class Exported:
    """A policy, where it was published, and its ONNX file."""

    policy: Policy
    folder: Path
    file: Path

    def session(self) -> onnxruntime.InferenceSession:
        return onnxruntime.InferenceSession(self.file)


@pytest.fixture(
    scope="module",
    params=["frames", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("past_actions", "streaming"))],
)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A policy whose actions depend on what it sees; those that see actions have weights of half precision."""
    torch.manual_seed(0)
    streams = request.param == "streaming"
    policy = Policy("tiny", past_actions=request.param != "frames", trunk="streaming" if streams else "gpt2").eval()
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
        for parameter in policy.trunk.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        policy.head[2].weight.mul_(30)
    if policy.past_actions:
        policy.half().float()
    folder = tmp_path_factory.mktemp(request.param)
    hub.save(policy, folder / "weights")
    assert padzoo("export", folder / "weights", "--format", "onnx", "--out", folder / "new" / "out") == 0
    assert [path.name for path in (folder / "new" / "out").iterdir()] == ["model.onnx"]
    return Exported(policy, folder / "weights", folder / "new" / "out" / "model.onnx")


def start(session: onnxruntime.InferenceSession, games: int) -> State:
    """The state of new episodes, from the file alone."""
    kinds = {"tensor(float)": np.float32, "tensor(int64)": np.int64}
    names = json.loads(session.get_modelmeta().custom_metadata_map["state"])
    inputs = {found.name: found for found in session.get_inputs()}
    return {name: np.zeros((games, *inputs[name].shape[1:]), kinds[inputs[name].type]) for name in names}


def act(session: onnxruntime.InferenceSession, frame: Any, uniform: Any, state: State) -> tuple[Any, Any, State]:
    inputs = {"frame": frame, "uniform": uniform, "temperature": np.ones(len(frame), np.float32)}
    action, logits, *values = session.run(None, inputs | state)
    return action, logits, dict(zip(state, values, strict=True))


@torch.no_grad()
@pytest.mark.parametrize("games", [1, 3, 8])
def test_over_whole_episodes_it_computes_what_pytorch_computes(exported: Exported, games: int) -> None:
    rng = np.random.default_rng(games)
    coarse = rng.integers(0, 256, (100, games, 8, 8, 3), dtype=np.uint8)
    frames = coarse.repeat(8, axis=2).repeat(8, axis=3)
    session = exported.session()
    state = start(session, games)
    steps = []
    for frame in frames:
        action, logits, state = act(session, frame, rng.random((games, 16), dtype=np.float32), state)
        steps.append((action, logits))
    actions, found = (torch.from_numpy(np.stack(values, axis=1)) for values in zip(*steps, strict=True))
    for game in range(games):
        features = exported.policy.window_features(torch.from_numpy(frames[:, game]), actions[game])
        logits = exported.policy.head(features)
        assert logits.std() > 1
        torch.testing.assert_close(found[game], logits, atol=1e-4, rtol=1e-5)


def test_alone_it_plays_the_agents_very_episode(exported: Exported) -> None:
    (episode,) = episodes(0, 1)
    game, session = make("padzoo/LaunchIsland-v0", size=64), exported.session()
    agent, state = Agent(exported.policy, seed=3), start(session, 1)
    random = np.random.default_rng((3, episode.start.seed))
    agent.reset([0], [episode])
    frame, _ = game.reset(seed=episode.start.seed)
    over, actions = False, []
    while not over:
        uniform = random.random((1, 16), dtype=np.float32)
        action, _, state = act(session, codec.roundtrip(frame[None]), uniform, state)
        assert np.array_equal(action, agent.act(frame[None], [0]).actions)
        frame, _, terminated, truncated, _ = game.step(action[0])
        actions.append(action[0])
        over = terminated or truncated
    game.close()
    assert len(actions) > 32  # the window slid
    assert len(np.unique(actions, axis=0)) > 10


def test_the_file_says_what_it_is_and_nothing_of_where_it_was_made(exported: Exported) -> None:
    model = onnx.load(exported.file)
    assert [(one.domain, one.version) for one in model.opset_import] == [("", 18)]
    assert {node.domain for node in model.graph.node} == {""}
    assert not {node.op_type for node in model.graph.node} & {"Dropout", "BatchNormalization", "If", "Loop"}
    assert not re.search(rb"\.py|stack_trace|torch", exported.file.read_bytes())
    about = exported.session().get_modelmeta().custom_metadata_map
    assert about["sha256"] == hub.sha256(exported.folder)
    assert about["schema"] == "gamepad-v1"
    assert json.loads(about["components"]) == dict(zip(COMPONENTS, SIZES, strict=True))
    assert (about["steps_per_second"], about["image_size"], about["context"]) == ("10", "64", "32")
    assert json.loads(about["config"]) == exported.policy.config
    for value in (*exported.session().get_inputs(), *exported.session().get_outputs()):
        assert value.shape[0] == "games"


def test_weights_that_fit_into_half_precision_are_stored_in_it(exported: Exported) -> None:
    weights = (exported.folder / WEIGHTS).stat().st_size  # float32
    share = exported.file.stat().st_size / weights
    assert 0.5 < share < 0.55 if exported.policy.past_actions else 1 < share < 1.05


def test_nothing_is_overwritten(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    before = exported.file.read_bytes()
    assert padzoo("export", exported.folder, "--format", "onnx", "--out", exported.file.parent) == 2
    message = f"padzoo: error: {exported.file}: exists already; weights are never overwritten\n"
    assert capsys.readouterr().err == message
    assert exported.file.read_bytes() == before


@pytest.mark.parametrize(("factor", "difference"), [(1.01, r"\d"), (np.nan, "nan")])
def test_a_file_that_computes_something_else_is_not_kept(
    factor: float, difference: str, exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = onnx.load(exported.file)
    (norm,) = (tensor for tensor in model.graph.initializer if tensor.name == "policy.trunk.norm.weight")
    changed = onnx.numpy_helper.to_array(norm) * np.float32(factor)
    norm.CopyFrom(onnx.numpy_helper.from_array(changed, norm.name))
    monkeypatch.setattr(onnx_export, "_convert", lambda _: model)
    message = f"model.onnx: as ONNX it computes numbers that differ from PyTorch's by up to {difference}"
    with pytest.raises(ValueError, match=message):
        export_onnx(exported.policy, "", tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_example_for_engines_plays(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "engines.md").read_text(), re.DOTALL)
    shown, pressed = iter(np.random.default_rng(0).integers(0, 256, (40, 64, 64, 3), dtype=np.uint8)), []
    left = iter(range(40))
    world = {"look": lambda: next(shown), "press": pressed.append, "playing": lambda: next(left, None) is not None}
    monkeypatch.chdir(exported.file.parent)
    exec(example, world)
    assert len(pressed) == 40
    assert all((action >= 0).all() and (action < SIZES).all() for action in pressed)
