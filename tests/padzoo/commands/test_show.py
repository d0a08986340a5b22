from dataclasses import replace
from pathlib import Path

import pytest
from cards import full_card
from micro import padzoo
from web import Server, serve

from padzoo.zoo import hub
from padzoo.zoo.hub.card import Rate


def test_a_card_and_its_lineage_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "card.yaml").write_text(full_card().dump())
    assert padzoo("show", tmp_path) == 0
    shown = capsys.readouterr().out
    for text in (
        "policy, 601,716 parameters; size tiny",
        "of 200 episodes   left 99.0 % (96.4 to 99.7)",
        "$ padzoo fit --config reinforce.yaml",
        "policy_tiny.aligned_left " + "ab" * 6,
        "├── policy: policy_tiny.sft " + "0a" * 6,
        "│   └── init_from: policy_tiny.base " + "0b" * 6,
        "└── reward: reward_tiny.left " + "0c" * 6,
        "float16, on policy_tiny.sft",
    ):
        assert text in shown


def test_results_of_several_conditions_are_shown_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = full_card()
    turned = replace(
        card.results[0], measured={"options": {"condition": "turned"}}, rates={"left": Rate(1, 0.5, 0.1, 2.8)}
    )
    card.results.append(turned)
    (tmp_path / "card.yaml").write_text(card.dump())
    assert padzoo("show", tmp_path) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "of 200 episodes left 99.0 %" in shown
    assert "of 200 episodes, condition turned left 0.5 %" in shown
    assert "| of 200 episodes, condition turned | times |" in card.readme()


def test_of_a_checkpoint_elsewhere_the_card_alone_is_read(
    zoo_folder: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(zoo_folder) as url:
        monkeypatch.setenv("PADZOO_INDEX", url)
        monkeypatch.setattr(Server, "sent", 0)
        assert padzoo("show", "policy_tiny.aligned") == 0
        needed = ("index.yaml", "policy_tiny.aligned/card.yaml")
        assert Server.sent == sum((zoo_folder / path).stat().st_size for path in needed)
    shown = capsys.readouterr().out
    assert hub.sha256(zoo_folder / "policy_tiny.aligned") in shown
    assert f"└── policy: policy_tiny.sft {hub.sha256(zoo_folder / 'policy_tiny.sft')[:12]}" in shown
    assert [path.name for path in cache_folder.iterdir()] == [".indices"]  # the index alone is kept


@pytest.mark.usefixtures("zoo_folder")
def test_a_wrong_name_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("show", "policy_tiny.stf") == 2
    assert capsys.readouterr().err.startswith(
        "padzoo: error: policy_tiny.stf: no such checkpoint (.ckpt), folder of weights or name of the zoo; "
        "did you mean 'policy_tiny.sft'"
    )
