"""A server that listens until Ctrl-C.

Promise: its address is said once it answers there; a port that is taken is told in one sentence.
"""

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from flows.errors import UsageError


class PortUnusableError(UsageError):
    """The port cannot be listened on."""


def listen(app: ASGIApp, host: str, port: int, say: Callable[[str], object]) -> None:
    """Serve `app` until Ctrl-C. Raises PortUnusableError."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise PortUnusableError(
            f"{host}:{port} cannot be listened on ({error.strerror}); name another with --port, or 0"
        ) from error
    with listener:
        shown = f"[{host}]" if ":" in host else host
        say(f"The portal is at http://{shown}:{listener.getsockname()[1]}/ (Ctrl-C ends it)")
        config = uvicorn.Config(app, log_level="warning", lifespan="off", server_header=False)
        uvicorn.Server(config).run(sockets=[listener])
