import os
from pathlib import Path

import pytest
import synthetic
from family import Family, Member
from workflow import dry_run


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    """A family of a run in which preferences are there already."""
    run, preset = tmp_path_factory.mktemp("run"), synthetic.preset("tiny")
    found = Family(run, "tiny", 1, preset)
    rollouts = found.grid("left").rollouts("train")
    rollouts.mkdir(parents=True)
    (rollouts / "index.json").write_text("{}")
    os.utime(rollouts / "index.json", (0, 0))  # older than the preferences
    for side in preset["sides"]:
        path = found.home / "preferences" / "sft" / side / f"train-{max(preset['comparisons'])}-0.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("")
    return found


@pytest.fixture(scope="module")
def members(family: Family) -> dict[str, Member]:
    return {member.name: member for member in family.members()}


def test_parents_come_first(members: dict[str, Member]) -> None:
    assert list(members) == [
        *("policy_tiny.base", "policy_tiny.sft"),
        *("reward_tiny.left", "policy_tiny.aligned_left", "reward_tiny.right", "policy_tiny.aligned_right"),
    ]
    published: set[str] = set()
    for member in members.values():
        assert not member.base or member.base in published
        published.add(member.name)


def test_checkpoints_are_where_the_study_leaves_them(
    family: Family, members: dict[str, Member], tmp_path: Path
) -> None:
    plan = dry_run(tmp_path, "--cores", "2", "--config", "preset=tiny")
    for member in members.values():
        assert str(member.checkpoint.relative_to(family.run)) in plan
