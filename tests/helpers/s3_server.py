"""A real S3 server (moto) on loopback with one empty bucket, for as long as a test runs.

It is a process of its own: deltalake waits for some answers without letting other threads of Python go on.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import httpx
import s3fs

from warehouse.object_storage import ObjectPlace, ObjectStorage

TEST_SECRET = "test-secret"  # noqa: S105  # of a server that knows no others


@contextmanager
def run_s3_server(secret: str = TEST_SECRET) -> Iterator[ObjectPlace]:
    """The place of a prefix in a bucket that nobody else has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        storage = ObjectStorage(f"http://127.0.0.1:{port}", "cn-north-1", "test-id", secret)
        _wait_until_it_answers(server, storage.endpoint)
        bucket = f"yusuan-{uuid4().hex[:12]}"
        s3fs.S3FileSystem(**storage.for_fsspec()).mkdir(bucket)
        yield ObjectPlace(bucket, "here", storage)
    finally:
        server.kill()
        server.wait()


def _wait_until_it_answers(server: subprocess.Popen[bytes], endpoint: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, "the S3 server ended at once"
        with suppress(httpx.HTTPError):
            httpx.get(endpoint, timeout=5, trust_env=False)
            return
        time.sleep(0.1)
    raise AssertionError("the S3 server does not answer")
