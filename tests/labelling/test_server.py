import json
import socket
import threading
import time
import urllib.error
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from labeller import Served, served, status
from micro import padzoo

from padzoo.core.codec import decode
from padzoo.core.record import Record
from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.judges import preference
from padzoo.datamodules.judges.judgement import standing
from padzoo.datamodules.judges.judgement_file import JudgementFile
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.labelling.server import FIRST_REQUEST

LABELLERS, ROUNDS = 20, 12


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labels") / "labels.jsonl"


@pytest.fixture(scope="module")
def server(shards: Path, out: Path) -> Iterator[Served]:
    with served(shards, "--out", out, "--name", "ann", "--criterion", "What <b>matters</b>") as server:
        yield server


def frames(clip: bytes) -> np.ndarray:
    count = int.from_bytes(clip[:4], "little")
    ends = np.cumsum(np.frombuffer(clip[4 : 4 + 4 * count], "<u4"))
    data = clip[4 + 4 * count :]
    assert ends[-1] == len(data)
    return decode([data[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)])


def test_clips_are_what_was_recorded_and_nothing_says_which(
    server: Served, trajectories: list[Trajectory], out: Path
) -> None:
    found = server.round("blind")
    assert (found["clips"], found["who"], found["criterion"]) == (4, "blind", "What <b>matters</b>")
    assert "pattern" not in json.dumps(found)
    clips = [frames(server.get(f"clips/{found['round']}/{place}")) for place in range(4)]
    server.post("judge", who="blind", round=found["round"], ranks=[4, 3, 2, 1], seconds=1.5)
    said = [each for each in JudgementFile(out).judgements if each.who == "blind"][-1]
    stored = {each.key: Record.encode(each).decode().frames for each in trajectories}
    for key, clip in zip(said.clips, clips, strict=True):
        np.testing.assert_array_equal(clip, stored[key])
    assert (said.ranks, said.seconds, said.state) == ([4, 3, 2, 1], 1.5, "ranked")


def test_a_judgement_is_on_the_disk_before_the_answer_and_once(server: Served, out: Path) -> None:
    first = server.round("eve")
    assert server.round("eve") == first  # a page that is loaded again
    said = {"who": "eve", "round": first["round"], "ranks": [1, 2, 2, 3], "seconds": 2}
    answers = [server.post("judge", **said) for _ in range(3)]  # a double click, a connection that was cut
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["round"] != first["round"]
    assert answers[0]["progress"] == {"rounds": 1, "skipped": 0, "comparisons": 5, "ties": 1, "seconds": 2}
    assert [each.ranks for each in JudgementFile(out).judgements if each.who == "eve"] == [[1, 2, 2, 3]]
    with pytest.raises(urllib.error.HTTPError) as other:  # another tab says something else
        server.post("judge", **(said | {"ranks": [4, 3, 2, 1]}))
    assert status(other.value) == 409


def test_undo_goes_back_as_far_as_one_likes(server: Served, out: Path) -> None:
    names = []
    for ranks in ([1, 2, 3, 4], None):
        names.append(server.round("bob")["round"])
        server.post("judge", who="bob", round=names[-1], ranks=ranks, seconds=1)
    opened = server.round("bob")["round"]
    back = [server.post("undo", who="bob", round=opened) for _ in range(2)]  # a double click undoes once
    assert back[0] == back[1]
    assert back[0]["round"] == names[1]
    assert back[0]["progress"] == {"rounds": 1, "skipped": 0, "comparisons": 6, "ties": 0, "seconds": 1}
    assert server.post("undo", who="bob", round=names[1])["round"] == names[0]
    assert server.post("undo", who="bob", round=names[0])["round"] == names[0]  # there is nothing before
    server.post("judge", who="bob", round=names[0], ranks=[4, 3, 2, 1], seconds=1)
    mine = [each for each in standing(JudgementFile(out).judgements) if each.who == "bob"]
    assert [(each.round, each.ranks) for each in mine] == [(names[0], [4, 3, 2, 1])]


def test_the_page_needs_nothing_from_elsewhere(server: Served) -> None:
    page = server.get("").decode()
    linked = [part.split('"')[0] for part in page.replace('src="', 'href="').split('href="')[1:]]
    assert {"page.css", "page.js", "icon.svg"} == set(linked)
    for name in (*linked, "film.js", "ranking.js", "server.js"):
        assert b"//cdn" not in server.get(name)
        assert b"https://" not in server.get(name)


def test_labellers_at_once_lose_nothing(server: Served, out: Path) -> None:
    confirmed: dict[str, list[str]] = {f"labeller {number}": [] for number in range(LABELLERS)}

    def work(who: str) -> None:
        found = server.round(who.replace(" ", "%20"))
        for number in range(ROUNDS):
            server.get(f"clips/{found['round']}/{number % 4}")
            name = found["round"]
            found = server.post("judge", who=who, round=name, ranks=[1, 2, 3, 4], seconds=0.1)
            confirmed[who].append(name)

    threads = [threading.Thread(target=work, args=(who,)) for who in confirmed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = JudgementFile(out).judgements
    for who, names in confirmed.items():
        mine = [each for each in found if each.who == who]
        assert [each.round for each in mine] == names
        assert len(names) == ROUNDS == len({frozenset(each.clips) for each in mine})


def test_a_killed_server_has_lost_nothing_and_resumes(shards: Path, tmp_path: Path) -> None:
    out, confirmed = tmp_path / "labels.jsonl", []
    with served(shards, "--out", out, "--name", "ann") as server:
        threading.Timer(0.5, server.process.kill).start()
        found = server.round()
        with suppress(OSError):
            while True:
                name = found["round"]
                found = server.post("judge", who="ann", round=name, ranks=[1, 2, 3, 4], seconds=0.1)
                confirmed.append(name)
    assert confirmed
    before = JudgementFile(out).judgements
    assert [each.round for each in before][: len(confirmed)] == confirmed
    with served(shards, "--out", out, "--name", "ann") as server:
        found = server.round()
        assert found["progress"]["rounds"] == len(before)
        server.post("judge", who="ann", round=found["round"], ranks=[1, 1, 1, 1], seconds=0.1)
        assert f"{len(before) + 1} rounds, {6 * len(before)} comparisons in {out}" in server.interrupt()
    sets = [frozenset(each.clips) for each in JudgementFile(out).judgements]
    assert len(set(sets)) == len(sets) == len(before) + 1
    assert len(preference.read(out)) == 6 * len(before)


def test_two_servers_share_a_file(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    with served(shards, "--out", out, "--ways", 2) as one, served(shards, "--out", out, "--ways", 2) as other:
        for server in (one, other, one, other):
            server.post("judge", who="ann", round=server.round()["round"], ranks=[1, 2], seconds=1)
        assert one.round()["progress"]["rounds"] == 4


def test_the_first_round_of_a_thousand_clips_appears_at_once(trajectories: list[Trajectory], tmp_path: Path) -> None:
    record = Record.encode(trajectories[0])
    with ShardWriter(tmp_path / "many", source={}) as writer:
        for number in range(1000):
            writer.write(replace(record, key=f"clip-{number:04}"))
    with served(tmp_path / "many", "--out", tmp_path / "labels.jsonl", "--choose", "disagreement") as server:
        start = time.monotonic()
        server.get("")
        found = server.round()
        for place in range(4):
            server.get(f"clips/{found['round']}/{place}")
        assert time.monotonic() - start < 2


def test_others_are_let_in_only_if_asked(shards: Path, tmp_path: Path) -> None:
    with served(shards, "--out", tmp_path / "l.jsonl", "--host", "0.0.0.0") as server:
        assert server.host != "0.0.0.0"
        request = f"GET /{server.token}/round HTTP/1.1\r\nHost: some.other.name\r\nConnection: close\r\n\r\n"
        assert server.status(request.encode()) == 200
        assert server.status(request.replace(server.token, "x").encode()) == 403


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ways", 6], "--ways 6: allowed: 2 to 5"),
        (["--repeats", 1], "--repeats 1.0: allowed: 0 to below 1"),
        (["--name", "a/b"], "name 'a/b': allowed: 1 to 40 letters, digits, spaces and _ . @ + -"),
        (["--host", "203.0.113.1"], "--host 203.0.113.1 --port 0: "),
        (["--port", 70000], "--port 70000: allowed: 1 to 65535, or 0 for any that is free"),
        (["--choose", "worst"], "--choose: Expected one of 'random', 'disagreement'"),
    ],
)
def test_what_is_not_allowed_is_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[object], message: str
) -> None:
    assert padzoo("label", shards, "--out", tmp_path / "l.jsonl", *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"padzoo: error: {message}")


def test_labels_of_other_clips_are_refused(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "labels.jsonl"
    line = {"round": "r", "clips": ["a", "b"], "state": "skipped", "ranks": None, "who": "ann", "at": "", "seconds": 1}
    out.write_text(json.dumps(line) + "\n")
    assert padzoo("label", shards, "--out", out) == 2
    assert f"--out {out}: judges trajectory 'a', which is not in {shards}" in capsys.readouterr().err


def test_connections_that_ask_for_nothing_do_not_keep_others_out(server: Served) -> None:
    with ExitStack() as stack:
        for _ in range(210):
            stack.enter_context(socket.create_connection((server.host, server.port), timeout=20))
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.round("ann")
        assert status(refused.value) == 503
        time.sleep(FIRST_REQUEST + 0.5)
        assert server.round("ann")["clips"]
