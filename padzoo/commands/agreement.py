"""`padzoo agreement`: how far labellers agree, how fast they are, and whether places matter to them."""

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from padzoo.datamodules.judges import agreement as measures
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.agreement import Comparison, Share, Truth
from padzoo.datamodules.judges.judge import compare
from padzoo.datamodules.judges.judgement import Judgement, standing
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.labelling.desk import Progress

Said = Mapping[str, Sequence[Comparison]]  # by labeller


def agreement(
    files: list[str], folder: str | None = None, criterion: str | None = None, rewards: str | None = None
) -> None:
    """Prints how far labellers agree with themselves, with each other, and with a criterion or a reward model.

    All shares are of pairs that both sides order, with 95 % intervals that respect that the pairs of a round depend on
    each other. Krippendorff's alpha takes ties into account.

    Args:
        files: What `padzoo label` or `padzoo prefer` wrote.
        folder: Folder of the trajectories, for a criterion.
        criterion: A criterion to compare labellers with, as of `padzoo prefer`.
        rewards: The `rewards.json` of a `padzoo score`, to compare labellers with a reward model.

    Raises:
        ValueError: If a file is none of judgements, or the clips are not those of the folder or the rewards.
    """
    if (folder is None) != (criterion is None):
        raise ValueError("--folder and --criterion: allowed: both or neither")
    records = [record for file in files for _, record in preference.records(file)]
    known = measures.comparisons(records)
    said: dict[str, list[Comparison]] = {}
    for each in known:
        said.setdefault(each.who, []).append(each)
    console = Console()
    console.print(_pace([each for each in records if isinstance(each, Judgement)], said))
    console.print(_within(said))
    if len(said) > 1:
        console.print(_between(said))
    truths: dict[str, Truth] = {}
    if folder is not None and criterion is not None:
        truths[criterion] = _criterion(folder, criterion, {each.pair for each in known})
    if rewards is not None:
        truths[rewards] = _rewards(rewards, {each.pair for each in known})
    if truths:
        console.print(_truth(said, truths))


def _pace(records: Sequence[Judgement], said: Said) -> Table:
    table = Table("labeller", "rounds", "skipped", "comparisons", "ties", "s a round, of the last 20")
    standing_ = standing(records)
    for who in dict.fromkeys([*said, *(judged.who for judged in standing_)]):  # some have only skipped
        each = said.get(who, [])
        done = Progress.of([judged for judged in standing_ if judged.who == who])
        pace = "-" if done.seconds is None else f"{done.seconds:.1f}"
        counts = (done.rounds or len(each), done.skipped, sum(1 for one in each if one.verdict), done.ties)
        table.add_row(escape(who), *map(str, counts), pace)
    return table


def _within(said: Said) -> Table:
    table = Table("labeller", "orders two clips as before, %", "the clip further left wins, %")
    for who, each in said.items():
        table.add_row(escape(who), _text(measures.self_agreement(each)), _text(measures.leftmost(each)))
    return table


def _between(said: Said) -> Table:
    alpha = measures.alpha(said)
    shares = {pair: measures.agreement(said[pair[0]], said[pair[1]]) for pair in combinations(said, 2)}
    title = "no pair was compared by two labellers; padzoo label --shared 0.2 shows what others ranked"
    if any(shares.values()):
        title = "Krippendorff's alpha is not defined: all said the same of every pair"
    if alpha is not None:
        title = f"Krippendorff's alpha {alpha} of {alpha.pairs} pairs"
    table = Table("labeller", "labeller", "pairs", "alike, %", title=title)
    for (one, other), share in shares.items():
        table.add_row(escape(one), escape(other), str(share.count if share else 0), _text(share))
    return table


def _truth(said: Said, truths: Mapping[str, Truth]) -> Table:
    table = Table("labeller", "compared with", "pairs", "alike, %")
    for who, each in said.items():
        for name, truth in truths.items():
            share = measures.accuracy(each, truth)
            table.add_row(escape(who), escape(name), str(share.count if share else 0), _text(share))
    return table


def _criterion(folder: str, name: str, pairs: set[tuple[str, str]]) -> Truth:
    trajectories = ShardSet(folder)
    if strangers := {key for pair in pairs for key in pair} - trajectories.rows.keys():
        raise ValueError(f"--folder {folder}: no trajectory {min(strangers)!r}")
    listed = sorted(pairs)
    rows = np.array([[trajectories.rows[key] for key in pair] for pair in listed], dtype=np.int64).reshape(-1, 2)
    judged = compare(trajectories, rows, name)
    won = {(one, other) for each in judged for one, other, tie in each.pairs if not tie}
    return lambda first, second: ((first, second) in won) - ((second, first) in won)


def _rewards(file: str, pairs: set[tuple[str, str]]) -> Truth:
    try:
        found = {key: float(reward) for key, reward in json.loads(Path(file).read_text()).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"--rewards {file}: {error}; allowed: the rewards.json of a padzoo score") from None
    if strangers := {key for pair in pairs for key in pair} - found.keys():
        raise ValueError(f"--rewards {file}: no trajectory {min(strangers)!r}")
    return lambda first, second: (found[first] > found[second]) - (found[first] < found[second])


def _text(share: Share | None) -> str:
    return "-" if share is None else str(share)
