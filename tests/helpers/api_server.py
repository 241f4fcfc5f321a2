"""The query service on loopback, as it runs for people: uvicorn, in a thread of the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import httpx

from flows.api.app import ROOT, make_api
from flows.api.limits import Limits
from flows.api.sources import StateSource
from flows.portal.listening import make_server, open_listener
from warehouse.metadata.models import get_resource

# Seconds that a test waits on a busy machine for what takes one: earlier states are prepared when they are asked for.
PATIENT = 120.0


@contextmanager
def run_api(source: StateSource, limits: Limits | None = None) -> Iterator[httpx.Client]:
    """A client whose base address is that of the interface."""
    server = make_server(make_api(source, limits or Limits(seconds=PATIENT)))
    with open_listener("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            with httpx.Client(
                base_url=f"http://127.0.0.1:{listener.getsockname()[1]}{ROOT}", timeout=2 * PATIENT, trust_env=False
            ) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            assert not thread.is_alive()


def wait_for_state(client: httpx.Client, state: str, seconds: float = PATIENT) -> None:
    """Until the service answers of it."""
    deadline = time.monotonic() + seconds
    while client.get("").json()["state"]["id"] != state:
        assert time.monotonic() < deadline, f"state {state} did not come in {seconds} s"
        time.sleep(0.05)


def walk(client: httpx.Client, path: str, **parameters) -> list[dict]:
    """All pages in JSON."""
    pages = [client.get(path, params=parameters).raise_for_status().json()]
    while pages[-1]["next"]:
        pages.append(client.get(str(client.base_url.copy_with(raw_path=pages[-1]["next"].encode()))).raise_for_status().json())
    return pages


def make_slow_edition(path: Path) -> None:
    """An edition with a table in which looking for a text takes its time."""
    names = [field.name for field in get_resource("ref_regions").fields if field.name not in {"level", "name"}]
    others = ", ".join(f"(i % 7)::varchar as {name}" for name in names)
    text = "i::varchar || repeat('甲', 60) as name"
    # Names of the metadata.
    sql = f"create table ref_regions as select 1::smallint as level, {text}, {others} from range(1500000) as r(i)"  # noqa: S608
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)
