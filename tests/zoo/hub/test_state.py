from hashlib import sha256

import pytest
import torch

from padzoo.zoo.hub.state import difference, digest, merge, narrow, parse, serialize, unmerge
from padzoo.zoo.nets.lora import merged


def test_weights_are_rounded_but_single_numbers_and_integers_are_not() -> None:
    state = {"w": torch.tensor([1 / 3, 2.0]), "range": torch.tensor(1 / 3), "count": torch.tensor([3])}
    rounded = narrow(state, "float16")
    assert {name: tensor.dtype for name, tensor in rounded.items()} == {
        "w": torch.float16,
        "range": torch.float32,
        "count": torch.int64,
    }
    assert rounded["range"] == state["range"]
    assert abs(float(rounded["w"][0]) - 1 / 3) < 2**-12
    assert narrow(state, "float32")["w"].equal(state["w"])


def test_a_weight_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"--dtype float16: w goes up to 7e\+04; allowed: bfloat16, float32"):
        narrow({"w": torch.tensor([7e4])}, "float16")
    assert narrow({"w": torch.tensor([7e4])}, "bfloat16")["w"].isfinite().all()


def test_a_difference_and_its_base_give_every_bit_back() -> None:
    torch.manual_seed(0)
    base = {name: torch.randn(3, 2).half() for name in ("trunk", "norm", "head")}
    base["norm"][0, 0] = float("nan")  # equal to itself bit for bit
    state = {f"encoder.{name}": tensor.clone() for name, tensor in base.items()} | {"own": torch.randn(2)}
    state["encoder.head"][1, 1] = -0.0
    base["head"][1, 1] = 0.0  # equal as a number, another bit
    shared = {f"encoder.{name}": tensor for name, tensor in base.items()}
    stored = difference(state, shared)
    assert set(stored) == {"encoder.head", "own"}
    assert serialize(shared | stored) == serialize(state)


def test_a_file_does_not_depend_on_the_order_of_its_tensors() -> None:
    one, other = torch.ones(2), torch.zeros(3).half()
    assert serialize({"a": one, "b": other}) == serialize({"b": other, "a": one})


def test_the_same_weights_have_the_same_name_in_every_release() -> None:
    state = {"b": torch.arange(3).half(), "a": torch.tensor([[0.5, -2.0]]), "n": torch.tensor(7)}
    # By hand, from the format: the header's length, the header padded to 8 bytes, then the tensors, wide types first.
    header = (
        b'{"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},'
        b'"b":{"dtype":"F16","shape":[3],"data_offsets":[16,22]}}'
    )
    header += b" " * (-len(header) % 8)
    data = bytes.fromhex("0700000000000000" + "0000003f000000c0" + "0000003c0040")
    expected = len(header).to_bytes(8, "little") + header + data
    assert serialize(state) == expected
    assert digest(state) == sha256(expected).hexdigest()


def test_what_is_no_safetensors_file_is_refused() -> None:
    good = serialize({"a": torch.ones(2)})
    for bad in (b"", good[:20], good[:-1], b"\xff" * 8 + good[8:], good + b"x"):
        with pytest.raises(ValueError, match=r"^f: damaged: "):
            parse(bad, "f")
    assert parse(good, "f")["a"].equal(torch.ones(2))


def test_low_rank_changes_take_the_place_of_what_they_change() -> None:
    torch.manual_seed(0)
    base = {name: torch.randn(5, 4).half() for name in ("trunk", "other")} | {"bias": torch.randn(5).half()}
    changes = {"lora.trunk.up": torch.randn(5, 2), "lora.trunk.down": torch.randn(2, 4)}
    whole = merged(base["trunk"].float(), changes["lora.trunk.up"], changes["lora.trunk.down"])
    expected = base["trunk"].float() + 2 * changes["lora.trunk.up"] @ changes["lora.trunk.down"]
    torch.testing.assert_close(whole, expected)
    state = base | {"trunk": whole.half()}
    stored = unmerge(difference(state, base), base, changes, "float16")
    assert stored == changes
    assert serialize(merge(base | stored, "float16", "f")) == serialize(state)
    turned = state | {"other": state["other"].flip(0)}
    assert set(unmerge(difference(turned, base), base, changes, "float16")) == {"other", *changes}
    learnt_elsewhere = base | {"trunk": base["trunk"] + 1}
    assert set(unmerge(difference(state, learnt_elsewhere), learnt_elsewhere, changes, "float16")) == {"trunk"}


@pytest.mark.parametrize(
    "changes",
    [
        {"lora.trunk.up": torch.ones(5, 2)},
        {"lora.trunk.up": torch.ones(5, 2), "lora.trunk.down": torch.ones(3, 4)},
        {"lora.trunk.up": torch.ones(5, 2), "lora.trunk.down": torch.ones(2, 9)},
        {"lora.trunk.up": torch.ones(5), "lora.trunk.down": torch.ones(4)},
        {"lora.trunk.up": torch.ones(5, 2), "lora.trunk.down": torch.ones(2, 4, dtype=torch.int64)},
        {"lora.gone.up": torch.ones(5, 2), "lora.gone.down": torch.ones(2, 4)},
        {"lora.trunk.sideways": torch.ones(5, 2)},
        {"lora.": torch.ones(1)},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_a_change_that_does_not_fit_is_refused(changes: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ValueError, match=r"^f: lora\..* is no low-rank change of a weight$"):
        merge({"trunk": torch.zeros(5, 4)} | changes, "float16", "f")
