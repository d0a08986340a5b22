"""`padzoo label`: rank clips on a page in the browser."""

import getpass
from contextlib import suppress
from pathlib import Path
from typing import Literal

from padzoo.core.atomic import check_writable
from padzoo.datamodules.judges.judgement import standing
from padzoo.datamodules.judges.judgement_file import JudgementFile
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.labelling.choice import Choice
from padzoo.labelling.clips import Clips
from padzoo.labelling.desk import Desk, Progress
from padzoo.labelling.disagreement import Disagreement
from padzoo.labelling.pages import Pages, check_name
from padzoo.labelling.server import Server


def label(
    folder: str,
    out: str,
    ways: int = 4,
    name: str | None = None,
    criterion: str = "Which clip is better?",
    choose: Literal["random", "disagreement"] = "random",
    repeats: float = 0.0,
    shared: float = 0.0,
    seed: int = 0,
    host: str = "127.0.0.1",
    port: int = 0,
) -> None:
    """Serves a page on which people rank clips, and writes their judgements. Ctrl-C ends it; the same command resumes.

    Args:
        folder: Folder of trajectories.
        out: File of judgements, one JSON line each; it is made, or appended to. A reward model is trained on it with
            `--data.train_preferences`.
        ways: Clips that are ranked together, 2 to 5.
        name: Who labels; your user name if left out. Several may label at once: a page whose address ends with
            `?name=ANN` is Ann's.
        criterion: What is better, in words that the page shows; `@FILE` takes the text of a file.
        choose: What is shown next: `random` clips, those that were shown least first; or those on whose order an
            ensemble of small models of the labels so far has the most `disagreement`.
        repeats: Share of the rounds that show a set which you ranked before, to measure how you agree with yourself.
        shared: Share of the rounds that show a set which somebody else ranked, to measure how you agree with them.
        seed: Seed of what is shown.
        host: Address to listen on. `0.0.0.0` lets other machines in, all that know the token in the page's address.
        port: Port to listen on; 0 for any that is free.

    Raises:
        ValueError: If a value is not allowed, or `out` holds something else or judges other trajectories.
    """
    check_writable(out)
    trajectories = ShardSet(folder)
    disagreement = Disagreement(trajectories, seed) if choose == "disagreement" else None
    choice = Choice(trajectories.keys, ways, seed, repeats, shared, disagreement)
    file = JudgementFile(out)
    for judged in file.judgements:
        if strangers := set(judged.clips) - trajectories.rows.keys():
            raise ValueError(f"--out {out}: judges trajectory {min(strangers)!r}, which is not in {folder}")
    wording = Path(criterion[1:]).read_text().strip() if criterion.startswith("@") else criterion
    server = Server(Pages(Desk(file, choice), Clips(trajectories), name or _user(), wording), host, port)
    with suppress(KeyboardInterrupt):
        server.run(lambda: print(f"rank clips at {server.url} (Ctrl-C ends)", flush=True))
    done = Progress.of(standing(file.judgements))
    print(f"{done.rounds} rounds, {done.comparisons} comparisons in {out}")


def _user() -> str:
    try:
        return check_name(getpass.getuser())
    except (KeyError, OSError, ImportError, ValueError):  # a container's user has no name, another's is no labeller's
        raise ValueError("--name: allowed: who labels; your user's name cannot be taken") from None
