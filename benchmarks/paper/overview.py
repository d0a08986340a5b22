"""Writes `results/README.md` from what presets published: `python benchmarks/paper/overview.py`."""

import json
import re
from typing import Final

import yaml
from claims import CLAIMS, Claim, verdicts
from study import HERE, Study
from tables import markdown
from values import Json

RESULTS: Final = HERE.parents[1] / "results"
STUDIED: Final = (
    "tiny",
    "small",
    "paper",
    "demo",
)  # presets whose digests are published, in the order of their columns
PURPOSE: Final = {
    "demo": "the pipeline, both pads: what `make demo` runs",
    "tiny": "every figure, claim and control",
    "small": "the paper's smaller network; larger ones where size is the question",
    "paper": "the paper's numbers, a part of them: one agent from scratch",
    "zoo": "the family `4m` of the zoo, both pads",
}
TEXT: Final = """# Results

<!-- Written by `python benchmarks/paper/overview.py`. Edit that. -->

Each folder holds what one preset of [the study](../docs/study.md) published: a report, a summary as JSON, figures with
their data, and the digests from which all of it can be made again. [Findings](../docs/findings.md) says what it means.

## Claims of the paper

A claim *held* if its whole 95 % interval is on the claim's side, and *did not hold* if it is on the other side.
Otherwise the verdict is *not enough power*: too few seeds. Each seed is one reading; the intervals are Student's t, and
with two seeds they may leave the range from 0 to 100 %. One seed has no interval and gets no verdict. Rows marked
*asked, not claimed* are questions of ours. A verdict is about this pipeline and this game, not the paper's agents.

A cell has the estimate and, in brackets, its 95 % interval, in the unit of the column *holds if*; the preset's report
says what is estimated. A claim about every amount of comparisons takes the least estimate, the least lower end and the
least upper end over the amounts. These may belong to different amounts, so such intervals are not symmetric.

{claims}

With so many tests at 95 %, some verdicts are chance. If all claims of a preset are tested together (Holm's method),
fewer verdicts are left, and these are marked with a star: {together}.

## Presets

A job is one stage of one agent. Job hours are wall time, summed over jobs. Jobs run side by side, so a run takes less.

{presets}
"""


def _summary(preset: str) -> Json:
    found: Json = json.loads((RESULTS / preset / "summary.json").read_text())
    return found


def _verdict(row: Json) -> str:
    """Returns what a preset found about a claim, as a cell."""
    if "p" in row:
        star = "\\*" if row["together"] == row["verdict"] != "not enough power" else ""
        return f"**{row['verdict']}**{star}: {row['figures']}"
    return "not run" if row["verdict"] == "not run" else str(row["figures"]).replace("no interval from 1", "one seed")


def _holds(claim: Claim) -> str:
    """Returns from which value on a claim holds, with the unit that its test names."""
    unit = re.search("points|bits|%", claim.test)
    assert unit
    return f"> {claim.null:g} {unit[0]}"


def claim_table(found: dict[str, list[Json]]) -> list[str]:
    """Returns the lines of the table of claims, a column per preset."""
    head = ["claim", "holds if", *(f"[`{preset}`]({preset}/report.md)" for preset in found)]
    rows = [
        [claim.text, _holds(claim), *(_verdict(rows[i]) for rows in found.values())] for i, claim in enumerate(CLAIMS)
    ]
    return markdown(head, rows)


def together(found: dict[str, list[Json]]) -> str:
    """Says how many verdicts are left of each preset if its claims are tested together."""
    parts = []
    for preset, rows in found.items():
        tested = [row for row in rows if "p" in row]
        decided = [row for row in tested if row["verdict"] != "not enough power"]
        left = [row for row in tested if row["together"] != "not enough power"]
        if tested:
            parts.append(f"{len(left)} of {len(decided)} for `{preset}` ({len(tested)} claims tested)")
    return ", ".join(parts)


def preset_table() -> list[str]:
    """Returns the lines of the table of presets, with their cost."""
    head = ["preset", "what", "networks", "seeds", "job hours", "hardware", "report"]
    rows = []
    for preset, purpose in PURPOSE.items():
        settings = yaml.safe_load((HERE / "presets" / f"{preset}.yaml").read_text())
        found = _summary(preset)
        made = [path.stem.split("-")[0] for path in (RESULTS / preset / "digests").glob("*.json")]
        sizes = [size for size in settings["pixels"] if not made or size in made]
        seeds = ", ".join(map(str, found["seeds"]))
        networks = ", ".join(f"`{size}`" for size in sizes)
        hours = f"{sum(found['seconds'].values()) / 3600:.1f}"
        rows.append(
            [f"`{preset}`", purpose, networks, seeds, hours, found["hardware"], f"[report]({preset}/report.md)"]
        )
    return markdown(head, rows)


def overview() -> str:
    """Returns the text of `results/README.md`."""
    found = {preset: verdicts(Study(RESULTS / preset, preset)) for preset in STUDIED}
    tables = {"claims": claim_table(found), "presets": preset_table()}
    return TEXT.format(together=together(found), **{name: "\n".join(lines) for name, lines in tables.items()})


if __name__ == "__main__":
    (RESULTS / "README.md").write_text(overview())
