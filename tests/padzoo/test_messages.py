import pytest

from padzoo.messages import complaint

UNION = """Parser key "model":
  Does not validate against any of the Union subtypes
  Subtypes: [<class 'padzoo.zoo.learn.module.ZooModule'>, <class 'NoneType'>]
  Errors:
    - Problem with given class_path 'padzoo.zoo.learn.behavior_cloning.BehaviorCloning':
        Parser key "trainable":
          Expected a typing.Literal['all', 'head']. Got value: tail
    - Expected a <class 'NoneType'>
  Given value type: <class 'jsonargparse._util.NestedArg'>
  Given value: NestedArg(key='trainable', val='tail')"""
WORKER = """Caught ValueError in DataLoader worker process 0.
Original Traceback (most recent call last):
  File "x.py", line 1, in y
ValueError: 000000.tar: damaged
  in two lines
"""


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("spawn 7: allowed 0, 1, 2, 3", "spawn 7: allowed 0, 1, 2, 3"),
        (
            "Parser key \"trainer.max_steps\": Expected a <class 'int'>. Got value: x",
            "--trainer.max_steps: Expected int.",
        ),
        (UNION, "--model: trainable of BehaviorCloning: Expected one of 'all', 'head'. Got value: tail"),
        (WORKER, "000000.tar: damaged in two lines"),
    ],
)
def test_what_was_wrong_is_told_on_one_line(message: str, expected: str) -> None:
    found = complaint(ValueError(message))
    assert found.startswith(expected)
    assert "\n" not in found
    assert len(found) < len(expected) + 20
