"""Tables and lists that documents quote from data: `python benchmarks/paper/quotes.py` renders all of them anew.

One is quoted below a comment that names its files, what is taken from them, and which rows:
`<!-- results/tiny/summary.json: claims "Fine-tuning" -->`. The page of results, `results/README.md`, is full of them.
"""

import json
import re
import shlex
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import mean
from typing import Final

import numpy as np
import page
import yaml
from agents import ALIGNED
from collect import STARTS, TITLES, interval
from digest import OUTCOMES
from study import FINAL, HERE
from tables import cell, figures, markdown, outcome_table
from values import Json

from padzoo.zoo.nets.policy import SIZES

ROOT: Final = HERE.parents[1]
PAGES: Final = ("results/README.md", "README.md", "docs/findings.md")
QUOTE: Final = re.compile(
    r"<!-- (?P<files>(?:results|zoo/weights)/\S+): (?P<what>\w+)(?P<rows>.*?) -->\n(?:(?:\||- ).*\n)*"
)

SEEN: Final = {
    "agent": "the agent's features",
    "random_projection": "a random projection of the pixels",
    "first_frame": "the first frame",
    "duration": "the length alone",
}


def outcomes(summary: Json, *stages: str) -> list[str]:
    """Quotes how episodes end after each stage, or some of them, with the paper's figures."""
    kept = {stage: rates for stage, rates in summary["stages"].items() if stage in (stages or summary["stages"])}
    return outcome_table(kept, json.loads((HERE / "reference.json").read_text()))


def bars(figure: Json) -> list[str]:
    """Quotes how episodes end, from a figure of bars."""
    rows = [
        [panel["title"], *(cell(*panel["rates"][name]) for name in OUTCOMES), str(panel["episodes"])]
        for panel in figure["data"]["panels"]
    ]
    return markdown(["agent", *OUTCOMES, "episodes"], rows)


def curves(figure: Json) -> list[str]:
    """Quotes where alignments ended, from a figure of curves: mean and standard error of the last five updates."""
    rows = [
        [panel["title"], line["label"], f"{line['mean'][-1]:.1f} ({line['error'][-1]:.1f})", str(line["seeds"])]
        for panel in figure["data"]["panels"]
        for line in panel["lines"]
    ]
    return markdown(["alignment", "start or variant", "wanted pad at the end, % (standard error)", "seeds"], rows)


def claims(summary: Json, *starts: str) -> list[str]:
    """Quotes the claims that begin in one of some ways."""
    rows = [
        [row["claim"], figures(row), row["verdict"], row.get("together", "")]
        for start in starts
        for row in summary["claims"]
        if row["claim"].startswith(start)
    ]
    return markdown(["claim", "figures, 95 % interval", "verdict", "all claims together"], rows)


def rewards(summary: Json, kind: str = "accuracy") -> list[str]:
    """Quotes the accuracy of reward models by what they see: mean, least and greatest over sides, seeds and subsets.

    It is that on all pairs, or on those `between` categories or `within` them.
    """
    groups = defaultdict(list)
    for row in summary["reward"]:
        groups[row["encoder"], row["comparisons"]].append(row[kind])
    amounts = sorted({amount for _, amount in groups})
    rows = []
    for encoder in dict.fromkeys(encoder for encoder, _ in groups):
        found = [groups[encoder, amount] for amount in amounts]
        rows.append([SEEN[encoder], *(f"{mean(one):.1f} ({min(one):.1f} to {max(one):.1f})" for one in found)])
    return markdown(["the reward model sees", *(f"{amount:,} comparisons" for amount in amounts)], rows)


def split(given: Sequence[Json | str]) -> tuple[list[Json], list[str]]:
    """Returns the files and the words of what was given."""
    return [one for one in given if isinstance(one, dict)], [one for one in given if isinstance(one, str)]


def finals(*homes_and_starts: Json | str) -> list[str]:
    """Quotes how often alignments from some starts reached the wanted / the opposite pad in their last updates."""
    homes, starts = split(homes_and_starts)
    found: dict[tuple[int, str, int, int], dict[int, str]] = defaultdict(dict)  # by row, then by seed
    for home in homes:
        for name, logs in home["alignments"].items():
            which = ALIGNED.fullmatch(name)
            if which and which["start"] in starts and not which["variant"]:
                pads = (which["side"], {"left": "right", "right": "left"}[which["side"]])
                ends = [100 * float(np.mean(logs[pad][-FINAL:])) for pad in pads]
                order = list(SIZES).index(home["size"]), which["side"], starts.index(which["start"])
                found[*order, -int(which["comparisons"])][home["seed"]] = " / ".join(f"{end:.1f}" for end in ends)
    seeds = sorted({home["seed"] for home in homes})
    rows = [
        [f"`{list(SIZES)[size]}`", STARTS[starts[start]], side, f"{-amount:,}", *(ends.get(s, "") for s in seeds)]
        for (size, side, start, amount), ends in sorted(found.items())
    ]
    return markdown(["network", "start", "asked to go", "comparisons", *(f"seed {seed}" for seed in seeds)], rows)


def failures(*homes_and_names: Json | str) -> list[str]:
    """Quotes how often some agents fail, by seed and in all, in percent."""
    homes, names = split(homes_and_names)
    seeds = sorted({home["seed"] for home in homes})
    rows = []
    for size in (size for size in SIZES if any(home["size"] == size for home in homes)):
        for name in names:
            found = {h["seed"]: h["outcomes"][name] for h in homes if h["size"] == size and name in h["outcomes"]}
            if found:
                episodes = sum(row["episodes"] for row in found.values())
                rate = sum(row["none"] * row["episodes"] for row in found.values()) / episodes
                by_seed = [f"{found[seed]['none']:.1f}" if seed in found else "" for seed in seeds]
                several = {"by_seed": {"none": [row["none"] for row in found.values()]}} if len(found) > 1 else {}
                everything = cell(*interval({"none": rate, "episodes": episodes, **several}, "none"))
                rows.append([f"`{size}`", TITLES[name], *by_seed, everything, str(episodes)])
    return markdown(["network", "agent", *(f"seed {seed}" for seed in seeds), "all seeds", "episodes"], rows)


def validations(home: Json, name: str) -> list[str]:
    """Quotes validation loss and closed-loop failure of one agent along its training."""
    rows = [
        [f"{row['updates']:,}", f"{row['loss']:.2f}", f"{row['none']:.1f}"]
        for row in home["validations"]
        if row["name"] == name
    ]
    return markdown(["updates", "loss on held-out runs, nats per step", "episodes that fail, %"], rows)


QUOTED: Final[dict[str, Callable[..., list[str]]]] = {
    function.__name__: function
    for function in (
        *(outcomes, bars, curves, claims, rewards, finals, failures, validations),
        *(page.evidence, page.tally, page.decided, page.compared, page.presets, page.families),
    )
}


def render(files: str, what: str, rows: Sequence[str]) -> str:
    """Renders a quoted table or list.

    Args:
        files: JSON or YAML files, as a pattern below the repository's root.
        what: Name of what is taken from them.
        rows: Which rows.
    """
    paths = sorted(ROOT.glob(files))
    found = [(json.loads if path.suffix == ".json" else yaml.safe_load)(path.read_text()) for path in paths]
    if not found:
        raise ValueError(f"no file {files!r}")
    return "\n".join(QUOTED[what](*found, *rows)) + "\n"


def refresh(text: str) -> str:
    """Returns a document with what it quotes rendered anew."""

    def quoted(match: re.Match[str]) -> str:
        comment = match[0].splitlines()[0]
        return f"{comment}\n{render(match['files'], match['what'], shlex.split(match['rows']))}"

    return QUOTE.sub(quoted, text)


if __name__ == "__main__":
    for document in (ROOT / name for name in PAGES):
        document.write_text(refresh(document.read_text()))
