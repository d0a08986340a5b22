"""Tiny checkpoints of a moment, published as a zoo of their own."""

import copy
import dataclasses
import hashlib
from pathlib import Path

import torch
import yaml

from padzoo.zoo import hub
from padzoo.zoo.hub.card import CARD, About, Ancestor, Card
from padzoo.zoo.hub.index import INDEX
from padzoo.zoo.hub.publish import publish
from padzoo.zoo.nets.agent_features import AgentFeatures
from padzoo.zoo.nets.policy import Policy
from padzoo.zoo.nets.reward import RewardNet

NAMES = ("policy_tiny.aligned", "policy_tiny.sft", "reward_tiny.left")


def publish_family(zoo: Path, scratch: Path) -> None:
    """Publishes a policy, one that differs in its head, and a reward model of its features."""
    torch.manual_seed(0)
    sft = Policy("tiny")
    aligned = copy.deepcopy(sft)
    torch.nn.init.normal_(aligned.head[2].weight)
    nets: dict[str, hub.Network] = {
        "policy_tiny.sft": sft,
        "policy_tiny.aligned": aligned,
        "reward_tiny.left": RewardNet(AgentFeatures(copy.deepcopy(sft)), components=8),
    }
    for name, net in nets.items():
        base = None if net is sft else zoo / "policy_tiny.sft"
        parents = {"policy": Ancestor("policy_tiny.sft", hub.sha256(base))} if base else {}
        hub.save(net, scratch / name, About(name=name, parents=parents), "float16", base)
        publish(scratch / name, str(zoo))


def rewrite(zoo: Path, name: str, **changes: object) -> None:
    """Changes a card of a zoo and makes the zoo's index agree with it."""
    folder = zoo / name
    card = dataclasses.replace(Card.read(folder), **changes)  # type: ignore[arg-type]
    (folder / CARD).write_text(card.dump())
    relist(zoo, name, weights=card.sha256, network=card.network, bytes=card.size)


def relist(zoo: Path, name: str, **changes: object) -> None:
    """Changes an entry of a zoo's index; the card's checksum in it is made right."""
    index = yaml.safe_load((zoo / INDEX).read_text())
    sha256 = hashlib.sha256((zoo / name / CARD).read_bytes()).hexdigest()
    index["checkpoints"][name] |= {"sha256": sha256, **changes}
    (zoo / INDEX).write_text(yaml.safe_dump(index))
