"""Episodes that a policy plays for a command, in one process or in several at once."""

import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from torch.utils.data import IterableDataset, get_worker_info

from padzoo.commands.device import find_device
from padzoo.core.episode import Episode
from padzoo.core.errors import GameCrashed
from padzoo.core.record import Record
from padzoo.core.shared_memory import check_shared_memory
from padzoo.datamodules.loader import loader, lost_worker
from padzoo.envs.arena import Arena
from padzoo.envs.game import Game
from padzoo.envs.rollout import Rollout
from padzoo.zoo import hub
from padzoo.zoo.learn.reward_ensemble import RewardEnsemble
from padzoo.zoo.play.agent import PRECISIONS, Agent, Precision

SHARED: Final = 2**16  # bytes of a process's locks, a page each
AHEAD: Final = 64  # episodes that a process may be ahead of the others


@dataclass(frozen=True)
class Played:
    """How an episode went.

    Args:
        number: Which start it had.
        outcome: How it ended; None if its game crashed.
        record: The episode as it is stored; None if its game crashed.
        known: How an episode of this game can end, failure first.
    """

    number: int
    outcome: str | None
    record: Record | None
    known: tuple[str, ...]


@dataclass(frozen=True)
class Session(IterableDataset[Played | Exception]):
    """Episodes that a policy plays; what is played does not depend on the number of processes.

    Python runs one thread at a time, and so games and network of one process keep little more than one core busy. Of P
    processes each plays every P-th start, in its share of the games, with a network of its own.

    Args:
        policy: The policy: a `.ckpt`, a folder of weights or a name of the zoo.
        game: What it plays.
        starts: What to play.
        games: Games played at once, in all processes together.
        seed: Seed of the policy's draws.
        temperature: Softmax temperature of the actions; 0 takes the most likely.
        precision: Of the network.
        device: Where the network computes, as `find_device` knows it.
        best_of: How often every start is played, with other draws; the episode of the highest reward counts.
        rewards: The reward models whose mean chooses.
    """

    policy: str
    game: Game
    starts: Sequence[Episode]
    games: int
    seed: int = 0
    temperature: float = 1.0
    precision: Precision = "32-true"
    device: str = "auto"
    best_of: int = 1
    rewards: Sequence[str] = field(default_factory=list)

    def play(self, processes: int) -> Iterator[Played]:
        """Plays.

        Args:
            processes: How many play.

        Yields:
            How each start went, in their order.

        Raises:
            ValueError: If there are more processes than games, or something cannot be played.
            GameCrashed: If a game hangs and cannot be ended, or a process is gone.
        """
        if not 1 <= processes <= self.games:
            raise ValueError(f"--processes {processes}: allowed: 1 to {self.games}, one of the --games each")
        if processes == 1:
            yield from self._share(0, 1)
            return
        check_shared_memory(processes * SHARED, f"--processes {processes}", "--processes 1, ")
        try:
            items = iter(loader(self, processes, ahead=AHEAD, start_method="spawn"))  # takes turns among them
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # PyTorch's handler raises wherever we are, not here alone
            for item in items:
                if isinstance(item, Exception):
                    raise item
                yield item
        except (RuntimeError, EOFError) as error:
            if not lost_worker(error):
                raise
            raise GameCrashed(f"a process that plays is gone: {error}") from None

    def __iter__(self) -> Iterator[Played | Exception]:
        """Plays the share of a worker process of `DataLoader`; what goes wrong is its last item."""
        worker = get_worker_info()
        assert worker is not None
        try:
            yield from self._share(worker.id, worker.num_workers)
        except (ValueError, GameCrashed) as error:
            yield error

    def _share(self, process: int, processes: int) -> Iterator[Played]:
        numbered = list(enumerate(self.starts))[process::processes]
        todo = [Episode(episode.start, draw) for _, episode in numbered for draw in range(self.best_of)]
        device = find_device(self.device)
        net = hub.load(self.policy, "policy").to(device, PRECISIONS[self.precision])
        rewards = RewardEnsemble(self.rewards, net, frozen=True, pessimism=0.0).to(device) if self.rewards else None
        with Arena(self.game, net.image_size, len(range(process, self.games, processes))) as arena:
            rollouts = arena.play(Agent(net, temperature=self.temperature, seed=self.seed), todo)
            for rollout in rollouts if rewards is None else _best(rollouts, rewards):
                number = numbered[rollout.number // self.best_of][0]
                kept = replace(rollout, number=number * self.best_of + rollout.number % self.best_of)
                if rollout.crashed:
                    yield Played(number, None, None, arena.outcomes)
                else:
                    yield Played(number, rollout.outcome, kept.record, arena.outcomes)


def _best(rollouts: Iterable[Rollout], rewards: RewardEnsemble) -> Iterator[Rollout]:
    """Yields of every start the episode with the highest reward; a crashed one if all of them crashed."""
    for _, group in groupby(rollouts, lambda rollout: rollout.episode.start):
        every = list(group)
        played = [rollout for rollout in every if not rollout.crashed]
        yield played[int(rewards(played).argmax())] if played else every[0]
