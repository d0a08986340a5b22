import os
import shlex
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
        assert {*member.members, *([member.base] if member.base else [])} <= published
        published.add(member.name)


def test_checkpoints_are_where_the_study_leaves_them(
    family: Family, members: dict[str, Member], tmp_path: Path
) -> None:
    plan = dry_run(tmp_path, "--cores", "2", "--config", "preset=tiny")
    for member in members.values():
        for path in (member.checkpoint, *member.others):
            assert str(path.relative_to(family.run)) in plan
    assert f"prefft_left_{max(family.preset['comparisons'])}" in str(members["policy_tiny.aligned_left"].others)


def test_a_member_tells_the_commands_that_the_study_ran(
    family: Family, members: dict[str, Member], tmp_path: Path
) -> None:
    plan = dry_run(tmp_path, "--forceall", "--cores", "2", "--config", "preset=tiny")
    ran = [_options(line) for line in plan.splitlines() if "padzoo fit" in line]
    assert len(ran) >= 7
    for member in members.values():
        for command in member.commands:
            if command.startswith("padzoo fit") and "experiment/reward.yaml" not in command:  # those are not in a plan
                told = {option.replace(str(family.run), str(tmp_path / "run")) for option in _options(command)}
                assert told in ran, command


def _options(command: str) -> set[str]:
    """Returns the options of the `padzoo fit` in a command line, each with its value, but for its folder."""
    _, _, options = command.partition("padzoo fit ")
    words = shlex.split(options.partition(" $(")[0])  # what follows is how the workflow goes on with a training
    told = zip(words[::2], words[1::2], strict=True)
    return {f"{name} {value}" for name, value in told if name != "--trainer.default_root_dir"}


def test_a_reward_model_tells_the_seed_of_its_subset(members: dict[str, Member]) -> None:
    (command,) = members["reward_tiny.left"].commands
    assert "--seed_everything 0 --data.seed 0" in command
