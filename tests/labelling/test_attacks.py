"""Requests that somebody else would send: each is refused, nothing is written, and the page works as before."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from labeller import Served, served

PATHS = ("", "round?who=ann", "judge", "undo", "clips/ROUND/0", "page.js")
OUTSIDE = (
    "../etc/passwd", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "....//etc/passwd",
    "/etc/passwd", "//etc/passwd", "file:///etc/passwd", "page/../../../pyproject.toml", "index.html/../../guard.py",
    "clips/../../../etc/passwd", "clips/ROUND/../../guard.py", "clips/ROUND/..%2f..%2findex.json", "clips/%00/0",
    "clips/ROUND/0%00.jpg", "clips/ROUND/-1", "clips/ROUND/4", "clips/ROUND/99999999999999999999", "clips/ROUND/0x0",
    "clips/ROUND/0/1", "clips/ROUND", "clips/ROUND/", "clips/other/0", "clips/pattern-001/0", "clips/ROUND/zero",
    "000000.tar", "index.json", "labels.jsonl", "guard.py", "server.py", "page.js.map", "page.js/", "page", ".git/HEAD",
    "docs", "openapi.json", "admin", "round/", "judge/", "PAGE.JS", "page.js%00", "\\\\..\\\\windows", "~root", "*",
)  # fmt: skip
METHODS = ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "MKCOL", "FOO")
ORIGINS = (
    "http://evil.example", "https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:PORT",
    "https://127.0.0.1:PORT", "http://127.0.0.1:PORT.evil.example", "http://evil.example:PORT", "file://", "*",
)  # fmt: skip
HOSTS = (
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1.evil.example",
    "169.254.169.254",
    "0.0.0.0:PORT",
    "",
    "[::2]:PORT",
)
SITES = ("cross-site", "same-site", "none", "nonsense")
KINDS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp")
BODIES = (
    b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"[" * 3000, b'{"who": ' * 400, b"{}",
)  # fmt: skip
WRONG: tuple[dict[str, Any], ...] = (
    {"ranks": [0, 1, 2, 3]}, {"ranks": [1, 2, 3, 6]}, {"ranks": [1, 2, 3]}, {"ranks": [1, 2, 3, 4, 5]}, {"ranks": []},
    {"ranks": "1234"}, {"ranks": [1.0, 2, 3, 4]}, {"ranks": [True, 2, 3, 4]}, {"ranks": {"0": 1}},
    {"ranks": [[1], 2, 3, 4]},
    {"ranks": [1, 2, 3, None]}, {"ranks": [10**30, 1, 2, 3]}, {"seconds": None}, {"seconds": "1"},
    {"seconds": float("nan")},
    {"seconds": float("inf")}, {"round": None}, {"round": 7}, {"round": "unknown"}, {"round": "../../x"},
    {"round": ["ROUND"]},
    {"who": ""}, {"who": "a" * 41}, {"who": "a\nb"}, {"who": "<script>"}, {"who": "../ann"}, {"who": None},
    {"who": "\x00"}, {"who": "bob"}, {"state": "undone"}, {"clips": ["pattern-001"]}, {"out": "/x"}, {"__proto__": {}},
)  # fmt: skip

REFUSED = {  # 0: the connection is closed
    "token": {400, 403},
    "path": {400, 404},
    "method": {403, 404, 405},
    "site": {400, 403},
    "content": {400, 409, 415},
    "size": {0, 400, 404, 413},
    "protocol": {0, 400, 403},
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labels") / "labels.jsonl"


@pytest.fixture(scope="module")
def server(shards: Path, out: Path) -> Iterator[Served]:
    with served(shards, "--out", out, "--name", "ann") as server:
        yield server


def request(server: Served, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Puts a request together as it goes over the wire; an empty header is left out."""
    fields = {"Host": f"127.0.0.1:{server.port}", "Content-Length": str(len(body)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value.replace("PORT", str(server.port)) for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def attacks(server: Served, name: str) -> Iterator[tuple[str, bytes]]:
    """Yields requests that are not the page's, each with its kind."""
    for kind, found in {
        "token": tokens(server, name),
        "path": (request(server, "GET", f"/{server.token}/{path}".replace("ROUND", name)) for path in OUTSIDE),
        "method": methods(server, name),
        "site": sites(server, name),
        "content": contents(server, name),
        "size": sizes(server, name),
        "protocol": protocols(server, name),
    }.items():
        yield from ((kind, sent) for sent in found)


def said(name: str, **changes: Any) -> bytes:
    """What the page would send."""
    return json.dumps({"who": "ann", "round": name, "ranks": [1, 2, 3, 4], "seconds": 1} | changes).encode()


def post(server: Served, path: str, body: bytes, **headers: str) -> bytes:
    return request(server, "POST", f"/{server.token}/{path}", body, **({"Content_Type": "application/json"} | headers))


def tokens(server: Served, name: str) -> Iterator[bytes]:
    token = server.token
    wrong = ("", "x", token[:-1], token + "x", token.swapcase(), token[::-1], "%00", "é", "..", f"%20{token}", "*" * 32)
    for each, path in product(wrong, PATHS):
        method = "POST" if path in ("judge", "undo") else "GET"
        there = f"/{each}/{path}".replace("ROUND", name)
        yield request(server, method, there, said(name), Content_Type="application/json")
    for path in (f"//{token}/round", f"/?token={token}", f"/x/../{token}/round"):
        yield request(server, "GET", path)


def methods(server: Served, name: str) -> Iterator[bytes]:
    for method, path in product(METHODS, PATHS):
        there = f"/{server.token}/{path}".replace("ROUND", name)
        yield request(server, method, there, said(name), Content_Type="application/json")
    for path in ("judge", "undo"):
        yield request(server, "GET", f"/{server.token}/{path}")


def sites(server: Served, name: str) -> Iterator[bytes]:
    for path in ("judge", "undo"):
        yield from (post(server, path, said(name), Origin=origin) for origin in ORIGINS)
        yield from (post(server, path, said(name), Sec_Fetch_Site=site) for site in SITES)
    for host in HOSTS:
        yield request(server, "GET", f"/{server.token}/round", Host=host)
        yield post(server, "judge", said(name), Host=host, Origin=f"http://{host}")


def contents(server: Served, name: str) -> Iterator[bytes]:
    for path in ("judge", "undo"):
        yield from (post(server, path, said(name), Content_Type=kind) for kind in KINDS)
        yield from (post(server, path, body) for body in BODIES)
    yield from (post(server, "judge", said(name, **changes)) for changes in WRONG)


def sizes(server: Served, name: str) -> Iterator[bytes]:
    yield post(server, "judge", said(name, who="a" * 10_000))
    yield post(server, "judge", b" " * 5_000_000 + said(name))
    yield post(server, "judge", said(name), Content_Length="-1")
    yield post(server, "judge", said(name), Content_Length="9" * 40)
    yield request(server, "GET", f"/{server.token}/round?who=" + "a" * 41)
    yield request(server, "GET", f"/{server.token}/" + "x" * 200_000)
    yield request(server, "GET", f"/{server.token}/round", X="y" * 200_000)
    chunked = post(server, "judge", b"", Content_Length="", Transfer_Encoding="chunked")
    yield chunked + b"2000\r\n" + b" " * 0x2000 + b"\r\n0\r\n\r\n"


def protocols(server: Served, name: str) -> Iterator[bytes]:
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100 + b"\r\n\r\n"  # TLS
    yield b"GET\r\n\r\n"
    yield f"GET /{server.token}/round HTTP/9.9\r\n\r\n".encode()
    yield f"GET /{server.token}/round HTTP/1.0\r\n\r\n".encode()  # names no host
    yield post(server, "judge", said(name), Transfer_Encoding="identity, chunked")


def test_every_attack_is_refused(server: Served, out: Path) -> None:
    name = server.round("ann")["round"]
    refused: Counter[str] = Counter()
    for kind, sent in attacks(server, name):
        status = server.status(sent)
        assert status in REFUSED[kind], (status, sent[:300])
        refused[kind] += 1
    assert refused.total() >= 200, refused
    assert min(refused.values()) >= 5, refused
    assert out.read_text() == ""
    assert server.process.poll() is None
    assert server.round("ann")["round"] == name
    server.post("judge", who="ann", round=name, ranks=[1, 2, 3, 4], seconds=1)
    assert len(out.read_text().splitlines()) == 1


def test_answers_carry_what_keeps_other_sites_out(server: Served) -> None:
    for path in ("", "round?who=ann", "page.js"):
        with urllib.request.urlopen(server.url + path) as answer:
            headers = dict(answer.headers)
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


def test_it_listens_to_this_machine_alone_and_its_address_is_new_each_time(
    server: Served, shards: Path, tmp_path: Path
) -> None:
    assert server.host == "127.0.0.1"
    assert len(server.token) >= 32
    arguments = Path(f"/proc/{server.process.pid}/cmdline")
    if arguments.exists():  # other users of the machine see these
        assert server.token not in arguments.read_text()
    with served(shards, "--out", tmp_path / "other.jsonl", "--name", "bob") as other:
        assert other.token != server.token
        assert other.status(request(other, "GET", f"/{server.token}/")) == 403
