import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest
from fake_hub import FakeHub
from huggingface_hub import HfFileSystem
from small_zoo import NAMES
from upath import UPath
from web import serve

from padzoo.core.atomic import reserved
from padzoo.core.patient_file import UnreachableError
from padzoo.zoo import hub
from padzoo.zoo.hub.index import Index, catalog
from padzoo.zoo.hub.publish import is_published, publish
from padzoo.zoo.hub.store import open_store

pytestmark = pytest.mark.usefixtures("nothing_installed")


@pytest.fixture
def fake_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(FakeHub, "repositories", {})
    monkeypatch.setattr(FakeHub, "asked", [])
    HfFileSystem.clear_instance_cache()
    with serve(tmp_path, FakeHub) as url:
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", url)
        template = f"{url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield url


def publish_all(family: Path, target: str) -> list[str]:
    return [publish(family / name, target) for name in sorted(NAMES, reverse=True)]


def assert_pulled(family: Path, index: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADZOO_INDEX", index)
    for name in NAMES:
        files = {path.name: path.read_bytes() for path in hub.pull(name).iterdir()}
        assert files == {path.name: path.read_bytes() for path in (family / name).iterdir()}


@pytest.mark.parametrize("place", ["folder", "memory"])
def test_what_is_pushed_can_be_pulled(
    place: str, family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = {"folder": str(tmp_path / "new" / "zoo"), "memory": f"memory:/{tmp_path}"}[place]
    places = publish_all(family, target)
    assert [UPath(each).name for each in places] == sorted(NAMES, reverse=True)
    assert set(Index.of(open_store(target, writes=True)).checkpoints) == set(NAMES)
    assert_pulled(family, target, monkeypatch)


def test_of_two_pushes_at_once_the_second_is_refused_and_no_entry_is_lost(family: Path, tmp_path: Path) -> None:
    first, second = (str(family / name) for name in NAMES[:2])
    program = "import sys; from pathlib import Path; from padzoo.zoo.hub.publish import publish; "
    command = [sys.executable, "-c", f"{program}publish(Path(sys.argv[1]), sys.argv[2])", second, str(tmp_path / "zoo")]
    with reserved(tmp_path / "zoo" / "index.yaml", shared=True):  # as a push does until its entry is in the index
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    publish(Path(first), str(tmp_path / "zoo"))
    refusal = f"ValueError: {tmp_path}/zoo/index.yaml: another process is writing it; allowed: "
    assert found.stderr.splitlines()[-1].startswith(refusal)
    subprocess.run(command, check=True)
    assert set(Index.of(open_store(str(tmp_path / "zoo"), writes=True)).checkpoints) == set(NAMES[:2])


def test_what_is_pushed_to_the_hub_can_be_pulled_at_its_revision(
    fake_hub: str, family: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = publish_all(family, "hf://me/agents")
    oids = [oid for oid, _ in FakeHub.repositories["me/agents"]]
    assert places == [
        f"hf://me/agents@{oid}/{name}" for oid, name in zip(oids, sorted(NAMES, reverse=True), strict=True)
    ]
    assert_pulled(family, f"hf://me/agents@{oids[-1]}", monkeypatch)
    assert {checkpoint.url for checkpoint in catalog().values()} >= {
        f"hf://me/agents@{oids[-1]}/{name}" for name in NAMES
    }
    monkeypatch.setenv("PADZOO_INDEX", f"hf://me/agents@{oids[0]}")
    added = {name for name, item in catalog().items() if not item.embedded}
    assert added == {max(NAMES)}
    monkeypatch.setenv("PADZOO_INDEX", "hf://me/agents")
    with pytest.raises(ValueError, match="hf://me/agents: not pinned to a revision"):
        catalog()
    monkeypatch.setenv("PADZOO_INDEX", f"hf://me/agents@{'0' * 40}")
    with pytest.raises(ValueError, match=f"hf://me/agents@{'0' * 40}: index.yaml is missing"):
        catalog()


def test_a_download_from_the_hub_that_breaks_off_is_resumed(
    fake_hub: str, family: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = publish_all(family, "hf://me/agents")[-2]
    monkeypatch.setenv("PADZOO_INDEX", place.rpartition("/")[0])
    weights = (family / "policy_tiny.sft" / "model.safetensors").read_bytes()
    monkeypatch.setattr(FakeHub, "sent", {})
    monkeypatch.setattr(FakeHub, "breaks", {"policy_tiny.sft/model.safetensors": 500_000})
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 100_000)
    assert (hub.pull("policy_tiny.sft") / "model.safetensors").read_bytes() == weights
    assert FakeHub.sent["policy_tiny.sft/model.safetensors"] == len(weights)  # nothing came twice
    assert not FakeHub.breaks


def test_more_than_the_card_says_is_not_taken_from_the_hub(
    fake_hub: str, family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = publish_all(family, "hf://me/agents")[-1]
    monkeypatch.setattr(FakeHub, "sent", {})
    with pytest.raises(ValueError, match=r"model\.safetensors: larger than the 99 bytes that it may have$"):
        open_store(place).copy("model.safetensors", tmp_path / "a" / "b", 99)
    assert not FakeHub.sent


def test_a_hub_that_does_not_answer_is_said_so(fake_hub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UnreachableError, match=rf"^hf://me/agents@{'a' * 40}/index\.yaml: "):
        open_store(f"hf://me/agents@{'a' * 40}").read("index.yaml")


@pytest.mark.parametrize("place", ["folder", "memory", "hub"])
def test_nothing_is_overwritten(place: str, fake_hub: str, family: Path, tmp_path: Path) -> None:
    target = {"folder": str(tmp_path / "zoo"), "memory": f"memory:/{tmp_path}", "hub": "hf://me/agents"}[place]
    folder = family / "policy_tiny.sft"
    assert not is_published(folder, target)
    assert publish(folder, target, dry_run=True) == f"{target}/policy_tiny.sft"
    assert not is_published(folder, target)
    publish(folder, target)
    assert is_published(folder, target)
    before = Index.of(open_store(target, writes=True))
    for dry_run in (True, False):
        with pytest.raises(
            ValueError, match=rf"^{target}/policy_tiny\.sft: exists already; weights are never overwritten$"
        ):
            publish(folder, target, dry_run)
    assert Index.of(open_store(target, writes=True)) == before


def test_a_folder_that_is_not_listed_is_not_overwritten_either(family: Path, tmp_path: Path) -> None:
    (tmp_path / "policy_tiny.sft").mkdir()
    with pytest.raises(ValueError, match="exists already"):
        publish(family / "policy_tiny.sft", str(tmp_path))
    assert Index.of(open_store(str(tmp_path))) == Index()


def test_a_push_that_was_cut_off_before_it_was_listed_can_be_made_again(family: Path, tmp_path: Path) -> None:
    name = NAMES[0]
    shutil.copytree(family / name, tmp_path / name)
    publish(family / name, str(tmp_path))
    assert list(Index.of(open_store(str(tmp_path))).checkpoints) == [name]
    with pytest.raises(ValueError, match="exists already"):
        publish(family / name, str(tmp_path))


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/zoo", "https://example.org/zoo"])
def test_what_cannot_be_written_to_is_one_line(target: str, family: Path) -> None:
    with pytest.raises(ValueError, match="cannot be written to; allowed: a folder"):
        publish(family / NAMES[0], target, dry_run=True)


def test_two_pushes_at_once_to_the_hub_do_not_lose_one(fake_hub: str, family: Path) -> None:
    publish(family / "policy_tiny.sft", "hf://me/agents")
    late = open_store("hf://me/agents", writes=True)
    publish(family / "reward_tiny.left", "hf://me/agents")
    with pytest.raises(OSError, match="412"):
        late.write("x.y", {"card.yaml": b""}, ("index.yaml", b""))
    assert set(Index.of(open_store("hf://me/agents", writes=True)).checkpoints) == {
        "policy_tiny.sft",
        "reward_tiny.left",
    }


@pytest.mark.parametrize("url", ["hf://me", f"hf://me/agents@{'a' * 40}", "hf://me/agents/folder"])
def test_only_a_whole_repository_is_pushed_to(url: str) -> None:
    with pytest.raises(ValueError, match=rf"^{url}: allowed: hf://OWNER/NAME, a whole repository"):
        open_store(url, writes=True)


def test_a_checkpoint_without_a_name_is_not_published(family: Path, tmp_path: Path) -> None:
    hub.save(hub.load(family / "policy_tiny.sft"), tmp_path / "net")
    with pytest.raises(ValueError, match=r"net/card\.yaml: name '' is not allowed; allowed: arch\.tag"):
        publish(tmp_path / "net", str(tmp_path))
