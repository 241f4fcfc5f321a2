from collections.abc import Iterator

import pytest
from s3_server import run_s3_server

from warehouse.object_storage import ObjectPlace


@pytest.fixture(scope="session")
def s3_place() -> Iterator[ObjectPlace]:
    """A bucket on a real S3 server; every test takes a prefix of its own in it."""
    with run_s3_server() as place:
        yield place
