"""The campaign's report, as Markdown."""

from collections import Counter
from collections.abc import Sequence

from verdict import Verdict

from padzoo.core.provenance import origin


def tally(found: Sequence[Verdict], seed: int) -> str:
    """Returns the counts of a campaign: by fault, by command, and of the problems.

    Args:
        found: What came of every fault.
        seed: Seed of the draw.
    """
    struck = [verdict for verdict in found if verdict.struck]
    problems = Counter(problem for verdict in struck for problem in verdict.problems)
    counts = ", ".join(f"{problems[name]} {name}" for name in ("hangs", "lost", "silent"))
    others = ", ".join(f"{count} {name}" for name, count in problems.items() if name not in ("hangs", "lost", "silent"))
    lines = [
        "# Faults",
        "",
        origin(),
        f"`python benchmarks/faults --faults {len(struck)} --seed {seed} --out FOLDER`",
        "",
    ]
    lines += [f"**{len(struck)} faults: {counts}.**" + (f" Others: {others}." if others else ""), ""]
    for title, name in (("fault", "fault"), ("command", "mission")):
        lines += [f"| {title} | faults | finished all the same | gave up | repeated: same bytes | problems |"]
        lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
        for value in dict.fromkeys(sorted(getattr(verdict, name) for verdict in struck)):
            rows = [verdict for verdict in struck if getattr(verdict, name) == value]
            ends = Counter(verdict.ended for verdict in rows)
            same = sum(verdict.after == "same bytes" for verdict in rows)
            wrong = sum(bool(verdict.problems) for verdict in rows)
            lines += [f"| {value} | {len(rows)} | {ends['finished']} | {ends['gave up']} | {same} | {wrong} |"]
        lines += [""]
    return "\n".join(lines)
