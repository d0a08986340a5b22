import yaml
from cards import full_card

from padzoo.zoo.hub.readme import lineage, readme


def test_the_hub_finds_its_metadata_and_people_the_rest() -> None:
    card = full_card()
    text = readme(card)
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
    text = readme(full_card(name="", **nothing))
    assert "model-index" not in text
    assert [line for line in text.splitlines() if line.startswith("#")] == ["# a policy of PadZoo", "## Files"]


def test_a_lineage_is_walked_to_its_end() -> None:
    steps = [(depth, role, ancestor.name) for depth, role, ancestor in lineage(full_card().parents)]
    assert steps == [
        (0, "policy", "policy_tiny.sft"),
        (1, "init_from", "policy_tiny.base"),
        (0, "reward", "reward_tiny.left"),
    ]
