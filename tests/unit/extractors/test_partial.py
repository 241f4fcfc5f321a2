"""Large files over bad lines: gone on with where the server proves the file, else fetched from the beginning."""

import hashlib
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from extractors.fetch import Failure, Fetcher, FetchLimits, Politeness, Response

MIB = 1 << 20
FILE = random.Random(7).randbytes(6 * MIB)
OTHER = random.Random(8).randbytes(6 * MIB)
LIMITS = FetchLimits(read_seconds=2, total_seconds=20, backoff_seconds=0.01, attempts=2, max_bytes=16 * MIB)


class Handler(BaseHTTPRequestHandler):
    """A file server that breaks off after `piece` bytes an answer. What it supports stands in the server's attributes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/robots.txt":
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        server = self.server
        asked = self.headers.get("Range", "")
        server.asked.append((asked, self.headers.get("If-Range", "")))
        content = server.content(len(server.asked))
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.knows_ranges(self.headers) else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", server.range_of(start, len(content)))
        for name, value in server.validators.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[start : start + server.piece])
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads, running.asked = True, []
    running.handle_error = lambda *_: None
    running.content = lambda _: FILE
    running.knows_ranges = lambda headers: headers.get("If-Range") in running.validators.values()
    running.range_of = lambda start, size: f"bytes {start}-{size - 1}/{size}"
    running.validators, running.piece = {"ETag": '"v1"'}, 2 * MIB
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


def get(server, **limits):
    hosts = frozenset({("127.0.0.1", server.server_port)})
    settings = {"politeness": Politeness(delay_seconds=0), "limits": LIMITS.model_copy(update=limits), "private_hosts": hosts}
    with Fetcher(**settings) as fetcher:
        return fetcher.get(f"http://127.0.0.1:{server.server_port}/big.pdf")


def digest(content):
    return hashlib.sha256(content).hexdigest()


def test_a_file_that_breaks_off_again_and_again_arrives_whole(server):
    answer = get(server)
    assert isinstance(answer, Response)
    assert (answer.status, digest(answer.content)) == (200, digest(FILE))
    assert [asked for asked, _ in server.asked] == ["", f"bytes={2 * MIB}-", f"bytes={4 * MIB}-"]
    assert {validator for asked, validator in server.asked if asked} == {'"v1"'}


def test_last_modified_proves_it_too(server):
    server.validators = {"Last-Modified": "Mon, 02 Mar 2026 08:00:00 GMT"}
    assert digest(get(server).content) == digest(FILE)


def test_a_file_that_changes_in_between_is_fetched_from_its_beginning(server):
    def change(number):
        server.validators = {"ETag": '"v1"' if number == 1 else '"v2"'}
        server.piece = 2 * MIB if number == 1 else 6 * MIB
        return FILE if number == 1 else OTHER

    server.content = change
    assert digest(get(server).content) == digest(OTHER)


@pytest.mark.parametrize("validators", [{}, {"ETag": 'W/"weak"'}, {"ETag": '"v1"', "Accept-Ranges": "none"}])
def test_what_cannot_be_proved_is_not_gone_on_with(server, validators):
    server.validators = validators
    answer = get(server)
    assert isinstance(answer, Failure)
    assert answer.finding["finding_kind"] == "incomplete-response"
    assert [asked for asked, _ in server.asked] == ["", ""]


def test_a_rest_that_begins_elsewhere_is_not_joined(server):
    server.range_of = lambda start, size: f"bytes {start + 5}-{size - 1}/{size}"
    server.piece = 6 * MIB - 1
    answer = get(server)
    assert isinstance(answer, Failure)
    assert server.asked[1][0] == f"bytes={6 * MIB - 1}-"


def test_a_rest_of_another_file_is_not_joined(server):
    server.knows_ranges = lambda _: True

    def change(number):
        server.validators = {"ETag": '"v1"' if number == 1 else '"v2"'}
        server.piece = 2 * MIB if number < 3 else 6 * MIB
        return FILE if number == 1 else OTHER

    server.content = change
    answer = get(server, attempts=3)
    assert digest(answer.content) == digest(OTHER)


def test_the_limit_counts_all_pieces_together(server):
    answer = get(server, max_bytes=5 * MIB)
    assert answer.finding["finding_kind"] == "response-too-large"


def test_a_line_that_brings_next_to_nothing_is_given_up(server):
    server.piece = 1000
    answer = get(server)
    assert isinstance(answer, Failure)
    assert len(server.asked) == LIMITS.attempts


def test_a_line_that_never_ends_is_given_up(server):
    server.content = lambda _: bytes(100 * MIB)
    server.piece = MIB
    answer = get(server, max_bytes=200 * MIB)
    assert isinstance(answer, Failure)
    assert len(server.asked) < 30
