from pathlib import Path

import pytest

from padzoo.core.configuration import CONFIGS, find


def test_a_file_comes_before_the_packages_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find("trainer/ddp.yaml") == find("./trainer/ddp.yaml") == CONFIGS / "trainer" / "ddp.yaml"
    (tmp_path / "trainer").mkdir()
    (tmp_path / "trainer" / "ddp.yaml").write_text("devices: 2\n")
    assert find("trainer/ddp.yaml").read_text() == "devices: 2\n"
    assert find(tmp_path / "trainer" / "ddp.yaml").read_text() == "devices: 2\n"


@pytest.mark.parametrize(
    ("path", "hint", "allowed"),
    [
        (
            "experiment/polcy.yaml",
            "did you mean 'experiment/policy.yaml'? ",
            "experiment/dpo.yaml, experiment/grpo.yaml, ",
        ),
        ("configs/experiment/reward.yaml", "did you mean 'experiment/reward.yaml'? ", "data/..., experiment/..., "),
        ("../pyproject.yaml", "", "data/..., experiment/..., "),
        ("", "", "data/..., experiment/..., "),
    ],
)
def test_an_unknown_one_is_answered_with_the_nearest(
    path: str, hint: str, allowed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^configuration") as caught:
        find(path)
    where = f"no such file, seen from {tmp_path}, nor among the package's own"
    assert str(caught.value).startswith(f"configuration {str(Path(path))!r}: {where}; {hint}allowed: a file, {allowed}")
