"""The labelling page's server."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from padzoo.labelling.guard import Guard
from padzoo.labelling.pages import Pages, application

LOCAL: Final = ("127.0.0.1", "::1", "localhost")
ANYBODY: Final = ("0.0.0.0", "::")
PORTS: Final = 65535
FIRST_REQUEST: Final = 5.0  # seconds in which a connection has to send one


class Impatient(H11Protocol):
    """Closes connections that ask for nothing: anybody can open them, since the token comes with a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock."""
        super().connection_made(transport)
        self._late = self.loop.call_later(FIRST_REQUEST, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops it."""
        self._late.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        if self.cycle is None:  # no request has come
            self.transport.close()


class Server:
    """Serves the page at an address that only who knows its token can use.

    Args:
        pages: What is answered.
        host: Address to listen on.
        port: Port to listen on; 0 for any that is free.

    Attributes:
        url: The page's address.

    Raises:
        ValueError: If it cannot listen there.
    """

    def __init__(self, pages: Pages, host: str = LOCAL[0], port: int = 0) -> None:
        if not 0 <= port <= PORTS:
            raise ValueError(f"--port {port}: allowed: 1 to {PORTS}, or 0 for any that is free")
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._listener = socket.create_server((host, port), family=family, backlog=128)
        except OSError as error:
            raise ValueError(f"--host {host} --port {port}: {error}; allowed: an address of this machine") from None
        token = secrets.token_urlsafe(24)
        bound = self._listener.getsockname()[1]
        hosts = frozenset({*LOCAL, "[::1]"}) if host in LOCAL else frozenset[str]()
        self._app = Guard(application(pages), token, hosts)
        named = _address() if host in ANYBODY else host
        self.url = f"http://{f'[{named}]' if ':' in named else named}:{bound}/{token}/"

    def run(self, ready: Callable[[], None]) -> None:
        """Answers requests until Ctrl-C.

        Args:
            ready: Called when requests are answered.
        """
        config = uvicorn.Config(
            self._app,
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            http=Impatient,
            ws="none",
            lifespan="off",
            limit_concurrency=200,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)

        async def serve() -> None:
            serving = asyncio.create_task(server.serve(sockets=[self._listener]))
            while not server.started and not serving.done():
                await asyncio.sleep(0.01)
            if server.started:
                ready()
            await serving

        asyncio.run(serve())


def _address() -> str:
    """Returns this machine's address as others see it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it asks which way a packet would take
        except OSError:
            return socket.gethostname()
        address: str = probe.getsockname()[0]
        return address
