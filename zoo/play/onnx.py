"""Policies as ONNX files, so that a game engine plays with them and needs nothing of ours; see docs/engines.md."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper

from padzoo.core.atomic import atomic, reserved
from padzoo.core.gamepad import COMPONENTS, RATE, SCHEMA, SIZES
from padzoo.zoo.nets.act_step import ActStep
from padzoo.zoo.nets.policy import Policy

OPSET: Final = 18  # the oldest that PyTorch writes, so that most engines read it
HALVED: Final = 1024  # numbers from which on a tensor's size matters
TOLERANCE: Final = 1e-3  # of logits, which deviate by 10 in a trained policy; measured were 7e-5


def export_onnx(policy: Policy, sha256: str, path: Path) -> None:
    """Writes one step of a policy's acting as an ONNX file, compared with PyTorch before it is moved into place.

    Weights that half precision holds exactly are stored in it; the arithmetic is float32.

    Args:
        policy: The policy.
        sha256: What names its weights in the file.
        path: The file to write; must not exist.

    Raises:
        ValueError: If the file exists, or ONNX Runtime computes something else than PyTorch.
    """
    with reserved(path), atomic(path) as aside:
        if path.exists():
            raise ValueError(f"{path}: exists already; weights are never overwritten")
        step = ActStep(policy).eval()
        model = _convert(step)
        _halve(model)
        helper.set_model_props(model, {"sha256": sha256, **_metadata(step)})
        onnx.save(model, aside)
        onnx.checker.check_model(aside, full_check=True)
        error = _error(aside, step)
        if not error <= TOLERANCE:  # nor where it is NaN
            raise ValueError(f"{path}: as ONNX it computes numbers that differ from PyTorch's by up to {error:.2g}")


def _metadata(step: ActStep) -> dict[str, str]:
    """Says what an engine must know; what is not one word is JSON."""
    return {
        "padzoo": version("padzoo"),
        "schema": SCHEMA,
        "components": json.dumps(dict(zip(COMPONENTS, SIZES, strict=True))),
        "steps_per_second": str(RATE),
        "image_size": str(step.policy.image_size),
        "context": str(step.policy.context),
        "state": json.dumps(list(step.start(1))),
        "config": json.dumps(step.policy.config),
    }


def _inputs(step: ActStep, games: int, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """Draws a step's inputs, but for the state."""
    size = step.policy.image_size
    return {
        "frame": torch.from_numpy(rng.integers(0, 256, (games, size, size, 3), dtype=np.uint8)),
        "uniform": torch.from_numpy(rng.random((games, len(COMPONENTS)), dtype=np.float32)),
        "temperature": torch.ones(games),
    }


def _convert(step: ActStep) -> ModelProto:
    """Traces the step; what the tracer noted about our source files is dropped."""
    state = step.start(2)
    example = _inputs(step, 2, np.random.default_rng(0)) | state
    program = torch.onnx.export(
        step,
        tuple(example.values()),
        input_names=list(example),
        output_names=["action", "logits", *(f"next_{name}" for name in state)],
        dynamic_shapes=tuple({0: torch.export.Dim.DYNAMIC} for _ in example),
        opset_version=OPSET,
        verbose=False,
    )
    assert program is not None
    model: ModelProto = program.model_proto
    graph = model.graph
    del graph.value_info[:]
    for noted in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del noted.metadata_props[:]
        noted.ClearField("doc_string")
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "games"
    model.producer_name, model.producer_version, graph.name = "padzoo", version("padzoo"), "act_step"
    return model


def _halve(model: ModelProto) -> None:
    """Stores in half precision whatever it holds exactly, with a cast behind it that runtimes fold when they load."""
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < HALVED:
            continue
        values = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if np.array_equal(half, values):
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            model.graph.node.insert(0, helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))


@torch.inference_mode()
def _error(path: Path, step: ActStep) -> float:
    """Plays two games of noise until their windows slide, and returns the largest difference to PyTorch."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    state, errors = step.start(2), []
    for _ in range(step.policy.context + 2):
        inputs = _inputs(step, 2, rng) | state
        expected = step(*inputs.values())
        _, logits, *values = session.run(None, {name: value.numpy() for name, value in inputs.items()})
        # actions are left out: a draw on the very edge may fall to either side
        pairs = zip((logits, *values[:2]), expected[1:4], strict=True)
        errors += [float(np.abs(found - other.numpy()).max()) for found, other in pairs]
        state = {name: torch.from_numpy(value) for name, value in zip(state, values, strict=True)}
    return float(np.max(errors))  # NaN if any is
