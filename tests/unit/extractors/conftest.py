"""What tests of several modules of this folder use."""

from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
from file_server import serve_files


@pytest.fixture(scope="module")
def portal() -> Iterator[ThreadingHTTPServer]:
    """A portal on loopback: what a test puts into its `files` is what it publishes."""
    with serve_files() as server:
        yield server
