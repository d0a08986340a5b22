"""What a step of an exported policy costs and how exact it is: `python benchmarks/export.py [REF ...]` prints tables.

* Speed, untrained networks of every size, one game, one thread, full windows: ONNX Runtime on the exported file against
  the agent (which also stores the frame as JPEG and reads it again, and computes four rows where one is asked for, so
  that its numbers do not depend on the batch), and against the same step in PyTorch, one row and no JPEG.
* Exactness, on episodes that the given policies play on the launch island: the logits of the file against PyTorch's;
  and what changes if an engine shows pictures as they are, where the policy was trained on stored ones.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from padzoo.core import codec
from padzoo.core.episode import Episode, episodes
from padzoo.core.provenance import origin
from padzoo.envs.adapter import make
from padzoo.envs.game import Game
from padzoo.zoo import hub
from padzoo.zoo.nets.act_step import ActStep
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import SIZES, Policy
from padzoo.zoo.play.agent import Agent
from padzoo.zoo.play.onnx import export_onnx

ROUNDS = 5
STEPS = 20  # a round
EPISODES = 20
Step = Callable[[NDArray[np.uint8]], None]


class Player:
    """One game played with the exported file.

    Args:
        file: The file.
        policy: What it was made from.
    """

    def __init__(self, file: Path, policy: Policy) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(file, options)
        self.state = {name: value.numpy() for name, value in ActStep(policy).start(1).items()}

    def step(self, frame: NDArray[np.uint8], uniform: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Returns the action `(16,)` and the logits `(68,)`."""
        inputs = {"frame": frame[None], "uniform": uniform[None], "temperature": np.ones(1, np.float32)}
        action, logits, *values = self.session.run(None, inputs | self.state)
        self.state = dict(zip(self.state, values, strict=True))
        return action[0], logits[0]


def agent_step(policy: Policy) -> Step:
    """The project's own way to act."""
    agent = Agent(policy)
    agent.reset([0], episodes(0, 1))

    def step(frame: NDArray[np.uint8]) -> None:
        agent.act(frame[None], [0])

    return step


def torch_step(policy: Policy) -> Step:
    """What is exported, in PyTorch."""
    net = ActStep(policy).eval()
    state = list(net.start(1).values())

    @torch.inference_mode()
    def step(frame: NDArray[np.uint8]) -> None:
        _, _, *state[:] = net(torch.from_numpy(frame)[None], torch.rand(1, 16), torch.ones(1), *state)

    return step


def onnx_step(file: Path, policy: Policy) -> Step:
    """What is exported, in ONNX Runtime."""
    player, rng = Player(file, policy), np.random.default_rng(0)

    def step(frame: NDArray[np.uint8]) -> None:
        player.step(frame, rng.random(16, dtype=np.float32))

    return step


def milliseconds(step: Step, frames: NDArray[np.uint8]) -> float:
    """Returns the median time of a step."""
    times = []
    for frame in frames:
        start = time.perf_counter()
        step(frame)
        times.append(time.perf_counter() - start)
    return 1e3 * median(times)


def cell(values: list[float], form: str) -> str:
    """Formats median, least and greatest."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def speed(folder: Path) -> None:
    """Measures a step at every size in rounds, the ways in turn, and prints the table."""
    print("| size | file, MB | agent, ms | PyTorch, ms | ONNX, ms | agent / ONNX | PyTorch / ONNX | 100 ms / ONNX |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in SIZES:
        policy = Policy(size).eval()
        file = folder / f"{size}.onnx"
        export_onnx(policy, "", file)
        small = np.random.default_rng(0).integers(0, 256, (policy.context, 8, 8, 3), dtype=np.uint8)
        frames = small.repeat(policy.image_size // 8, axis=1).repeat(policy.image_size // 8, axis=2)
        steps = (agent_step(policy), torch_step(policy), onnx_step(file, policy))
        for step in steps:  # fills the window
            milliseconds(step, frames)
        rounds = [[milliseconds(step, frames[:STEPS]) for step in steps] for _ in range(ROUNDS)]
        agent, eager, onnx = map(list, zip(*rounds, strict=True))
        ratios = [[one / other for one, other in zip(way, onnx, strict=True)] for way in (agent, eager, [100] * ROUNDS)]
        cells = [cell(way, ".2f") for way in (agent, eager, onnx)] + [cell(ratio, ".1f") for ratio in ratios]
        print(f"| `{size}` | {file.stat().st_size / 1e6:.1f} | {' | '.join(cells)} |")


@torch.inference_mode()
def exactness(ref: str, file: Path) -> str:
    """Plays episodes with a policy's exported file and returns the table's row."""
    policy = hub.load(ref, "policy")
    game = make("padzoo/LaunchIsland-v0", size=policy.image_size)
    steps, errors, same, divergences = 0, [], [], []
    for episode in episodes(0, EPISODES, options=Game().starts):
        frames, uniform, actions, logits = played(policy, game, episode, file)
        seen, chosen = torch.from_numpy(codec.roundtrip(frames)), torch.from_numpy(actions)
        stored = policy.head(policy.window_features(seen, chosen))
        raw = GamepadDistribution(policy.head(policy.window_features(torch.from_numpy(frames), chosen)))
        errors.append(float((stored - torch.from_numpy(logits)).abs().max()))
        divergences.append(GamepadDistribution(stored).kl(raw).mean())
        same.append((raw.sample(torch.from_numpy(uniform)) == chosen).all(-1).float().mean())
        steps += len(frames)
    game.close()
    lost = f"{float(torch.stack(same).mean()):.1%} | {float(torch.stack(divergences).mean()):.1e}"
    return f"| `{ref}` | {steps} | {max(errors):.1e} | {float(stored.std()):.1f} | {lost} |"


def played(policy: Policy, game: Any, episode: Episode, file: Path) -> tuple[NDArray[Any], ...]:
    """Plays an episode with the file, asking the agent too; returns frames, random numbers, actions and logits."""
    agent, player, random = Agent(policy), Player(file, policy), np.random.default_rng((0, episode.start.seed))
    agent.reset([0], [episode])
    frame, _ = game.reset(seed=episode.start.seed, options=dict(episode.start.options))
    steps: list[tuple[Any, ...]] = []
    over = False
    while not over:
        uniform = random.random(16, dtype=np.float32)
        action, logits = player.step(codec.roundtrip(frame), uniform)
        assert np.array_equal(action, agent.act(frame[None], [0]).actions[0]), f"another action at step {len(steps)}"
        steps.append((frame, uniform, action, logits))
        frame, _, terminated, truncated, _ = game.step(action)
        over = terminated or truncated
    return tuple(np.stack(values) for values in zip(*steps, strict=True))


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policies", nargs="*", metavar="REF", help="policies whose exactness is measured")
    policies = parser.parse_args().policies
    torch.set_num_threads(1)
    print(f"# Exported policies\n\n{origin()}")
    print(f"onnxruntime {version('onnxruntime')}, onnx {version('onnx')}; one thread.\n\n## Speed\n")
    with tempfile.TemporaryDirectory() as folder:
        speed(Path(folder))
        if not policies:
            return
        print(f"\n## Exactness\n\n{EPISODES} episodes of the launch island each, every action as the agent's.\n")
        print("| policy | steps | largest error of a logit | their deviation | same actions, raw | KL to raw, nats |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for number, ref in enumerate(policies):
            file = Path(folder) / f"{number}.onnx"
            export_onnx(hub.load(ref, "policy"), hub.sha256(ref), file)
            print(exactness(ref, file))


if __name__ == "__main__":
    main()
