"""The HTTP side of the Hugging Face Hub, as far as pushing and pulling speak to it."""

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

Files = dict[str, bytes]


class FakeHub(BaseHTTPRequestHandler):
    """Keeps repositories as lists of commits, each with all of its files."""

    repositories: dict[str, list[tuple[str, Files]]] = {}  # noqa: RUF012 - emptied by the fixture
    asked: list[str] = []  # noqa: RUF012
    sent: dict[str, int] = {}  # noqa: RUF012 - bytes by file
    breaks: dict[str, int] = {}  # noqa: RUF012 - after so many bytes, once, by file

    def __init__(self, *arguments: Any, directory: str = "") -> None:
        super().__init__(*arguments)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        if "/tree/" in self.path:
            self._list(self.path.removeprefix("/api/models/").partition("?")[0])
        elif self.path.startswith("/api/models/"):
            self._tell(self.path.removeprefix("/api/models/"))
        else:
            repository, _, rest = self.path[1:].partition("/resolve/")
            revision, _, name = rest.partition("/")
            self._give(repository, revision, name.partition("?")[0])

    def do_POST(self) -> None:
        self.asked.append(f"POST {self.path}")
        body = self._body()
        if self.path == "/api/repos/create":
            values = json.loads(body)
            repository = f"{values['organization']}/{values['name']}"
            known = repository in self.repositories
            self.repositories.setdefault(repository, [])
            self._json({"url": f"https://huggingface.co/{repository}", "name": repository}, 409 if known else 200)
        elif "/paths-info/" in self.path:
            repository, _, revision = self.path.removeprefix("/api/models/").partition("/paths-info/")
            files = dict(self.repositories.get(repository, [])).get(revision, {})
            wanted = parse_qs(body.decode())["paths"] if b"=" in body else json.loads(body)["paths"]
            found = [
                {"type": "file", "path": path, "size": len(files[path]), "oid": "0"} for path in wanted if path in files
            ]
            self._json(found)
        elif "/preupload/" in self.path:
            files = json.loads(body)["files"]
            modes = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files]
            self._json({"files": modes})
        else:
            self._commit(self.path.removeprefix("/api/models/").partition("/commit/")[0], body)

    def _commit(self, repository: str, body: bytes) -> None:
        lines = [json.loads(line) for line in body.splitlines()]
        commits = self.repositories[repository]
        head, files = commits[-1] if commits else (None, {})
        if lines[0]["value"].get("parentCommit") != head:
            self._json({"error": "the branch has moved"}, 412)
            return
        added = {line["value"]["path"]: base64.b64decode(line["value"]["content"]) for line in lines[1:]}
        oid = hashlib.sha1(body).hexdigest()
        commits.append((oid, files | added))
        self._json(
            {"success": True, "commitOid": oid, "commitUrl": f"https://huggingface.co/{repository}/commit/{oid}"}
        )

    def _tell(self, path: str) -> None:
        repository, _, revision = path.partition("/revision/")
        commits = self.repositories.get(repository)
        if commits is None or (revision and revision not in dict(commits)):
            code = "RepoNotFound" if commits is None else "RevisionNotFound"
            self._json({"error": "not found"}, 404, {"X-Error-Code": code})
            return
        head, files = (revision, dict(commits)[revision]) if revision else commits[-1] if commits else (None, {})
        self._json({"id": repository, "sha": head, "siblings": [{"rfilename": name} for name in files]})

    def _list(self, path: str) -> None:
        repository, _, rest = path.partition("/tree/")
        revision, _, folder = rest.partition("/")
        files = dict(self.repositories[repository])[revision]
        prefix = f"{folder}/" if folder else ""
        inside = {name.removeprefix(prefix): content for name, content in files.items() if name.startswith(prefix)}
        found = [
            {"type": "file", "path": prefix + name, "size": len(content), "oid": "0"}
            for name, content in inside.items()
            if "/" not in name
        ]
        found += [
            {"type": "directory", "path": prefix + name, "oid": "0"}
            for name in {name.partition("/")[0] for name in inside if "/" in name}
        ]
        self._json(found)

    def _give(self, repository: str, revision: str, name: str) -> None:
        files = dict(self.repositories.get(repository, [])).get(revision, {})
        if name not in files:
            self._json({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
            return
        data = files[name]
        wanted = self.headers.get("Range", "")
        first, _, last = (wanted or "bytes=0-").removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last or len(data)) + 1]
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", revision)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}") if wanted else None
        self.end_headers()
        if self.command == "GET":
            if name in self.breaks:
                part = part[: self.breaks.pop(name)]
                self.close_connection = True
            self.sent[name] = self.sent.get(name, 0) + len(part)
            self.wfile.write(part)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        return body

    def _json(self, values: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(values).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass
