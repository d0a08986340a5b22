import re
from dataclasses import dataclass
from typing import Any, Literal

import pytest

from padzoo.core.strict import build


@dataclass(frozen=True)
class Inner:
    count: int
    rates: dict[str, float]


@dataclass(frozen=True)
class Outer:
    name: str
    kind: Literal["a", "b"]
    inner: Inner | None
    items: list[Inner]
    free: Any


GOOD: dict[str, Any] = {
    "name": "x",
    "kind": "a",
    "inner": {"count": 1, "rates": {"left": 0.5, "right": 1}},
    "items": [{"count": 2, "rates": {}}],
    "free": [1, "two"],
}


def test_plain_values_become_dataclasses() -> None:
    built = build(Outer, GOOD, "f.yaml")
    assert built == Outer("x", "a", Inner(1, {"left": 0.5, "right": 1}), [Inner(2, {})], [1, "two"])
    assert build(Outer, GOOD | {"inner": None}, "f.yaml").inner is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": 3}, "name is 3, expected str"),
        ({"kind": "c"}, "kind is 'c', expected 'a' or 'b'"),
        ({"inner": {"count": 1}}, "key 'inner.rates' is missing"),
        ({"inner": {"count": True, "rates": {}}}, "inner.count is True, expected int"),
        ({"inner": {"count": 1, "rates": {"left": "much"}}}, "inner.rates.left is 'much', expected float"),
        ({"inner": {"count": 1, "rates": {1: 2.0}}}, "inner.rates is {1: 2.0}, expected dict"),
        ({"items": GOOD["items"] * 2 + [{"kount": 1}]}, "key 'items[2].count' is missing"),
        ({"items": [GOOD["items"][0] | {"rats": 1}]}, "key 'items[0].rats' is not known; did you mean 'rates'? allow"),
        ({"items": "none"}, "items is 'none', expected list"),
        ({"items": [3]}, "items[0] is 3, expected keys and values"),
        ({"nmae": "x"}, "key 'nmae' is not known; did you mean 'name'? allowed: name, kind, inner, items, free"),
        ({1: "x"}, "key '1' is not known; allowed: "),
    ],
)
def test_whatever_is_wrong_is_named(changes: dict[Any, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^f.yaml: {re.escape(message)}"):
        build(Outer, GOOD | changes, "f.yaml")


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^f.yaml: the file is \[1\], expected keys and values$"):
        build(Outer, [1], "f.yaml")
