"""`padzoo prefer`: preferences between recorded trajectories."""

import os
from math import comb
from pathlib import Path
from typing import Final, Literal

from padzoo.core.atomic import check_writable
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.chat_judge import ChatJudge
from padzoo.datamodules.judges.command_judge import CommandJudge
from padzoo.datamodules.judges.judge import Judge, compare
from padzoo.datamodules.judges.pairs import Pairs, choose_pairs
from padzoo.datamodules.judges.uncertain_pairs import compare_uncertain
from padzoo.datamodules.sets.shard_set import ShardSet

Choose = Literal["random", "all", "disagreement"]
KEY: Final = "PADZOO_JUDGE_KEY"


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
    prompt: str = "Which clip is better?",
    model: str | None = None,
    frames: int = 9,
    timeout: float = 60.0,
) -> None:
    """Compares pairs of trajectories, by a criterion, a reward model or a judge.

    Args:
        folder: Folder of trajectories.
        out: File to write, one JSON line per preference.
        comparisons: How many. Ties and abstentions give no preference.
        criterion: `left`, `middle` or `right` (that pad, then another pad, then none; then the shorter one); a dotted
            path to a function that ranks a trajectory's summary; or one to a class that judges pairs, by their frames
            if it likes.
        reward: A reward model: a `.ckpt`, a folder of weights or a name of the zoo.
        judge: A program, which gets JSON lines and answers with JSON lines; or the `http://` address of a
            chat-completions interface, whose user's key is in `PADZOO_JUDGE_KEY`.
        seed: Seed of the choice.
        choose: What is compared: `random`, as `pairs` says; `all`, every pair of the folder; or those pairs on which an
            ensemble of small models of the comparisons so far has the most `disagreement`.
        pairs: For a random choice: `all` pairs of M random trajectories, as in the paper, M(M-1)/2 the nearest to the
            number, which is so if left out; or so many `random` pairs of all trajectories, from which a reward model
            learns more.
        prompt: For a judge: what is better, in words; `@FILE` takes the text of a file.
        model: For a chat-completions interface: the model's name.
        frames: For a chat-completions interface: frames of each clip that are shown.
        timeout: For a judge: seconds that an answer may take.

    Raises:
        ValueError: If `out` cannot be written, not exactly one of a criterion, a reward model and a judge is given, an
            option has no meaning with that choice, or no pair has a winner.
    """
    check_writable(out)
    given = [value for value in (criterion, reward, judge) if value is not None]
    if len(given) != 1:
        raise ValueError("prefer: allowed: exactly one of --criterion, --reward and --judge")
    _check_choice(choose, comparisons, seed, pairs)
    trajectories = ShardSet(folder)
    wording = Path(prompt[1:]).read_text().strip() if prompt.startswith("@") else prompt
    asked: Judge | None = None
    if reward is not None:
        asked = _reward_judge(reward)
    elif judge is not None and judge.startswith(("http://", "https://")):
        if model is None:
            raise ValueError("--model: allowed with a chat-completions interface: the name of its model")
        asked = ChatJudge(judge, model, wording, frames, timeout, os.environ.get(KEY))
    elif judge is not None:
        asked = CommandJudge(judge, wording, timeout)
    name = model if isinstance(asked, ChatJudge) and model else given[0]
    count = comb(len(trajectories), 2) if comparisons is None else comparisons
    if choose == "disagreement":
        found, verdicts = compare_uncertain(trajectories, count, name, asked, seed)
    else:
        chosen = choose_pairs(len(trajectories), count, seed, pairs or "all")
        found, verdicts = compare(trajectories, chosen, name, asked)
    preference.write(out, found)
    undecided = f" ({verdicts['tie']} ties, {verdicts['abstain']} abstentions)" if len(found) < verdicts.total() else ""
    print(f"{len(found)} preferences in {out}{undecided}")
    if isinstance(asked, ChatJudge):
        print(asked.bill)


def _check_choice(choose: Choose, comparisons: int | None, seed: int, pairs: Pairs | None) -> None:
    """Refuses what a choice would ignore."""
    if choose != "random" and pairs is not None:
        raise ValueError(f"--pairs {pairs}: allowed with --choose random")
    if choose != "all" and comparisons is None:
        raise ValueError(f"--choose {choose}: allowed with --comparisons, how many; --choose all compares every pair")
    if choose == "all" and (comparisons is not None or seed):
        given = f"--comparisons {comparisons}" if comparisons is not None else f"--seed {seed}"
        raise ValueError(f"{given}: allowed with --choose random or disagreement; all compares every pair")


def _reward_judge(ref: str) -> Judge:
    from padzoo.commands.device import find_device  # torch takes seconds to import
    from padzoo.zoo import hub
    from padzoo.zoo.play.reward_judge import RewardJudge

    return RewardJudge(hub.load(ref, "reward").to(find_device("auto")))
