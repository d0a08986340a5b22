"""What the page of results, `results/README.md`, takes from the summaries, and README from there: see `quotes.py`."""

import re
from collections import Counter
from typing import Final

from claims import OURS, UNKNOWN
from tables import figures, markdown, span
from values import Json

VERDICTS: Final = ("held", "did not hold", UNKNOWN, "not run")
AGAIN: Final = "python benchmarks/paper/claims.py results/{preset} {number}"


def evidence(summary: Json) -> list[str]:
    """Quotes every claim with its verdict, figure, interval, p-values, one sentence, and the command for it."""
    head = ["claim", "holds if", "verdict", "figure", "95 % interval", "p", "p (Holm)", "what was found", "again"]
    rows = []
    for row in summary["claims"]:
        again = AGAIN.format(preset=summary["preset"], number=row["number"])
        figure = [f"{row['value']:.3g}", span(row)] if "value" in row else ["", ""]
        p = [f"{row[name]:.2g}" if name in row else "" for name in ("p", "p_holm")]
        found = row.get("says", row.get("reason"))
        if row["verdict"] == UNKNOWN and "detectable" in row:
            least = f"{row['detectable']:.3g} {_unit(row)}" if row["detectable"] <= 100 else "no difference"  # of rates
            found += f" So many seeds find {least} four times in five."
        rows.append([row["claim"], _holds(row), _verdict(row), *figure, *p, found, f"`{again}`"])
    return markdown(head, rows)


def tally(summary: Json) -> list[str]:
    """Quotes how many claims held and did not, one by one and all tested together."""
    lines = []
    for whose, rows in (("claims of the paper", _claimed(summary)), ("questions of ours", _asked(summary))):
        counts = Counter(row["verdict"] for row in rows)
        said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
        lines.append(f"- Of {len(rows)} {whose}: {said}.")
    decided = [row for row in summary["claims"] if "p" in row and row["verdict"] != UNKNOWN]
    stand = sum(_stands(row) for row in decided)
    together = "the claims tested together, and the questions (Holm's method)"
    return [*lines, f"- With {together}, {stand} of these {len(decided)} verdicts stand."]


def decided(summary: Json) -> list[str]:
    """Quotes the paper's claims by verdict, each with its figure and interval."""
    claimed, rows = _claimed(summary), []
    for verdict in VERDICTS:
        found = [row for row in claimed if row["verdict"] == verdict]
        if found:
            said = [f"{row['claim']}{': ' + _figures(row) if 'value' in row else ''}{_star(row)}" for row in found]
            rows.append([f"**{verdict}**, {len(found)} of {len(claimed)}", " <br> ".join(said)])
    return markdown(["verdict", f"claims, figures and 95 % intervals over {len(summary['seeds'])} seeds"], rows)


def compared(*summaries: Json) -> list[str]:
    """Quotes the verdicts of the presets side by side, of those that tested a claim."""
    tested = [summary for summary in summaries if any("p" in row for row in summary.get("claims", []))]
    found = {summary["preset"]: {row["claim"]: row for row in summary["claims"]} for summary in tested}
    claims = dict.fromkeys(claim for rows in found.values() for claim in rows)
    cells = [
        [
            claim,
            *(f"{_verdict(rows[claim])}: {_figures(rows[claim])}" if claim in rows else "" for rows in found.values()),
        ]
        for claim in claims
    ]
    return markdown(["claim", *(f"[`{preset}`]({preset}/report.md)" for preset in found)], cells)


def presets(*summaries: Json) -> list[str]:
    """Quotes where the results of every preset come from, and what they cost."""
    head = ["preset", "commits", "networks", "seeds", "episodes an agent", "alignments", "hardware", "job hours"]
    rows = []
    for summary in summaries:
        name, made = summary["preset"], summary["alignments"]
        commits = ", ".join(f"`{commit}`" for commit in summary["commit"].split("; "))
        networks = ", ".join(f"`{size}`" for size in summary["networks"])
        episodes = max((rates["episodes"] for rates in summary["stages"].values()), default="")
        updates = " to ".join(f"{count:,}" for count in dict.fromkeys(made["updates"]))
        alignments = f"{made['count']} of {updates} updates" if made["count"] else ""
        hours = f"{sum(summary['seconds'].values()) / 3600:.1f}"
        about = [", ".join(map(str, summary["seeds"])), str(episodes), alignments, summary["hardware"], hours]
        rows.append([f"[`{name}`]({name}/report.md)", commits, networks, *about])
    return markdown(head, rows)


def families(*cards: Json) -> list[str]:
    """Quotes from the cards of the zoo how good each family is."""
    known = {card["name"]: card["results"][0] for card in cards}
    rate = {
        (name, outcome): f"{rate['percent']:.1f}"
        for name, found in known.items()
        for outcome, rate in found["rates"].items()
    }
    lines = []
    for family in dict.fromkeys(
        name.removeprefix("policy_").split(".")[0] for name in known if name.startswith("policy_")
    ):
        sides = [name.rpartition("_")[2] for name in known if name.startswith(f"policy_{family}.aligned_")]
        policy = f"policy_{family}"
        reach = ", ".join(
            f"`.aligned_{side}` reaches the {side} pad in {rate[f'{policy}.aligned_{side}', side]} %" for side in sides
        )
        judged = " and ".join(
            f"`reward_{family}.{side}`, {rate[f'reward_{family}.{side}', 'accuracy']} %" for side in sides
        )
        lines.append(
            f"- `{policy}`: `.base` reaches no pad in {rate[f'{policy}.base', 'none']} %, `.sft` (fine-tuned) in "
            f"{rate[f'{policy}.sft', 'none']} %; {reach}, of {known[f'{policy}.sft']['trials']:,} episodes each. "
            f"Held-out preferences that reward models agree with: {judged}."
        )
    return lines


def _claimed(summary: Json) -> list[Json]:
    return [row for row in summary["claims"] if OURS not in row["claim"]]


def _asked(summary: Json) -> list[Json]:
    return [row for row in summary["claims"] if OURS in row["claim"]]


def _stands(row: Json) -> bool:
    """Whether a verdict is left when all claims are tested together."""
    return bool(row.get("together") == row["verdict"] != UNKNOWN)


def _star(row: Json) -> str:
    return "\\*" if _stands(row) else ""


def _verdict(row: Json) -> str:
    return f"**{row['verdict']}**{_star(row)}"


def _figures(row: Json) -> str:
    return figures(row) + (f" {_unit(row)}" if "value" in row else "")


def _holds(row: Json) -> str:
    """Returns from which figure on a claim holds."""
    return f"> {row['null']:g} {_unit(row)}"


def _unit(row: Json) -> str:
    """Returns the unit that a test names."""
    unit = re.search("points|bits|%", row["test"])
    assert unit
    return unit[0]
