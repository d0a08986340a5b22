"""A card with something in every field."""

import dataclasses
import hashlib
from typing import Any

from padzoo.core.gamepad import SCHEMA
from padzoo.zoo.hub.card import Ancestor, Base, Card, Data, File, Golden, Rate, Result, Source


def full_card(**changes: Any) -> Card:
    """Makes the card, with other values where wanted."""
    grandparents = {"init_from": Ancestor("policy_tiny.base", "0b" * 32)}
    card = Card(
        name="policy_tiny.aligned_left",
        source=Source("https://example.org/padzoo", "a" * 40),
        checkpoint="c0" * 32,
        parents={
            "policy": Ancestor("policy_tiny.sft", "0a" * 32, grandparents),
            "reward": Ancestor("reward_tiny.left", "0c" * 32),
        },
        data=[
            Data("rollouts", "d0" * 32, 300, 24_000, {"seed": 1}),
            Data("left.jsonl", "d1" * 32, 105, None, {"file": "left.jsonl"}),
        ],
        commands=["padzoo fit --config reinforce.yaml"],
        seed=3,
        results=[Result("episodes", 200, {"left": Rate(198, 99.0, 96.4, 99.7)}, {"env": "island", "seed": 0})],
        configuration={"model": {"class_path": "Reinforce"}},
        network="policy",
        config={"size": "tiny"},
        parameters=601_716,
        schema=SCHEMA,
        observation="frames",
        dtype="float16",
        sha256="ab" * 32,
        base=Base("policy_tiny.sft", "0a" * 32, ""),
        golden=Golden(0, [1.5, -2.25, 1e-7]),
        files={"model.safetensors": File(5, hashlib.sha256(b"hello").hexdigest())},
    )
    return dataclasses.replace(card, **changes)
