"""`padzoo prefer`: preferences between recorded trajectories."""

import os
from pathlib import Path
from typing import Final

from padzoo.core.atomic import check_writable
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.chat_judge import ChatJudge
from padzoo.datamodules.judges.command_judge import CommandJudge
from padzoo.datamodules.judges.judge import Judge, compare
from padzoo.datamodules.judges.pairs import Pairs, choose_pairs
from padzoo.datamodules.sets.shard_set import ShardSet

KEY: Final = "PADZOO_JUDGE_KEY"


def prefer(
    folder: str,
    comparisons: int,
    out: str,
    criterion: str | None = None,
    reward: str | None = None,
    judge: str | None = None,
    seed: int = 0,
    pairs: Pairs = "all",
    prompt: str = "Which clip is better?",
    model: str | None = None,
    frames: int = 9,
    timeout: float = 60.0,
) -> None:
    """Compares pairs of trajectories, by a criterion, a reward model or a judge.

    Args:
        folder: Folder of trajectories.
        comparisons: How many. Ties and abstentions give no preference.
        out: File to write, one JSON line per preference.
        criterion: `left`, `middle` or `right` (that pad, then another pad, then none; then the shorter one); a dotted
            path to a function that ranks a trajectory's summary; or one to a class that judges pairs, by their frames
            if it likes.
        reward: A reward model: a `.ckpt`, a folder of weights or a name of the zoo.
        judge: A program, which gets JSON lines and answers with JSON lines; or the `http://` address of a
            chat-completions interface, whose user's key is in `PADZOO_JUDGE_KEY`.
        seed: Seed of the choice.
        pairs: `all` pairs of M random trajectories, as in the paper, M(M-1)/2 the nearest to the number; or so many
            `random` pairs of all trajectories, from which a reward model learns more.
        prompt: For a judge: what is better, in words; `@FILE` takes the text of a file.
        model: For a chat-completions interface: the model's name.
        frames: For a chat-completions interface: frames of each clip that are shown.
        timeout: For a judge: seconds that an answer may take.

    Raises:
        ValueError: If `out` cannot be written, not exactly one of a criterion, a reward model and a judge is given, or
            no pair has a winner.
    """
    check_writable(out)
    given = [value for value in (criterion, reward, judge) if value is not None]
    if len(given) != 1:
        raise ValueError("prefer: allowed: exactly one of --criterion, --reward and --judge")
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
    chosen = choose_pairs(len(trajectories), comparisons, seed, pairs)
    found, verdicts = compare(trajectories, chosen, name, asked)
    preference.write(out, found)
    undecided = f" ({verdicts['tie']} ties, {verdicts['abstain']} abstentions)" if len(found) < verdicts.total() else ""
    print(f"{len(found)} preferences in {out}{undecided}")
    if isinstance(asked, ChatJudge):
        print(asked.bill)


def _reward_judge(ref: str) -> Judge:
    from padzoo.commands.device import find_device  # torch takes seconds to import
    from padzoo.zoo import hub
    from padzoo.zoo.play.reward_judge import RewardJudge

    return RewardJudge(hub.load(ref, "reward").to(find_device("auto")))
