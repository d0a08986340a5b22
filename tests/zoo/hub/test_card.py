import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cards import full_card

from padzoo.zoo.hub.card import CARD, LARGEST, Card, lineage


def signed(body: str) -> bytes:
    return f"{body}checksum: {hashlib.sha256(body.encode()).hexdigest()}\n".encode()


def altered(**changes: Any) -> bytes:
    """The text of a card with other values, its checksum right; None drops the key."""
    values = dataclasses.asdict(full_card()) | changes
    return signed(yaml.safe_dump({key: value for key, value in values.items() if value is not ...}))


def test_a_card_is_read_as_it_was_written() -> None:
    card = full_card()
    assert Card.parse(card.dump().encode(), "card.yaml") == card
    assert card.size == 5


def test_a_card_without_a_configuration_is_read() -> None:
    card = Card.parse(altered(configuration=...), "card.yaml")  # as those that were written before there was one
    assert card == dataclasses.replace(full_card(), configuration=None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (altered(commands=...), "key 'commands' is missing"),
        (altered(extra=1), "key 'extra' is not known; allowed: name, license, "),
        (altered(licence="MIT"), "key 'licence' is not known; did you mean 'license'?"),
        (altered(network="critic"), "network is 'critic', expected 'policy' or 'reward'"),
        (altered(schema="gamepad-v0"), "action schema 'gamepad-v0' is not supported; allowed: 'gamepad-v1'"),
        (altered(golden={"seed": 0}), "key 'golden.output' is missing"),
        (altered(files={}), "key 'files.model.safetensors' is missing"),
        (
            altered(files={"../x": {"bytes": 1, "sha256": ""}}),
            "file '../x' is not allowed; allowed: model.safetensors, ",
        ),
        (signed("- 1\n"), "the file is [1], expected keys and values"),
        (signed("a: [\n"), "not YAML: while parsing"),
        (signed("a: !!python/name:os.system x\n"), "not YAML: could not determine a constructor"),
        (b"a: 1\n", "damaged: its last line is not the checksum"),
    ],
)
def test_a_card_that_is_not_right_is_refused(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=f"^f/card.yaml: {re.escape(message)}") as caught:
        Card.parse(text, "f/card.yaml")
    assert "\n" not in str(caught.value)


def test_every_byte_of_a_card_counts() -> None:
    text = full_card().dump().encode()
    for place in range(len(text)):
        with pytest.raises(ValueError, match="damaged: its last line is not the checksum"):
            Card.parse(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :], "card.yaml")
    for changed in (text[:-1], text + b"\n", b"#" + text, text + text):
        with pytest.raises(ValueError, match="damaged"):
            Card.parse(changed, "card.yaml")


def test_a_card_is_never_large(tmp_path: Path) -> None:
    (tmp_path / CARD).write_bytes(bytes(LARGEST + 1))
    with pytest.raises(ValueError, match=r"card\.yaml: 1,048,577 bytes; a card has at most 1,048,576"):
        Card.read(tmp_path)


def test_a_file_is_read_only_if_it_is_as_the_card_says(tmp_path: Path) -> None:
    card = full_card()
    path = tmp_path / "model.safetensors"
    for content, message in [
        (None, "model.safetensors is missing"),
        (b"hell", "4 bytes; card.yaml says 5"),
        (b"hallo", "damaged: its sha256 is not the one in card.yaml"),
    ]:
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            card.read_files(tmp_path)
    path.write_bytes(b"hello")
    assert card.read_files(tmp_path) == {"model.safetensors": b"hello"}


def test_the_hub_finds_its_metadata_and_people_the_rest() -> None:
    card = full_card()
    text = card.readme()
    _, head, body = text.split("---\n", 2)
    metadata = yaml.safe_load(head)
    assert metadata["license"] == "mit"
    assert metadata["library_name"] == "padzoo"
    assert {"policy", "gamepad-v1", "parent:reward_tiny.left"} <= set(metadata["tags"])
    (result,) = metadata["model-index"][0]["results"]
    assert result["metrics"] == [{"type": "left", "value": 99.0, "name": "left, percent of 200 episodes"}]
    assert body.startswith("\n# policy_tiny.aligned_left\n")
    for found in (
        'padzoo.load("policy_tiny.aligned_left")',
        "| left | 198 | 99.0 % (96.4 to 99.7) |",
        "- policy: policy_tiny.sft (`" + "0a" * 32 + "`)\n  - init_from: policy_tiny.base",
        "| rollouts | 300 | 24,000 |",
        "padzoo fit --config reinforce.yaml",
        "https://example.org/padzoo at " + "a" * 40,
        "policy, 601,716 parameters; size tiny",
        "on policy_tiny.sft: only what differs",
        "```yaml\nmodel:\n  class_path: Reinforce\n```",
        "| model.safetensors | 5 |",
    ):
        assert found in body


def test_a_card_that_says_little_gives_a_short_readme() -> None:
    nothing = {"parents": {}, "data": [], "commands": [], "results": [], "base": None, "configuration": None}
    text = full_card(name="", **nothing).readme()
    assert "model-index" not in text
    assert [line for line in text.splitlines() if line.startswith("#")] == ["# a policy of PadZoo", "## Files"]


def test_a_lineage_is_walked_to_its_end() -> None:
    steps = [(depth, role, ancestor.name) for depth, role, ancestor in lineage(full_card().parents)]
    assert steps == [
        (0, "policy", "policy_tiny.sft"),
        (1, "init_from", "policy_tiny.base"),
        (0, "reward", "reward_tiny.left"),
    ]
