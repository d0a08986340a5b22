from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box
from numpy.typing import NDArray

from padzoo.core.episode import Episode, Start
from padzoo.core.errors import GameCrashed
from padzoo.core.gamepad import action_space
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.envs.game_pool import GamePool
from padzoo.envs.play import play
from padzoo.envs.rollout import Rollout
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.play.agent import Agent, thoughts

EPISODES = [Episode(Start(seed, {"spawn": seed % 4})) for seed in range(40, 51)]


class Drift(gymnasium.Env[NDArray[np.uint8], NDArray[np.int64]]):
    """A light that the left stick moves; the episode ends by chance, by actions, or after 40 steps."""

    observation_space = Box(0, 255, (64, 64, 3), np.uint8)
    action_space = action_space()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        super().reset(seed=seed)
        self.seed, self.spawn, self.clock = seed, (options or {})["spawn"], 0
        self.color = self.np_random.integers(60, 256, 3)
        self.place = self.np_random.uniform(20, 44, 2)
        return self._look(), self._info("none")

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        self.clock += 1
        self.place = (self.place + (action[12:14] - 5) + self.np_random.normal(0, 1, 2)) % 64
        if self.seed == 44 and self.clock == 3:
            raise GameCrashed("the game died")
        lucky = self.clock > 3 and bool(self.np_random.random() < 0.02 + 0.05 * action[0])
        info = self._info("left" if lucky else "none")
        return self._look(), float(lucky), lucky, self.clock == 40, info

    def _look(self) -> NDArray[np.uint8]:
        y, x = np.mgrid[0:64, 0:64]
        distance = np.hypot(x - self.place[0], y - self.place[1])[..., None]
        return (self.color * np.exp(-distance / 20)).astype(np.uint8)

    def _info(self, outcome: str) -> dict[str, Any]:
        position = self.place.astype(np.float32)
        return {"outcome": outcome, "position": position, "heading": 90.0, "spawn": self.spawn}


@pytest.fixture(scope="module")
def policy() -> Policy:
    torch.manual_seed(0)
    policy = Policy("tiny").eval()
    with torch.no_grad():
        policy.head[2].weight.mul_(100)
    return policy


@pytest.fixture(scope="module")
def rollouts(policy: Policy) -> list[Rollout]:
    with GamePool(Drift, 3) as pool:
        return list(play(Agent(policy, seed=1, name="tester"), pool, EPISODES))


@pytest.mark.parametrize("games", [1, 8, 16])
def test_what_is_played_does_not_depend_on_the_number_of_games(
    games: int, policy: Policy, rollouts: list[Rollout]
) -> None:
    with GamePool(Drift, games) as pool:
        again = list(play(Agent(policy, seed=1), pool, EPISODES))
    assert [one.episode for one in again] == [one.episode for one in rollouts] == EPISODES
    for one, other in zip(again, rollouts, strict=True):
        assert one.crashed == other.crashed
        if not one.crashed:
            assert np.array_equal(one.trajectory.actions, other.trajectory.actions)
            assert np.array_equal(one.trajectory.frames, other.trajectory.frames)
            torch.testing.assert_close(thoughts(one).features, thoughts(other).features, atol=1e-5, rtol=0)


def test_a_rollout_is_what_the_game_does_under_its_actions(rollouts: list[Rollout]) -> None:
    lengths = set()
    for rollout in rollouts:
        if rollout.crashed:
            continue
        game, trajectory = Drift(), rollout.trajectory
        _, info = game.reset(seed=rollout.episode.start.seed, options=dict(rollout.episode.start.options))
        positions, rewards, over = [], [], False
        for action in trajectory.actions:
            assert not over
            positions.append([*info["position"], info["heading"]])
            _, reward, terminated, truncated, info = game.step(action)
            rewards.append(reward)
            over = terminated or truncated
        assert over
        assert trajectory.positions is not None
        assert np.array_equal(trajectory.positions, positions)
        assert rollout.episode_return == sum(rewards)
        assert rollout.outcome == info["outcome"]
        assert trajectory.meta == {
            "seed": rollout.episode.start.seed,
            "outcome": info["outcome"],
            "player": "tester",
            **rollout.episode.start.options,
        }
        lengths.add(len(trajectory))
    assert len(lengths) > 3  # or the order of refilling was never put to the test
    assert max(lengths) > 32


@torch.no_grad()
def test_features_are_the_policys(policy: Policy, rollouts: list[Rollout]) -> None:
    longest = max((rollout for rollout in rollouts if not rollout.crashed), key=lambda one: len(one.trajectory))
    frames = torch.from_numpy(longest.trajectory.frames)
    torch.testing.assert_close(thoughts(longest).features, policy.window_features(frames), atol=1e-5, rtol=0)


def test_features_can_be_trained_on(policy: Policy, rollouts: list[Rollout]) -> None:
    loss = policy.head(thoughts(rollouts[0]).features).sum()
    loss.backward()
    assert policy.head[0].weight.grad is not None
    policy.zero_grad()


def test_storing_gives_back_the_frames_that_were_acted_on(rollouts: list[Rollout], tmp_path: Path) -> None:
    played = [rollout for rollout in rollouts if not rollout.crashed]
    with ShardWriter(tmp_path / "set", source={}) as writer:
        for rollout in played:
            writer.write(rollout.record)
    for stored, rollout in zip(ShardSet(tmp_path / "set"), played, strict=True):
        assert stored.key == rollout.trajectory.key
        assert np.array_equal(stored.frames, rollout.trajectory.frames)


def test_a_crashed_episode_is_told_and_the_others_go_on(rollouts: list[Rollout]) -> None:
    assert [rollout.episode.start.seed for rollout in rollouts if rollout.crashed] == [44]


def test_endless_episodes_can_be_left_and_the_pool_used_again(policy: Policy, rollouts: list[Rollout]) -> None:
    def endless() -> Iterator[Episode]:
        return (Episode(Start(seed, {"spawn": seed % 4})) for seed in count(40))

    with GamePool(Drift, 4) as pool:
        for _ in range(2):
            first = list(islice(play(Agent(policy, seed=1), pool, endless()), 3))
            for one, other in zip(first, rollouts, strict=False):
                assert np.array_equal(one.trajectory.actions, other.trajectory.actions)


def test_a_games_complaint_reaches_the_caller(policy: Policy) -> None:
    with GamePool(Drift, 4) as pool:
        with pytest.raises(KeyError, match="spawn"):
            list(play(Agent(policy), pool, [Episode(Start(seed)) for seed in range(4)]))
        rollouts = list(play(Agent(policy), pool, EPISODES[:2]))
    assert len(rollouts) == 2


class Restless(Drift):
    """It tells its place in a list that the next step changes."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        self.steps = [0.0, 0.0]
        frame, info = super().reset(seed=seed, options=options)
        return frame, info | {"position": self.steps}

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        self.steps[0] += 1
        frame, reward, terminated, truncated, info = super().step(action)
        return frame, reward, terminated, truncated, info | {"position": self.steps}


def test_places_are_those_of_before_the_next_step(policy: Policy) -> None:
    with GamePool(Restless, 2) as pool:
        for rollout in play(Agent(policy), pool, EPISODES[:3]):
            assert rollout.positions is not None
            assert rollout.positions[:, 0].tolist() == list(range(len(rollout)))


def test_after_ctrl_c_the_games_play_again(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    with GamePool(Drift, 2) as pool:
        waited, wait = count(), pool.wait

        def interrupted(game: int) -> Any:
            if next(waited) == 7:
                raise KeyboardInterrupt
            return wait(game)

        monkeypatch.setattr(pool, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(play(Agent(policy), pool, EPISODES[:3]))
        assert len(list(play(Agent(policy), pool, EPISODES[:3]))) == 3
