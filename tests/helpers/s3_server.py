"""A real S3 server (moto) on loopback with one empty bucket, for as long as a test runs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import s3fs
from moto.server import ThreadedMotoServer

from warehouse.object_storage import ObjectPlace, ObjectStorage

TEST_SECRET = "test-secret"  # noqa: S105  # of a server that knows no others

logging.getLogger("werkzeug").setLevel(logging.ERROR)


@contextmanager
def run_s3_server(secret: str = TEST_SECRET) -> Iterator[ObjectPlace]:
    """The place of a prefix in a bucket that nobody else has."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        storage = ObjectStorage(f"http://{host}:{port}", "cn-north-1", "test-id", secret)
        bucket = f"yusuan-{uuid4().hex[:12]}"
        s3fs.S3FileSystem(**storage.for_fsspec()).mkdir(bucket)
        yield ObjectPlace(bucket, "here", storage)
    finally:
        server.stop()
