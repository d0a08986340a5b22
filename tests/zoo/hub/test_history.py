import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from padzoo.core.provenance import commit
from padzoo.zoo import hub
from padzoo.zoo.hub.card import About, Ancestor, Data, Source
from padzoo.zoo.hub.checkpoint import describe, read_about
from padzoo.zoo.hub.publish import history, published
from padzoo.zoo.nets.policy import Policy


def checkpoint(path: Path, **parents: Path) -> Path:
    """A `.ckpt` that was made from others, by a command and a set of its own name."""
    net, about = Policy("tiny"), history({role: str(parent) for role, parent in parents.items()})
    about.commands.append(f"padzoo fit {path.stem}")
    about.data.append(Data(path.stem, "d0" * 32, 1, 1, {}))
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {f"net.{key}": value for key, value in net.state_dict().items()}
    torch.save({"padzoo": describe(net, about), "state_dict": state}, path)
    return path


def test_a_checkpoint_carries_its_lineage_to_its_end_through_files_and_cards(tmp_path: Path) -> None:
    base = checkpoint(tmp_path / "base.ckpt")
    sft = checkpoint(tmp_path / "sft.ckpt", init_from=base)
    prefft = checkpoint(tmp_path / "prefft_left" / "checkpoints" / "last.ckpt", init_from=sft)
    hub.save(Policy("tiny"), tmp_path / "published", About(name="policy_tiny.sft", parents=read_about(sft).parents))
    again = checkpoint(tmp_path / "again.ckpt", init_from=tmp_path / "published")  # from the published weights
    for path in (base, sft):
        path.rename(path.with_suffix(".gone"))  # nobody needs them any more
    about = history({"policy": str(prefft), "other": str(again)})
    roots = {"init_from": Ancestor("base", hub.sha256(tmp_path / "base.gone"))}
    assert about.parents == {
        "policy": Ancestor(
            "prefft_left",
            hub.sha256(prefft),
            {"init_from": Ancestor("sft", hub.sha256(tmp_path / "sft.gone"), roots)},
        ),
        "other": Ancestor(
            "again",
            hub.sha256(again),
            {"init_from": Ancestor("policy_tiny.sft", hub.sha256(tmp_path / "published"), roots)},
        ),
    }
    assert about.source == Source(None, commit())
    assert about.commands == [f"padzoo fit {name}" for name in ("base", "sft", "last", "again")]
    assert [data.name for data in about.data] == ["base", "sft", "last", "again"]
    assert history({}) == About(source=Source(None, commit()))


def test_ancestors_that_the_target_has_go_by_their_published_names(tmp_path: Path) -> None:
    base = checkpoint(tmp_path / "base.ckpt")
    sft = checkpoint(tmp_path / "sft.ckpt", init_from=base)
    zoo = tmp_path / "zoo"
    hub.save(hub.load(base), zoo / "policy_tiny.base", About(name="policy_tiny.base", checkpoint=hub.sha256(base)))
    about = history({"policy": str(sft)})
    assert published(about, str(zoo)) == about  # not listed yet
    listing = f"format: padzoo-index-v1\ncheckpoints:\n  policy_tiny.base: {ENTRY}\n"
    (zoo / "index.yaml").write_text(listing)
    (parent,) = published(about, str(zoo)).parents.values()
    assert (parent.name, parent.parents["init_from"].name) == ("sft", "policy_tiny.base")


ENTRY = (
    f"{{source: policy_tiny.base, sha256: {'a' * 64}, weights: {'b' * 64}, network: policy, parameters: 1, bytes: 1, "
    "results: {}}"
)


def test_a_lineage_grows_by_what_is_new_each_round(tmp_path: Path) -> None:
    agent = checkpoint(tmp_path / "sft.ckpt")
    sizes = []
    for number in range(5):  # of alignment: by a reward model on the agent's features
        reward = checkpoint(tmp_path / f"reward{number}.ckpt", policy=agent)
        agent = checkpoint(tmp_path / f"aligned{number}.ckpt", policy=agent, reward=reward)
        sizes.append(len(json.dumps(asdict(read_about(agent)))))
    assert sizes[4] - sizes[3] == pytest.approx(sizes[2] - sizes[1], rel=0.05)


def test_a_checkpoint_that_says_nothing_of_its_lineage_is_not_published(tmp_path: Path) -> None:
    path, net = tmp_path / "old.ckpt", Policy("tiny")
    entry = describe(net, About())
    del entry["about"]
    torch.save({"padzoo": entry, "state_dict": {f"net.{key}": value for key, value in net.state_dict().items()}}, path)
    assert isinstance(hub.load(path), Policy)
    with pytest.raises(ValueError, match=r"old\.ckpt: padzoo\.about is None, expected keys and values$"):
        read_about(path)
