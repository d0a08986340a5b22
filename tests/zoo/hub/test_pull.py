import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_zoo import NAMES, relist, rewrite
from web import Server, serve

from padzoo.core import patient_file
from padzoo.zoo import hub
from padzoo.zoo.hub import index
from padzoo.zoo.hub.card import CARD, WEIGHTS, Card, File, Golden
from padzoo.zoo.hub.index import find
from padzoo.zoo.hub.state import parse, serialize
from padzoo.zoo.nets.policy import Policy

pytestmark = pytest.mark.usefixtures("nothing_installed")
SFT, ALIGNED, REWARD = "policy_tiny.sft", "policy_tiny.aligned", "reward_tiny.left"


def kept(folder: Path) -> dict[str, bytes]:
    """The finished checkpoints in a cache, file by file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


@pytest.mark.parametrize("place", ["folder", "http"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_pulled_is_what_was_published(
    place: str, name: str, zoo_folder: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(zoo_folder) as url:
        if place == "http":
            monkeypatch.setenv("PADZOO_INDEX", url)
        path = hub.pull(name)
        net = hub.load(name)
        assert path.is_relative_to(cache_folder)
        assert {file.name: file.read_bytes() for file in path.iterdir()} == {
            file.name: file.read_bytes() for file in (zoo_folder / name).iterdir()
        }
        assert hub.sha256(name) == hub.sha256(zoo_folder / name)
        for key, tensor in hub.load(zoo_folder / name).state_dict().items():
            assert net.state_dict()[key].equal(tensor)


def test_what_is_here_needs_no_network(
    zoo_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(zoo_folder) as url:
        monkeypatch.setenv("PADZOO_INDEX", url)
        hub.load(ALIGNED)
        monkeypatch.setattr(Server, "sent", 0)
        hub.load(ALIGNED)
        assert Server.sent == 0
    hub.load(ALIGNED)  # nor if nobody answers any more
    assert not caplog.records
    with pytest.raises(ValueError, match=r"^policy_tiny\.none: no such checkpoint .*; did you mean "):
        hub.load("policy_tiny.none")
    (warning,) = caplog.records
    assert warning.message.startswith(f"PADZOO_INDEX: cannot be reached; what is here can still be used ({url}/index.y")


def test_what_is_installed_is_used_where_it_is(
    zoo_folder: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PADZOO_INDEX")
    monkeypatch.setattr(index, "EMBEDDED", zoo_folder)
    assert hub.pull(ALIGNED) == zoo_folder / ALIGNED
    assert isinstance(hub.load(ALIGNED), Policy)
    assert list(cache_folder.iterdir()) == []
    (zoo_folder / ALIGNED / CARD).write_text(Card.read(zoo_folder / SFT).dump())
    with pytest.raises(ValueError, match=r"aligned/card\.yaml: its sha256 is \w{64}; the index says \w{64}$"):
        hub.load(ALIGNED)


def truncate(zoo: Path) -> None:
    path = zoo / SFT / WEIGHTS
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(zoo: Path) -> None:
    path = zoo / SFT / WEIGHTS
    path.write_bytes(path.read_bytes() + b"x")


def flip(zoo: Path) -> None:
    path = zoo / SFT / WEIGHTS
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flip_readme(zoo: Path) -> None:
    path = zoo / SFT / "README.md"
    path.write_bytes(path.read_bytes().replace(b"PadZoo", b"PodZoo"))


def flip_card(zoo: Path) -> None:
    path = zoo / SFT / CARD
    path.write_bytes(path.read_bytes().replace(b"MIT", b"MIX"))


def strange_card(zoo: Path) -> None:
    rewrite(zoo, SFT, seed=1)
    relist(zoo, SFT, sha256="00" * 32)


def remove(zoo: Path) -> None:
    (zoo / SFT / WEIGHTS).unlink()


def link(zoo: Path) -> None:
    path = zoo / SFT / WEIGHTS
    path.rename(zoo / "elsewhere")
    path.symlink_to(zoo / "elsewhere")


def escape(zoo: Path) -> None:
    relist(zoo, SFT, source="../zoo/policy_tiny.sft")


def unpinned(zoo: Path) -> None:
    relist(zoo, SFT, source="hf://owner/name@main/policy_tiny.sft")


def restate(zoo: Path, drop: str | None = None, add: str | None = None) -> None:
    """Stores other tensors, with every checksum right."""
    state = parse((zoo / SFT / WEIGHTS).read_bytes(), "")
    if drop:
        del state[drop]
    if add:
        state[add] = state["head.0.bias"].clone()
    data = serialize(state)
    (zoo / SFT / WEIGHTS).write_bytes(data)
    files = Card.read(zoo / SFT).files | {WEIGHTS: File.of(data)}
    rewrite(zoo, SFT, files=files, sha256=files[WEIGHTS].sha256)


def missing_key(zoo: Path) -> None:
    restate(zoo, drop="head.0.bias")


def extra_key(zoo: Path) -> None:
    restate(zoo, add="head.9.bias")


def wrong_class(zoo: Path) -> None:
    config = {"encoder": {"kind": "agent", "policy": {"size": "tiny"}}}
    rewrite(zoo, SFT, network="reward", config=config)


def wrong_class_in_the_index(zoo: Path) -> None:
    relist(zoo, SFT, network="reward")


def other_schema(zoo: Path) -> None:
    rewrite(zoo, SFT, schema="gamepad-v0")


def other_output(zoo: Path) -> None:
    rewrite(zoo, SFT, golden=Golden(0, [0.5] * 68))


REFUSALS = {
    truncate: r"sft/model\.safetensors: \d+ bytes; card\.yaml says \d+$",
    lengthen: r"sft/model\.safetensors: larger than the [\d,]+ bytes that it may have$",
    flip: r"sft/model\.safetensors: damaged: its sha256 is not the one in card\.yaml$",
    flip_readme: r"sft/README\.md: damaged: its sha256 is not the one in card\.yaml$",
    flip_card: r"sft/card\.yaml: its sha256 is \w{64}; the index says \w{64}$",
    strange_card: r"sft/card\.yaml: its sha256 is \w{64}; the index says 0{64}$",
    remove: r"sft: model\.safetensors is missing$",
    link: r"sft/model\.safetensors: a symbolic link; allowed: files that are in the folder themselves$",
    escape: r"policy_tiny\.sft: source '\.\./zoo/policy_tiny\.sft' leads out of .*zoo; allowed: a path within",
    unpinned: r"hf://owner/name@main/policy_tiny\.sft: not pinned to a revision; allowed: hf://OWNER/NAME@REVISION",
    missing_key: r"weights do not fit the network: head\.0\.bias is missing$",
    extra_key: r"weights do not fit the network: head\.9\.bias is not known$",
    wrong_class: r"weights do not fit the network: minimum is missing, maximum is missing, .* more$",
    wrong_class_in_the_index: r"sft/card\.yaml: the index says of policy_tiny\.sft what its card does not$",
    other_schema: r"card\.yaml: action schema 'gamepad-v0' is not supported; allowed: 'gamepad-v1'$",
    other_output: r"its golden output is off by [\d.]+ of 1 \+ the value; allowed: 0\.0001$",
}


@pytest.mark.parametrize("damage", REFUSALS, ids=lambda damage: damage.__name__)
def test_what_is_not_right_is_refused_and_the_old_file_kept(
    damage: object, zoo_folder: Path, cache_folder: Path
) -> None:
    hub.pull(SFT)
    old = kept(cache_folder)
    shutil.copytree(zoo_folder, zoo_folder.parent / "good")
    rewrite(zoo_folder, SFT, seed=7)  # a new release, so that it has to be downloaded
    assert callable(damage)
    damage(zoo_folder)
    for _ in range(2):  # also if what the first attempt left is gone on with
        with pytest.raises(ValueError, match=REFUSALS[damage]) as caught:  # type: ignore[index]
            hub.pull(SFT)
        assert "\n" not in str(caught.value)
        assert ".partial" not in str(caught.value)
    assert kept(cache_folder) == old
    shutil.rmtree(zoo_folder)
    (zoo_folder.parent / "good").rename(zoo_folder)
    assert isinstance(hub.load(SFT), Policy)


def test_a_damaged_copy_in_the_cache_is_replaced_by_a_good_one_only(zoo_folder: Path, cache_folder: Path) -> None:
    path = hub.pull(SFT)
    good = kept(cache_folder)
    (path / WEIGHTS).write_bytes(b"rotten")
    bad = kept(cache_folder)
    source = zoo_folder / SFT / WEIGHTS
    source.rename(zoo_folder / "away")
    with pytest.raises(ValueError, match=r"model\.safetensors is missing"):
        hub.pull(SFT)
    assert kept(cache_folder) == bad
    (zoo_folder / "away").rename(source)
    hub.pull(SFT)
    assert kept(cache_folder) == good


def test_an_interrupted_download_goes_on(zoo_folder: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_file, "PAUSE", 0.0)
    size = (zoo_folder / SFT / WEIGHTS).stat().st_size
    with serve(zoo_folder) as url:
        monkeypatch.setenv("PADZOO_INDEX", url)
        entry = find(SFT).entry.sha256
        partial = cache_folder / ".partial" / SFT / entry
        partial.mkdir(parents=True)
        (partial / WEIGHTS).write_bytes((zoo_folder / SFT / WEIGHTS).read_bytes()[: size - 1000])
        monkeypatch.setattr(Server, "sent", 0)
        hub.pull(SFT)
        others = sum((zoo_folder / path).stat().st_size for path in ("index.yaml", f"{SFT}/{CARD}", f"{SFT}/README.md"))
        assert Server.sent == others + 1000
    assert not partial.exists()


FETCH = """
from padzoo.zoo import hub
hub.locate
print("ready", flush=True)
hub.locate("policy_tiny.aligned")
"""


class Slow(Server):
    """Waits before it gives weights, until somebody makes a file."""

    go: Path
    asked = 0

    def do_GET(self) -> None:
        if self.path.endswith(WEIGHTS):
            type(self).asked += 1
            while not self.go.exists():
                time.sleep(0.01)
        super().do_GET()


def test_a_second_process_waits_and_goes_on_for_one_that_was_killed(
    zoo_folder: Path, cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slow, "go", tmp_path / "go", raising=False)
    monkeypatch.setattr(Slow, "asked", 0)
    with serve(zoo_folder, Slow) as url:
        processes = []
        for _ in range(2):
            command, environment = [sys.executable, "-c", FETCH], os.environ | {"PADZOO_INDEX": url}
            processes.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
            assert processes[-1].stdout is not None
            assert processes[-1].stdout.readline() == "ready\n"
            while not Slow.asked:
                time.sleep(0.01)
        time.sleep(0.5)
        assert Slow.asked == 1
        processes[0].kill()
        processes[0].communicate()
        (tmp_path / "go").touch()
        processes[1].communicate(timeout=60)
        assert processes[1].returncode == 0
        assert Slow.asked == 3  # of both processes, and of what it is stored on
        monkeypatch.setenv("PADZOO_INDEX", url)
        assert isinstance(hub.load(ALIGNED), Policy)
        assert Slow.asked == 3
