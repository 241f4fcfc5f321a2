"""The Prefect server that a run reports to: the one that PREFECT_API_URL names, or one of our own for as long as the run lasts.

Promise: never Prefect's ephemeral mode, which loses task runs at exit. An own server listens on loopback only, keeps its
database under the warehouse, sends no telemetry, and is ended with the run, whatever way the run ends.

It starts in the background, since that takes seconds: what a run prepares meanwhile costs no time.
"""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from flows.errors import YusuanError
from flows.settings import Settings
from transforms.plain_text import hide_in_addresses

# Batched recorders: one by one, the server needs 35 to 40 ms of processor time a task, and drops what it cannot record in time.
SERVER_ENVIRONMENT = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
}
RECORDER_SECONDS = 2.0  # a recorder's flush interval and some more: what the run told last must reach the database


class ServerError(YusuanError):
    """No Prefect server: the named one does not answer, or an own one does not start. The message says which and why."""


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a Prefect API, and how to wait until it answers."""

    url: str
    wait: Callable[[], None]


@contextlib.contextmanager
def provide_server(settings: Settings) -> Iterator[Server]:
    """A server, named by the settings or started here. It may still be starting: call its `wait` before a flow runs.

    Enter before prefect is imported, which reads its settings on import. Raises ServerError.
    """
    if settings.prefect_api_url:
        require_answer(settings.prefect_api_url)
        with set_client_environment(settings, {}):
            try:
                yield Server(settings.prefect_api_url, lambda: None)
            finally:
                flush_logs()
        return
    # An own server's client neither reads nor writes the person's own ~/.prefect.
    home = str(settings.prefect_dir.resolve())
    with (
        run_server(settings.prefect_dir, settings.server_start_seconds) as server,
        set_client_environment(settings, {"PREFECT_API_URL": server.url, "PREFECT_HOME": home}),
    ):
        try:
            yield server
        finally:
            flush_logs()


def flush_logs() -> None:
    """Send what Prefect's logger still holds, while the server is there."""
    if "prefect" in sys.modules:
        from prefect.logging.handlers import APILogWorker  # noqa: PLC0415  # only where a flow was run at all

        APILogWorker.drain_all(timeout=5)


def clean_record(record: logging.LogRecord) -> logging.LogRecord:
    """The line of a log without passwords of addresses: Prefect's own lines name the address of its API."""
    with contextlib.suppress(TypeError, ValueError):  # a line that cannot be made is told by the logger itself
        text = record.getMessage()
        if "://" in text:
            record.msg, record.args = hide_in_addresses(text), None
    return record


@contextlib.contextmanager
def set_client_environment(settings: Settings, variables: Mapping[str, str]) -> Iterator[None]:
    """Tell the Prefect of this process where its server is, for as long as the server is there."""
    given = {
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": settings.log_level,
        **variables,
    }
    make_record = logging.getLogRecordFactory()
    logging.setLogRecordFactory(lambda *values, **named: clean_record(make_record(*values, **named)))
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make_record)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def run_server(home: Path, start_seconds: float) -> Iterator[Server]:
    """An own server on a free loopback port, ended on leaving; `wait` raises ServerError where it does not come up."""
    home.mkdir(parents=True, exist_ok=True)
    port = find_free_port()
    url = f"http://127.0.0.1:{port}/api"
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and Prefect
            [sys.executable, "-P", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"],
            env=os.environ | SERVER_ENVIRONMENT | {"PREFECT_HOME": str(home.resolve()), "PREFECT_API_URL": url},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Server(url, lambda: wait_until_it_answers(process, url, start_seconds, log))
        time.sleep(RECORDER_SECONDS)
    finally:
        end_server(process)


def wait_until_it_answers(process: subprocess.Popen[bytes], url: str, seconds: float, log: Path) -> None:
    """Raises ServerError when the process ends before it answers, or takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"the Prefect server ended with exit code {process.returncode}: {read_last_line(log)}")
        if answers(url):
            return
        time.sleep(0.1)
    raise ServerError(f"the Prefect server did not answer within {seconds:g} seconds; its log is {log}")


def answers(url: str) -> bool:
    """Whether a Prefect API answers there."""
    try:
        return httpx.get(f"{url}/health", timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def require_answer(url: str) -> None:
    """Raises ServerError where PREFECT_API_URL leads nowhere, before any work is done."""
    try:
        status = httpx.get(f"{url.rstrip('/')}/health", timeout=10).status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ServerError(
            f"PREFECT_API_URL is {hide_in_addresses(url)}, and no server answers there ({hide_in_addresses(str(error))})"
        ) from error
    if status in (httpx.codes.NOT_FOUND, httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE):
        raise ServerError(
            f"PREFECT_API_URL is {hide_in_addresses(url)}, and what answers there is no Prefect API (status {status})"
        )


def end_server(process: subprocess.Popen[bytes]) -> None:
    """Ask, then force: the server, and whatever it started."""
    for number, patience in ((signal.SIGINT, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
            return


def find_free_port() -> int:
    """A loopback port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def read_last_line(log: Path) -> str:
    """The last words of a log."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"
