import shutil
from pathlib import Path

import pytest
from micro import padzoo
from small_zoo import NAMES

from padzoo.zoo import hub
from padzoo.zoo.hub import index


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("zoo_folder")
def test_a_checkpoint_is_pulled_by_its_name(cache_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("pull", "policy_tiny.aligned") == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.is_relative_to(cache_folder)
    assert (path / "card.yaml").is_file()


def test_a_mirror_is_a_zoo_for_a_machine_without_a_network(
    zoo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(index, "EMBEDDED", zoo_folder)
    assert padzoo("pull", "--all", "--to", tmp_path / "mirror") == 0
    assert set(capsys.readouterr().out.split()) == {str(tmp_path / "mirror" / name) for name in NAMES}
    mirrored = contents(tmp_path / "mirror")
    assert {name: data for name, data in mirrored.items() if name != "index.yaml"} == {
        name: data for name, data in contents(zoo_folder).items() if name != "index.yaml"
    }
    assert padzoo("pull", "--all", "--to", tmp_path / "mirror") == 0  # nothing is there twice
    assert capsys.readouterr().out == ""
    assert contents(tmp_path / "mirror") == mirrored
    sha256 = hub.sha256(zoo_folder / "policy_tiny.aligned")
    shutil.rmtree(zoo_folder)
    zoo_folder.mkdir()
    (zoo_folder / "index.yaml").write_text("format: padzoo-index-v1\ncheckpoints: {}\n")
    monkeypatch.setenv("PADZOO_INDEX", str(tmp_path / "mirror"))
    assert hub.sha256("policy_tiny.aligned") == sha256
    hub.load("policy_tiny.aligned")


@pytest.mark.usefixtures("zoo_folder")
def test_one_is_copied_with_what_it_is_stored_on(tmp_path: Path) -> None:
    assert padzoo("pull", "reward_tiny.left", "--to", tmp_path / "mirror") == 0
    names = {path.name for path in (tmp_path / "mirror").iterdir()}
    assert names == {"reward_tiny.left", "policy_tiny.sft", "index.yaml", ".index.yaml.lock"}
    hub.load(tmp_path / "mirror" / "reward_tiny.left")


@pytest.mark.parametrize("arguments", [[], ["policy_tiny.sft", "--all"]])
def test_a_name_or_all_is_wanted(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert padzoo("pull", *arguments) == 2
    assert capsys.readouterr().err == "padzoo: error: pull: allowed: a NAME or --all\n"
