import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from small_zoo import NAMES
from upath import UPath
from web import Server, serve

from padzoo.zoo.hub import index
from padzoo.zoo.hub.index import Checkpoint, Entry, Index, catalog, find, holding


def entry(source: str = "policy_tiny.sft") -> Entry:
    return Entry(source, "ab" * 32, "cd" * 32, "policy", 601_716, 1_200_000, {"left": 99.0})


def test_what_is_installed_is_an_index_that_may_be_empty() -> None:
    text = (index.EMBEDDED / "index.yaml").read_bytes()
    assert set(catalog()) == set(Index.parse(text, "index.yaml").checkpoints)


@pytest.mark.parametrize("form", ["folder", "file", "http", "memory"])
def test_another_index_is_added_from_anywhere(form: str, zoo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(zoo_folder / "index.yaml", zoo_folder.parent / "text")
    UPath("memory://zoo/index.yaml").write_bytes((zoo_folder / "index.yaml").read_bytes())
    with serve(zoo_folder) as url:
        places = {"folder": f"{zoo_folder}/", "file": f"{zoo_folder}/index.yaml", "http": url, "memory": "memory://zoo"}
        monkeypatch.setenv("PADZOO_INDEX", places[form])
        found = catalog()
    names = set(NAMES) if form in ("folder", "file") else {NAMES[0]}  # what else it has is installed
    assert names <= set(found)
    root = places[form].removesuffix("/index.yaml").rstrip("/")
    assert found[NAMES[0]].url == f"{root}/{NAMES[0]}"
    assert not found[NAMES[0]].embedded


def test_the_added_index_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, size in (("embedded", 1), ("added", 2)):
        (tmp_path / name).mkdir()
        values = {"checkpoints": {"a.x": vars(entry()) | {"bytes": size}, f"{name}.x": vars(entry())}}
        (tmp_path / name / "index.yaml").write_text(yaml.safe_dump({"format": "padzoo-index-v1", **values}))
    monkeypatch.setattr(index, "EMBEDDED", tmp_path / "embedded")
    assert {name: item.embedded for name, item in catalog().items()} == {
        "a.x": True,
        "embedded.x": True,
    }
    monkeypatch.setenv("PADZOO_INDEX", str(tmp_path / "added"))
    found = catalog()
    assert {name: item.embedded for name, item in found.items()} == {"a.x": False, "embedded.x": True, "added.x": False}
    assert found["a.x"].entry.bytes == 2


def test_an_index_elsewhere_adds_names_and_replaces_none(zoo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(zoo_folder) as url:
        monkeypatch.setenv("PADZOO_INDEX", url)
        monkeypatch.setattr(Server, "sent", 0)
        assert find("policy_tiny.sft").embedded
        assert Server.sent == 0  # nobody was asked
        assert find("policy_tiny.aligned").url == f"{url}/policy_tiny.aligned"
        assert {name for name, item in catalog().items() if not item.embedded} == {NAMES[0]}


@pytest.mark.parametrize("arguments", [["list"], ["show", "policy_tiny.sft"], ["show", "policy_tiny.none"]])
def test_an_index_that_cannot_be_reached_is_one_warning_where_it_is_asked(arguments: list[str]) -> None:
    environment = os.environ | {"PADZOO_INDEX": "http://127.0.0.1:9/zoo", "COLUMNS": "200"}
    command, start = [sys.executable, "-m", "padzoo", *arguments], time.monotonic()
    found = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert time.monotonic() - start < 20
    warning, error = (
        "PADZOO_INDEX: cannot be reached; what is here can",
        "padzoo: error: policy_tiny.none: no such checkpoint",
    )
    lines = {"list": [warning], "policy_tiny.sft": [], "policy_tiny.none": [warning, error]}[arguments[-1]]
    assert found.returncode == (2 if error in lines else 0)
    assert [line[:47] for line in found.stderr.splitlines()] == [line[:47] for line in lines]
    assert ("policy_tiny.sft" in found.stdout) == (error not in lines)


def test_a_folder_that_is_gone_is_one_warning(tmp_path: Path) -> None:
    environment = os.environ | {"PADZOO_INDEX": str(tmp_path / "share"), "COLUMNS": "200"}
    for name, status in (("policy_tiny.sft", 0), ("policy_tiny.none", 2)):
        command = [sys.executable, "-m", "padzoo", "show", name]
        found = subprocess.run(command, capture_output=True, text=True, env=environment)
        warning = f"PADZOO_INDEX: {tmp_path}/share has no index.yaml; what is here can still be used"
        assert (found.returncode, found.stderr.splitlines()[0]) == (status, warning)
        assert len(found.stderr.splitlines()) == (1 if status == 0 else 2)


@pytest.mark.usefixtures("zoo_folder", "nothing_installed")
@pytest.mark.parametrize("name", ["policy_tiny.stf", "policy_tiny_sft", "sft"])
def test_a_wrong_name_is_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"^{name}: no such checkpoint .*name of the zoo(; did you mean 'policy_tiny.sft'|; p)"
    ):
        find(name)
    with pytest.raises(ValueError, match=r"^zebra: no such .* of the zoo; padzoo list shows its 3$"):
        find("zebra")


def test_weights_are_found_whatever_they_are_called(zoo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = catalog()["policy_tiny.sft"]
    assert holding(ours.entry.weights) == ours
    assert holding("00" * 32) is None
    monkeypatch.delenv("PADZOO_INDEX")
    installed = catalog()["policy_tiny.sft"]
    monkeypatch.setenv("PADZOO_INDEX", str(zoo_folder))
    assert catalog()["policy_tiny.sft"] == ours  # which has other weights
    assert holding(installed.entry.weights) == installed


@pytest.mark.parametrize(
    "source", ["../other", "/etc", "a/../../b", "file:///etc", "local:///etc", "zip://a::x", "a\\b", "c:x"]
)
def test_a_source_that_leads_out_of_the_index_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"^a\.x: source '.*' leads out of /zoo; allowed: a path within, or a URL$"):
        _ = Checkpoint("a.x", "/zoo", entry(source)).url


@pytest.mark.parametrize("source", ["https://host/zoo/a.x", "s3://bucket/a.x", f"hf://owner/name@{'a' * 40}/a.x"])
def test_a_source_may_be_elsewhere(source: str) -> None:
    assert Checkpoint("a.x", "/zoo", entry(source)).url == source


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"format": "padzoo-index-v2", "checkpoints": {}}, "format 'padzoo-index-v2' is not supported; allowed: 'pad"),
        ({"format": "padzoo-index-v1"}, "key 'checkpoints' is missing"),
        ({"format": "padzoo-index-v1", "checkpoints": {"../x.y": vars(entry())}}, r"name '\.\./x\.y' is not allowed; "),
        ({"format": "padzoo-index-v1", "checkpoints": {"a.x": {}}}, r"key 'checkpoints\.a\.x\.source' is missing"),
        (
            {"format": "padzoo-index-v1", "checkpoints": {"a.x": vars(replace(entry(), sha256="../../x"))}},
            r"a\.x: sha256 '\.\./\.\./x'; allowed: 64 hexadecimal digits",
        ),
        ([], r"the file is \[\], expected keys and values"),
    ],
)
def test_an_index_is_read_strictly(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=f"^i: {message}"):
        Index.parse(yaml.safe_dump(values).encode(), "i")
    with pytest.raises(ValueError, match=r"^i: not YAML: "):
        Index.parse(b"a: [", "i")
