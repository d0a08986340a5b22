"""Episodes that a policy plays for a command, in one process or in several at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from padzoo.commands.crew import in_turn
from padzoo.commands.device import find_device
from padzoo.core.episode import Episode, episodes
from padzoo.core.record import Record
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.learn.reward_ensemble import RewardEnsemble
from padzoo.zoo.play.agent import PRECISIONS, Agent, Precision


@dataclass(frozen=True)
class Played:
    """How an episode went.

    Args:
        number: Which start it had.
        outcome: How it ended; None if its game crashed.
        record: The episode as it is stored; None if its game crashed, or nothing is recorded.
        known: How an episode of this game can end, failure first.
    """

    number: int
    outcome: str | None
    record: Record | None
    known: tuple[str, ...]


@dataclass(frozen=True)
class Session:
    """Episodes that a policy plays; what is played does not depend on the number of processes.

    Python runs one thread at a time, and so games and network of one process keep little more than one core busy. Of P
    processes each plays every P-th start, in its share of the games, with a network of its own.

    Args:
        policy: The policy: a `.ckpt`, a folder of weights or a name of the zoo.
        game: What it plays.
        episodes: How many starts, those of `padzoo.core.episode.episodes`.
        games: Games played at once, in all processes together.
        seed: Seed of the starts and of the policy's draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        precision: Of the network.
        device: Where the network computes, as `find_device` knows it.
        best_of: How often every start is played, with other draws; the episode of the highest reward counts.
        rewards: The reward models whose mean chooses.
        records: Whether the episodes are wanted, and not only how they end.
    """

    policy: str
    game: Game
    episodes: int
    games: int
    seed: int = 0
    temperature: float = 1.0
    precision: Precision = "32-true"
    device: str = "auto"
    best_of: int = 1
    rewards: Sequence[str] = field(default_factory=list)
    records: bool = True

    def play(self, processes: int) -> Iterator[Played]:
        """Plays.

        Args:
            processes: How many play.

        Returns:
            How each start went, in their order.

        Raises:
            ValueError: If there are more processes than games or episodes, or something cannot be played.
            GameCrashed: If a game hangs and cannot be ended, or a process is gone.
        """
        most = max(1, min(self.games, self.episodes))
        if not 1 <= processes <= most:
            raise ValueError(f"--processes {processes}: allowed: 1 to {most}, a game and an episode each")
        return iter(self.share(0, 1)) if processes == 1 else in_turn(self.share, processes)

    def share(self, process: int, processes: int) -> Iterator[Played]:
        """Plays every n-th start.

        Args:
            process: Number of the first.
            processes: n.

        Yields:
            How each of them went.
        """
        starts = episodes(self.seed, self.episodes, options=self.game.starts)
        numbered = list(enumerate(starts))[process::processes]
        todo = [Episode(episode.start, draw) for _, episode in numbered for draw in range(self.best_of)]
        device = find_device(self.device)
        net = hub.load(self.policy, "policy").to(device, PRECISIONS[self.precision])
        rewards = RewardEnsemble(self.rewards, net, frozen=True, pessimism=0.0).to(device) if self.rewards else None
        games = len(range(process, self.games, processes)) if processes > 1 else self.games
        with Arena(self.game, net.image_size, games) as arena:
            rollouts = arena.play(Agent(net, temperature=self.temperature, seed=self.seed), todo)
            for rollout in rollouts if rewards is None else _best(rollouts, rewards):
                number = numbered[rollout.number // self.best_of][0]
                if rollout.crashed:
                    yield Played(number, None, None, arena.outcomes)
                    continue
                stored = replace(rollout, number=number * self.best_of + rollout.number % self.best_of)
                yield Played(number, rollout.outcome, stored.record if self.records else None, arena.outcomes)


def _best(rollouts: Iterable[Rollout], rewards: RewardEnsemble) -> Iterator[Rollout]:
    """Yields of every start the episode with the highest reward; a crashed one if all of them crashed."""
    for _, group in groupby(rollouts, lambda rollout: rollout.episode.start):
        every = list(group)
        played = [rollout for rollout in every if not rollout.crashed]
        yield played[int(rewards(played).argmax())] if played else every[0]
