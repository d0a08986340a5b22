import json
import re
import sys
from pathlib import Path

import pytest
import torch
from micro import padzoo

from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.judgement import Judgement
from padzoo.datamodules.judges.preference import Preference
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.zoo.nets.reward import RewardNet


def test_the_wanted_pad_wins_then_another_then_the_shorter(shards: Path, preferences: Path) -> None:
    about = {summary.key: summary for summary in ShardSet(shards).summaries()}
    found = preference.read(preferences)
    assert 95 <= len(found) <= 105  # of 105 pairs, some may be of equal rank
    for pair in found:
        ranks = []
        for key in (pair.winner, pair.loser):
            outcome = about[key].meta["outcome"]
            ranks.append(("none", "other", "left").index(outcome if outcome in ("none", "left") else "other"))
        assert ranks[0] > ranks[1] or (ranks[0] == ranks[1] and about[pair.winner].length < about[pair.loser].length)


def test_preferences_say_whether_both_are_of_one_category(shards: Path, preferences: Path) -> None:
    pads = {each.key: each.meta["outcome"] for each in ShardSet(shards).summaries()}
    found = preference.read(preferences)
    for each in found:
        wanted = [pads[key] == "left" for key in (each.winner, each.loser)]
        reached = [pads[key] != "none" for key in (each.winner, each.loser)]
        assert each.same_category == (wanted[0] == wanted[1] and reached[0] == reached[1])
    assert {each.same_category for each in found} == {True, False}


def test_a_dotted_path_is_a_criterion_too(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "preferences.jsonl"
    options = ["--criterion", "criteria.later", "--comparisons", 3, "--seed", 1, "--out", out]
    assert padzoo("prefer", shards, *options) == 0
    found = preference.read(out)
    assert len(found) == 3
    for pair in found:
        assert pair == Preference(max(pair.winner, pair.loser), min(pair.winner, pair.loser), "criteria.later")
    assert capsys.readouterr().out == f"3 preferences in {out}\n"
    assert padzoo("prefer", shards, *options[:-2], "--out", tmp_path / "again.jsonl") == 0
    assert (tmp_path / "again.jsonl").read_text() == out.read_text()


def test_left_for_right_is_an_option(shards: Path, preferences: Path, tmp_path: Path) -> None:
    options = ["--criterion", "right", "--comparisons", 105, "--out", tmp_path / "right.jsonl"]
    assert padzoo("prefer", shards, *options) == 0
    left, right = preference.read(preferences), preference.read(tmp_path / "right.jsonl")
    turned = {(pair.winner, pair.loser) for pair in left} & {(pair.loser, pair.winner) for pair in right}
    assert turned  # left over right on one side, right over left on the other
    assert {pair.source for pair in right} == {"right"}


def test_a_reward_model_judges_as_it_scores(shards: Path, tmp_path: Path) -> None:
    out, ref = tmp_path / "reward.jsonl", "reward_tiny.left"
    assert padzoo("prefer", shards, "--reward", ref, "--comparisons", 15, "--out", out) == 0
    assert padzoo("score", shards, "--reward", ref, "--out", tmp_path / "scored") == 0
    rewards = json.loads((tmp_path / "scored" / "rewards.json").read_text())
    found = preference.read(out)
    assert 10 <= len(found) <= 15
    assert all(rewards[pair.winner] > rewards[pair.loser] for pair in found)
    assert {pair.source for pair in found} == {ref}


def test_a_reward_that_is_no_number_is_refused(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RewardNet, "reward", lambda *_: torch.tensor([float("nan")]))
    options = ["--reward", "reward_tiny.left", "--comparisons", 1, "--out", tmp_path / "pairs.jsonl"]
    assert padzoo("prefer", shards, *options) == 2
    assert "reward model: its reward of trajectory 'pattern-" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_of_two_that_write_one_file_the_second_is_refused(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    again = f"{sys.executable} -m padzoo prefer {shards} --criterion left --comparisons 3 --out {out}"
    program = tmp_path / "judge.sh"  # while it judges, another one wants to write the same
    program.write_text(
        f"{again} 2> {tmp_path}/errors; echo $? > {tmp_path}/status\n"
        "while read -r line; do echo '{\"ranks\": [2, 1]}'; done\n"
    )
    assert padzoo("prefer", shards, "--judge", f"bash {program}", "--comparisons", 3, "--out", out) == 0
    assert (tmp_path / "status").read_text() == "2\n"
    refusal = f"padzoo: error: {out}: another process is writing it; allowed: to wait for it, or another place\n"
    assert (tmp_path / "errors").read_text() == refusal
    assert len(preference.read(out)) == 3


def test_a_program_judges_by_the_command_line(shards: Path, tmp_path: Path) -> None:
    program = tmp_path / "judge.sh"
    program.write_text("while read -r line; do echo '{\"ranks\": [2, 1]}'; done\n")
    out = tmp_path / "second.jsonl"
    assert padzoo("prefer", shards, "--judge", f"bash {program}", "--comparisons", 3, "--out", out) == 0
    assert len(preference.read(out)) == 3


JUDGES = {
    "--criterion": "left",
    "--reward": "reward_tiny.left",
    "--judge": """bash -c 'while read -r line; do echo "{\\"ranks\\": [3, 1, 3, 2]}"; done'""",
}


@pytest.mark.parametrize("option", JUDGES)
def test_judges_rank_several_at_a_time(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    out, judge = tmp_path / "ranked.jsonl", JUDGES[option]
    assert padzoo("prefer", shards, option, judge, "--ways", 4, "--comparisons", 57, "--out", out) == 0
    found = [record for _, record in preference.records(out) if isinstance(record, Judgement)]
    assert len(found) == 10 == len({frozenset(each.clips) for each in found})
    assert {len(each.clips) for each in found} == {4}
    assert {each.who for each in found} == {judge}
    pairs = preference.read(out)
    assert f"{len(pairs)} preferences in {out}" in capsys.readouterr().out
    assert padzoo("agreement", out, "--folder", shards, "--criterion", "left") == 0
    agreed = capsys.readouterr().out
    assert bool(re.search(r"│ left +│ \d+ +│ 100\.0 ", agreed)) == (option == "--criterion")
    if option == "--judge":
        assert {tuple(each.ranks or ()) for each in found} == {(3, 1, 3, 2)}
        assert len(pairs) == 50


def test_every_pair_is_compared_once(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.jsonl"
    assert padzoo("prefer", shards, "--criterion", "criteria.later", "--choose", "all", "--out", out) == 0
    found = [(pair.winner, pair.loser) for pair in preference.read(out)]
    assert len(found) == len(set(found)) == 276
    assert all(winner > loser for winner, loser in found)


def test_what_is_uncertain_is_compared(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "uncertain.jsonl"
    options = ["--criterion", "left", "--choose", "disagreement", "--comparisons", 40]
    assert padzoo("prefer", shards, *options, "--out", out) == 0
    pairs = [frozenset((pair.winner, pair.loser)) for pair in preference.read(out)]
    assert 30 <= len(pairs) == len(set(pairs)) <= 40
    assert capsys.readouterr().out.startswith(f"{len(pairs)} preferences in {out}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--choose", "all", "--comparisons", 3], "--comparisons 3: allowed with --choose random or disagreement; all"),
        (
            ["--choose", "all", "--seed", 3],
            "--seed 3: allowed with --choose random or disagreement; all compares every",
        ),
        (["--choose", "all", "--pairs", "all"], "--pairs all: allowed with --choose random"),
        (
            ["--choose", "disagreement", "--comparisons", 3, "--pairs", "random"],
            "--pairs random: allowed with --choose",
        ),
        (["--choose", "disagreement"], "--choose disagreement: allowed with --comparisons, how many"),
        ([], "--choose random: allowed with --comparisons, how many; --choose all compares every pair"),
        (["--ways", 3, "--choose", "all"], "--choose all: allowed with --ways 2; --ways 3 draws at random"),
        (
            ["--ways", 3, "--choose", "disagreement", "--comparisons", 3],
            "--choose disagreement: allowed with --ways 2; --ways 3 draws at random",
        ),
        (["--ways", 5, "--pairs", "all", "--comparisons", 3], "--pairs all: allowed with --ways 2; --ways 5 draws at"),
        (["--ways", 6, "--comparisons", 3], "--ways 6: allowed: 2 to 5"),
    ],
)
def test_a_choice_that_would_be_ignored_is_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[object], message: str
) -> None:
    out = tmp_path / "none.jsonl"
    assert padzoo("prefer", shards, "--criterion", "left", *options, "--out", out) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "prefer: allowed: exactly one of --criterion, --reward and --judge"),
        (["--criterion", "left", "--judge", "cat"], "exactly one of --criterion, --reward and --judge"),
        (["--judge", "http://127.0.0.1:9"], "--model: a chat-completions interface needs the name of its model"),
        (["--judge", "cat", "--model", "gpt"], "--model gpt: allowed with a chat-completions interface"),
        (["--criterion", "left", "--frames", 0], "--frames 0: allowed with a chat-completions interface"),
        (["--criterion", "left", "--timeout", -5], "--timeout -5.0: allowed with --judge"),
        (["--reward", "reward_tiny.left", "--prompt", "x"], "--prompt x: allowed with --judge"),
        (["--judge", "false"], "--judge 'false': it has ended"),
    ],
)
def test_a_judge_that_cannot_be_asked_is_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    out = tmp_path / "none.jsonl"
    assert padzoo("prefer", shards, *options, "--comparisons", 3, "--out", out) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not out.exists()
