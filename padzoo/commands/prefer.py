"""`padzoo prefer`: preferences between recorded trajectories."""

import os
from collections.abc import Sequence
from dataclasses import replace
from math import comb
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from padzoo.core.atomic import check_writable, reserved
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.chat_judge import ChatJudge
from padzoo.datamodules.judges.command_judge import CommandJudge
from padzoo.datamodules.judges.criterion import Criterion
from padzoo.datamodules.judges.groups import choose_groups
from padzoo.datamodules.judges.judge import Judge, compare, find_judge
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.pairs import Pairs, choose_pairs
from padzoo.datamodules.judges.preference import Preference
from padzoo.datamodules.judges.uncertain_pairs import compare_uncertain
from padzoo.datamodules.sets.shard_set import ShardSet

Choose = Literal["random", "all", "disagreement"]
KEY: Final = "PADZOO_JUDGE_KEY"
QUESTION: Final = "Which clip is better?"
FRAMES: Final = 9
SECONDS: Final = 60.0


def prefer(
    folder: str,
    out: str,
    comparisons: int | None = None,
    criterion: str | None = None,
    reward: str | None = None,
    judge: str | None = None,
    seed: int = 0,
    choose: Choose = "random",
    pairs: Pairs | None = None,
    ways: int = 2,
    prompt: str | None = None,
    model: str | None = None,
    frames: int | None = None,
    timeout: float | None = None,
) -> None:
    """Compares trajectories, by a criterion, a reward model or a judge.

    Args:
        folder: Folder of trajectories.
        out: File to write, one JSON line per preference, or per ranking of more than two trajectories.
        comparisons: How many. Ties and abstentions give no preference.
        criterion: `left`, `middle` or `right` (that pad, then another pad, then none; then the shorter one); a dotted
            path to a function that ranks a trajectory's summary; or one to a class that ranks trajectories, by their
            frames if it likes.
        reward: A reward model: a `.ckpt`, a folder of weights or a name of the zoo.
        judge: A program, which gets JSON lines and answers with JSON lines; or the `http://` address of a
            chat-completions interface, whose user's key is in `PADZOO_JUDGE_KEY`.
        seed: Seed of the choice.
        choose: What is compared: `random`, as `pairs` says; `all`, every pair of the folder; or those pairs on which an
            ensemble of small models of the comparisons so far has the most `disagreement`.
        pairs: For a random choice: `all` pairs of M random trajectories, as in the paper, M(M-1)/2 the nearest to the
            number, which is so if left out; or so many `random` pairs of all trajectories, from which a reward model
            learns more.
        ways: How many trajectories are ranked at a time, 2 to 5. N make N(N-1)/2 comparisons; more than two are drawn
            at random, and their file is one of judgements, as of `padzoo label`.
        prompt: For a judge: what is better, in words; `@FILE` takes the text of a file. If left out, it is asked which
            clip is better.
        model: For a chat-completions interface: the model's name.
        frames: For a chat-completions interface: frames of each clip that are shown, 9 if left out.
        timeout: For a judge: seconds that an answer may take, 60 if left out.

    Raises:
        ValueError: If `out` cannot be written, not exactly one of a criterion, a reward model and a judge is given, an
            option has no meaning with that choice, or no pair has a winner.
    """
    check_writable(out)
    given = [value for value in (criterion, reward, judge) if value is not None]
    if len(given) != 1:
        raise ValueError("prefer: allowed: exactly one of --criterion, --reward and --judge")
    _check_choice(choose, comparisons, seed, pairs, ways)
    chat = judge is not None and judge.startswith(("http://", "https://"))
    _check_judge(judge, chat, {"model": model, "frames": frames}, {"prompt": prompt, "timeout": timeout})
    trajectories = ShardSet(folder)
    asked: Judge | None = None
    if reward is not None:
        asked = _reward_judge(reward)
    elif judge is not None:
        wording = QUESTION if prompt is None else prompt
        wording = Path(wording[1:]).read_text().strip() if wording.startswith("@") else wording
        wait = SECONDS if timeout is None else timeout
        if model is not None:
            asked = ChatJudge(judge, model, wording, FRAMES if frames is None else frames, wait, os.environ.get(KEY))
        else:
            asked = CommandJudge(judge, wording, wait)
    name = model if isinstance(asked, ChatJudge) and model else given[0]
    count = comb(len(trajectories), 2) if comparisons is None else comparisons
    with reserved(out):
        if choose == "disagreement":
            found = compare_uncertain(trajectories, count, name, asked, seed)
        elif ways == 2:
            found = compare(trajectories, choose_pairs(len(trajectories), count, seed, pairs or "all"), name, asked)
        else:
            found = compare(trajectories, choose_groups(len(trajectories), count, ways, seed), name, asked)
        won = [each for judged in found for each in preference.preferences(judged)]
        preference.write(out, _with_categories(won, trajectories, criterion) if ways == 2 else found)
    print(f"{len(won)} preferences in {out}{_undecided(found)}")
    if isinstance(asked, ChatJudge):
        print(asked.bill)


def _check_choice(choose: Choose, comparisons: int | None, seed: int, pairs: Pairs | None, ways: int) -> None:
    """Refuses what a choice would ignore."""
    if choose != "random" and pairs is not None:
        raise ValueError(f"--pairs {pairs}: allowed with --choose random")
    if choose != "all" and comparisons is None:
        raise ValueError(f"--choose {choose}: allowed with --comparisons, how many; --choose all compares every pair")
    if choose == "all" and (comparisons is not None or seed):
        given = f"--comparisons {comparisons}" if comparisons is not None else f"--seed {seed}"
        raise ValueError(f"{given}: allowed with --choose random or disagreement; all compares every pair")
    if ways != 2 and (choose != "random" or pairs is not None):
        given = f"--choose {choose}" if choose != "random" else f"--pairs {pairs}"
        raise ValueError(f"{given}: allowed with --ways 2; --ways {ways} draws at random")


def _check_judge(judge: str | None, chat: bool, talks: dict[str, Any], asks: dict[str, Any]) -> None:
    """Refuses options that need a judge, or a chat-completions interface, where there is none, and one without a model.

    Args:
        judge: The judge.
        chat: Whether it is a chat-completions interface.
        talks: What such a one is told, by flag; None if left out.
        asks: What any judge is.
    """
    for name, value in talks.items() if not chat else ():
        if value is not None:
            raise ValueError(f"--{name} {value}: allowed with a chat-completions interface, --judge http://...")
    for name, value in asks.items() if judge is None else ():
        if value is not None:
            raise ValueError(f"--{name} {value}: allowed with --judge")
    if chat and talks["model"] is None:
        raise ValueError("--model: a chat-completions interface needs the name of its model")


def _with_categories(won: Sequence[Preference], trajectories: ShardSet, criterion: str | None) -> Sequence[Preference]:
    """Notes of each preference whether both trajectories are of one category, if it was a criterion that has some."""
    judge = None if criterion is None else find_judge(criterion)
    if not isinstance(judge, Criterion):
        return won
    rows = [[trajectories.rows[key] for key in (each.winner, each.loser)] for each in won]
    alike = judge.same_category(trajectories, np.array(rows, dtype=np.int64).reshape(-1, 2))
    return [replace(each, same_category=same) for each, same in zip(won, alike, strict=True)]


def _undecided(judgements: Sequence[Judgement]) -> str:
    ties = sum(tie for each in judgements for _, _, tie in each.pairs)
    abstentions = sum(each.state == "skipped" for each in judgements)
    return f" ({ties} ties, {abstentions} abstentions)" if ties or abstentions else ""


def _reward_judge(ref: str) -> Judge:
    from padzoo.commands.device import find_device  # torch takes seconds to import
    from padzoo.zoo import hub
    from padzoo.zoo.play.reward_judge import RewardJudge

    return RewardJudge(hub.load(ref, "reward").to(find_device("auto")))
