"""What somebody else would write, each one file, lying in the current folder."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest

HERE = Path(__file__).parent


@pytest.fixture
def own_modules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A current folder with a copy of every example beside this file."""
    folder = tmp_path_factory.mktemp("mine")
    examples = [path for path in HERE.glob("*.py") if not path.name.startswith(("test_", "conftest"))]
    for path in examples:
        shutil.copy(path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend("")
        yield folder
        for path in examples:
            sys.modules.pop(path.stem, None)
        gymnasium.registry.pop("Colours-v0", None)  # registered anew by the next test
