from pathlib import Path

import pytest
import torch

from padzoo.zoo.hub import hub as hub
from padzoo.zoo.hub.card import About, Ancestor
from padzoo.zoo.hub.lineage import Lineage
from padzoo.zoo.nets.policy import Policy


def checkpoint(path: Path, **parents: Path) -> Path:
    """A `.ckpt` that was made from others."""
    net = Policy("tiny")
    entry = hub.describe(net, {role: hub.sha256(parent) for role, parent in parents.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"padzoo": entry, "state_dict": {f"net.{key}": value for key, value in net.state_dict().items()}}, path)
    return path


def test_a_lineage_is_traced_through_files_and_cards_to_its_end(tmp_path: Path) -> None:
    base = checkpoint(tmp_path / "base.ckpt")
    sft = checkpoint(tmp_path / "sft.ckpt", init_from=base)
    prefft = checkpoint(tmp_path / "prefft_left" / "checkpoints" / "last.ckpt", init_from=sft)
    about = About(
        name="policy_tiny.sft",
        checkpoint=hub.sha256(sft),
        parents={"init_from": Ancestor("policy_tiny.base", hub.sha256(base))},
    )
    hub.save(Policy("tiny"), tmp_path / "published", about)
    again = checkpoint(tmp_path / "again.ckpt", init_from=tmp_path / "published")  # from the published weights
    lineage = Lineage([str(tmp_path / "published"), str(prefft), str(again)])
    roots = {"init_from": Ancestor("policy_tiny.base", hub.sha256(base))}
    assert lineage.trace({"policy": hub.sha256(prefft), "other": hub.sha256(again)}) == {
        "policy": Ancestor(
            "prefft_left",
            hub.sha256(prefft),
            {"init_from": Ancestor("policy_tiny.sft", hub.sha256(sft), roots)},
        ),
        "other": Ancestor(
            "again",
            hub.sha256(again),
            {"init_from": Ancestor("policy_tiny.sft", hub.sha256(tmp_path / "published"), roots)},
        ),
    }
    assert lineage.trace({}) == {}
    with pytest.raises(
        ValueError, match=rf"^--ancestors: the parent 'init_from' with sha256 {hub.sha256(base)} is not"
    ):
        Lineage([str(sft)]).trace({"policy": hub.sha256(sft)})
