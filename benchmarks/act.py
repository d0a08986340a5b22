"""How fast policies act, in ratios measured in one run: `python benchmarks/act.py` prints a table.

* `tiny` in 16 games of the launch island: episodes played, against the same episodes' actions given to the games alone,
  and the network alone on 16 frames at a time. If neither waited for the other nor shared a core with it, playing would
  take the sum of both times (the harmonic bound).
* `4m` with 16 games: the agent, which embeds a frame once and computes only the last step, in full windows, against
  computing all 32 frames anew at every step; and over whole episodes of 50 steps, against running the transformer on
  every window anew.
* `103m` alone on one thread, in the precision given: does it keep 10 decisions a second?
* `4m` with 16 games and `103m` alone with the trunk `streaming`, against the default, in turn: in full windows and over
  whole episodes.

Where there is a GPU the networks are on it.
"""

import argparse
import time
from collections.abc import Iterator
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from padzoo.core.episode import episodes
from padzoo.core.provenance import origin, peak_memory
from padzoo.envs.game import Game
from padzoo.envs.game_pool import GamePool
from padzoo.envs.play import play
from padzoo.envs.rollout import Rollout
from padzoo.zoo.nets.gamepad_distribution import GamepadDistribution
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.agent import PRECISIONS, Agent

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
GAMES = 16
Script = list[tuple[Rollout, NDArray[np.int64]]]
ROUNDS = 5
STEPS = 50  # of an episode; a fine-tuned agent's are about as long


def frames(policy: Policy, count: int) -> NDArray[np.uint8]:
    """Smooth pictures, which the codec handles as it does those of a game."""
    small = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    scale = policy.image_size // 8
    return small.repeat(scale, axis=1).repeat(scale, axis=2)


class WindowAgent(Agent):
    """Remembers embeddings alone: the transformer runs on every window anew."""

    def _grow(self, rows: Tensor, lengths: Tensor) -> Tensor:
        return self._slide(rows, lengths)


def episode_rate(agent: Agent, games: int) -> float:
    """Returns the decisions a second of an agent over episodes from their start."""
    rows, seen = range(games), frames(agent.policy, games)
    start = time.perf_counter()
    agent.reset(rows, episodes(0, games))
    for _ in range(STEPS):
        agent.act(seen, rows)
    return games * STEPS / (time.perf_counter() - start)


def agent_rate(policy: Policy, games: int, steps: int) -> float:
    """Returns the decisions a second of an agent whose windows are full."""
    agent, rows, seen = Agent(policy), range(games), frames(policy, games)
    agent.reset(rows, episodes(0, games))
    for _ in range(policy.context):
        agent.act(seen, rows)
    start = time.perf_counter()
    for _ in range(steps):
        agent.act(seen, rows)
    return games * steps / (time.perf_counter() - start)


@torch.inference_mode()
def naive_rate(policy: Policy, games: int, steps: int) -> float:
    """Returns the decisions a second of computing the whole window at every step."""
    seen = torch.from_numpy(frames(policy, games)).to(DEVICE)
    windows, uniform = seen[:, None].repeat(1, policy.context, 1, 1, 1), torch.rand(games, 16, device=DEVICE)
    start = time.perf_counter()
    for _ in range(steps):
        GamepadDistribution(policy(windows)[:, -1]).sample(uniform).cpu()
    return games * steps / (time.perf_counter() - start)


def played(policy: Policy, pool: GamePool, first: int) -> tuple[float, list[Rollout]]:
    """Returns the steps a second of playing episodes, and what was played."""
    todo = episodes(first, 2 * GAMES, options=Game().starts)
    start = time.perf_counter()
    rollouts = list(play(Agent(policy), pool, todo))
    return sum(len(r) for r in rollouts) / (time.perf_counter() - start), rollouts


def games_rate(pool: GamePool, rollouts: list[Rollout]) -> float:
    """Returns the steps a second of the same episodes when nobody has to think, each game at its own pace."""
    scripts = [rollouts[game::GAMES] for game in range(GAMES)]
    actions = {game: [(r, r.actions.astype(np.int64)) for r in scripts[game]] for game in range(GAMES)}
    start = time.perf_counter()
    waiting = {game: moves(pool, game, actions[game]) for game in range(GAMES)}
    while waiting:
        waiting = {game: script for game, script in waiting.items() if next(script, None) is not None}
    return sum(len(r) for r in rollouts) / (time.perf_counter() - start)


def moves(pool: GamePool, game: int, script: Script) -> Iterator[bool]:
    """Submits one game's calls one by one, each when asked to go on."""
    for rollout, actions in script:
        pool.reset(game, rollout.episode.start.seed, rollout.episode.start.options)
        yield True
        pool.wait(game)
        for action in actions:
            pool.step(game, action)
            yield True
            pool.wait(game)


def row(what: str, values: list[float], form: str = ",.0f") -> str:
    """Formats a row: median, least and greatest."""
    return f"| {what} | {median(values):{form}} | {min(values):{form}} to {max(values):{form}} |"


def compare(dtype: torch.dtype) -> None:
    """Measures in rounds and prints the tables.

    Args:
        dtype: What `103m` computes in.
    """
    tiny, middle, large = (Policy(size).to(DEVICE).eval() for size in ("tiny", "4m", "103m"))
    large.to(dtype)
    names = ("play", "games", "network", "cached", "naive", "episode", "windows", "large")
    rates: dict[str, list[float]] = {name: [] for name in names}
    with GamePool("padzoo/LaunchIsland-v0", GAMES, {"size": tiny.image_size}) as pool:
        played(tiny, pool, 1_000)
        for number in range(ROUNDS):
            rate, rollouts = played(tiny, pool, 2 * GAMES * number)
            rates["play"].append(rate)
            rates["games"].append(games_rate(pool, rollouts))
            rates["network"].append(agent_rate(tiny, GAMES, 100))
    for _ in range(ROUNDS):
        rates["cached"].append(agent_rate(middle, GAMES, 10))
        rates["naive"].append(naive_rate(middle, GAMES, 1))
        rates["episode"].append(episode_rate(Agent(middle), GAMES))
        rates["windows"].append(episode_rate(WindowAgent(middle), GAMES))
        rates["large"].append(agent_rate(large, 1, 30))
    print("| steps/s | median | least to greatest |\n| --- | --- | --- |")
    print(row("`tiny`, 16 games, playing", rates["play"]))
    print(row("the games alone", rates["games"]))
    print(row("the network alone", rates["network"]))
    print(row("`4m`, 16 games, agent", rates["cached"]))
    print(row("`4m`, 16 games, all 32 frames anew", rates["naive"]))
    print(row("`4m`, 16 games, agent over whole episodes", rates["episode"]))
    print(row("`4m`, 16 games, every window anew", rates["windows"]))
    print(row(f"`103m`, 1 game, {str(dtype)[6:]}", rates["large"], ".1f"))
    alone = zip(rates["games"], rates["network"], strict=True)
    bounds = [1 / (1 / games + 1 / network) for games, network in alone]
    print("\n| ratio | median | least to greatest | goal |\n| --- | --- | --- | --- |")
    shares = [one / bound for one, bound in zip(rates["play"], bounds, strict=True)]
    print(row("`tiny`, playing / harmonic bound", shares, ".2f") + " 0.60 |")
    gains = [one / other for one, other in zip(rates["cached"], rates["naive"], strict=True)]
    print(row("`4m`, agent / all 32 frames anew", gains, ".1f") + " 10 |")
    gains = [one / other for one, other in zip(rates["episode"], rates["windows"], strict=True)]
    print(row("`4m`, agent / every window anew", gains, ".2f") + " 1 |")
    print(row("`103m`, decisions a second / 10", [rate / 10 for rate in rates["large"]], ".2f") + " 1 |")
    print(f"\nPeak memory, three networks and the games' pictures: {peak_memory():.2f} GB.")


def compare_trunks(size: str, games: int, steps: int, dtype: torch.dtype) -> None:
    """Measures acting with either trunk in turn and prints a table."""
    trunks = ("gpt2", "streaming")
    policies = [Policy(size, trunk=trunk).to(DEVICE, dtype).eval() for trunk in trunks]
    full, whole = [], []  # a pair of rates a round
    for _ in range(ROUNDS):
        full.append([agent_rate(policy, games, steps) for policy in policies])
        whole.append([episode_rate(Agent(policy), games) for policy in policies])
    print(f"\n| `{size}`, {games} games, {str(dtype)[6:]}, steps/s | median | least to greatest |\n| --- | --- | --- |")
    for what, rounds in (("full windows", full), (f"whole episodes of {STEPS} steps", whole)):
        for trunk, rates in zip(trunks, zip(*rounds, strict=True), strict=True):
            print(row(f"`{trunk}`, {what}", [*rates], ",.1f"))
        print(row(f"`streaming` / `gpt2`, {what}", [stream / window for window, stream in rounds], ".2f"))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", default="bf16-true", choices=list(PRECISIONS), help="Of 103m.")
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"## Acting\n\n{origin()}")
    print(
        f"`python benchmarks/act.py --precision {given.precision}`: one thread, {ROUNDS} rounds, untrained networks\n"
    )
    compare(PRECISIONS[given.precision])
    compare_trunks("4m", GAMES, 10, torch.float32)
    compare_trunks("103m", 1, 30, PRECISIONS[given.precision])


if __name__ == "__main__":
    main()
