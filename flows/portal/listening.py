"""A server that listens until Ctrl-C.

Promise: its address is said once it answers there; a port that is taken is told in one sentence; connections that are too many
or say nothing are not kept.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from flows.errors import UsageError


class PortUnusableError(UsageError):
    """The port cannot be listened on."""


# Connections that may be open: those above get 503 before anything of them is read.
_CONNECTIONS = 512


def listen(app: ASGIApp, host: str, port: int, say: Callable[[str], object]) -> None:
    """Serve `app` until Ctrl-C. `say` is told the address. Raises PortUnusableError."""
    with open_listener(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        say(f"http://{shown}:{listener.getsockname()[1]}/")
        make_server(app).run(sockets=[listener])


@contextmanager
def open_listener(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that is bound and listens. Raises PortUnusableError."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128)
    except OSError as error:
        raise PortUnusableError(
            f"{host}:{port} cannot be listened on ({error.strerror}); name another with --port, or 0"
        ) from error
    with listener:
        yield listener


def make_server(app: ASGIApp) -> uvicorn.Server:
    """A server for it: no name of a program in headers, no belief in headers of proxies."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
        )
    )
