"""Fetching from a real server that behaves and misbehaves: one answer or one finding, never an exception."""

import gzip
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest

from extractors.fetch import Failure, Fetcher, FetchLimits, Politeness, Response

QUICK = FetchLimits(connect_seconds=2, read_seconds=0.5, total_seconds=1.5, backoff_seconds=0.01, attempts=3, max_bytes=100_000)
HASTY = Politeness(delay_seconds=0)


class Handler(BaseHTTPRequestHandler):
    """Answers by path; keeps a log of (path, seconds) and of what was asked for conditionally."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.log.append((self.path, time.monotonic(), dict(self.headers)))
        name = self.path.strip("/").replace("-", "_").split("/")[0].partition("?")[0] or "home"
        getattr(self, f"answer_{name}", self.answer_missing)()

    def send(self, status=200, body=b"ok", **headers):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_home(self):
        self.send()

    def answer_missing(self):
        self.send(404)

    def answer_unavailable_once(self):
        first = sum(path == self.path for path, *_ in self.server.log) == 1
        self.send(503, Retry_After="0") if first else self.send()

    def answer_come_much_later(self):
        self.send(503, Retry_After="86400")

    def answer_broken(self):
        self.send(500)

    def answer_forbidden(self):
        self.send(403)

    def answer_challenge(self):
        self.send(412)

    def answer_to_home(self):
        self.send(302, Location="/")

    def answer_circle(self):
        self.send(302, Location="/circle")

    def answer_longer(self):
        self.send(302, Location=self.path + "x" if self.path.startswith("/longer/") else "/longer/x")

    def answer_to_file(self):
        self.send(302, Location="file:///etc/passwd")

    def answer_to_inside(self):
        self.send(302, Location="http://10.255.255.1/")

    def answer_declared_big(self):
        self.send(200, b"x", Content_Length="999999999")

    def answer_bomb(self):
        self.send(200, gzip.compress(b"\0" * 10_000_000), Content_Encoding="gzip")

    def answer_not_gzip(self):
        self.send(200, b"this is not gzip", Content_Encoding="gzip")

    def answer_cut(self):
        self.send(200, b"half", Content_Length="1000")
        self.close_connection = True

    def answer_hang(self):
        time.sleep(3)

    def answer_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.1)

    def answer_drip_headers(self):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 100:
            self.wfile.write(bytes([byte]))
            time.sleep(0.1)

    def answer_tagged(self):
        fresh = self.headers.get("If-None-Match") == '"v1"'
        self.send(304, b"", ETag='"v1"') if fresh else self.send(200, b"version 1", ETag='"v1"')

    def log_message(self, *_):
        pass


@contextmanager
def serve(robots=None):
    handler = Handler
    if robots is not None:
        handler = type("Handler", (Handler,), {"answer_robots.txt": lambda self: self.send(*robots)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.log = True, []
    server.handle_error = lambda *_: None  # visitors hang up here: that is what is tested
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def server():
    with serve() as running:
        yield running


@contextmanager
def fetch_from(server, **options):
    settings = {"politeness": HASTY, "limits": QUICK, "private_hosts": frozenset({("127.0.0.1", server.server_port)})} | options
    with Fetcher(**settings) as fetcher:
        yield fetcher


def get(server, path, **options):
    with fetch_from(server, **options) as fetcher:
        return fetcher.get(server.url + path)


def count(server, path):
    return sum(seen == path for seen, *_ in server.log)


def test_a_good_answer(server):
    answer = get(server, "/")
    assert isinstance(answer, Response)
    assert (answer.status, answer.content) == (200, b"ok")


def test_a_redirect_is_followed_and_where_it_led_is_told(server):
    answer = get(server, "/to-home")
    assert (answer.url, answer.final_url) == (f"{server.url}/to-home", f"{server.url}/")


def test_a_conditional_request_gets_304_without_a_body(server):
    with fetch_from(server) as fetcher:
        first = fetcher.get(f"{server.url}/tagged")
        second = fetcher.get(f"{server.url}/tagged", etag=first.etag)
    assert (first.content, second.is_not_modified, second.content) == (b"version 1", True, b"")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/missing", "http-error"),
        ("/broken", "http-error"),
        ("/forbidden", "http-error"),
        ("/challenge", "blocked"),
        ("/circle", "redirect-loop"),
        ("/longer/", "redirect-loop"),
        ("/to-file", "forbidden-address"),
        ("/to-inside", "forbidden-address"),
        ("/declared-big", "response-too-large"),
        ("/bomb", "response-too-large"),
        ("/not-gzip", "incomplete-response"),
        ("/cut", "incomplete-response"),
        ("/hang", "fetch-timeout"),
        ("/drip", "fetch-timeout"),
        ("/drip-headers", "fetch-timeout"),
    ],
)
def test_each_misbehaviour_is_one_finding(server, path, kind):
    answer = get(server, path, limits=QUICK.model_copy(update={"attempts": 1}))
    assert isinstance(answer, Failure)
    assert answer.finding["finding_kind"] == kind


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://no-such-host.invalid/", "connection-failed"),
        ("file:///etc/passwd", "forbidden-address"),
        ("javascript:alert(1)", "forbidden-address"),
        ("ftp://portal.example/a.pdf", "forbidden-address"),
        ("http://user:word@portal.example/", "forbidden-address"),
        ("http://127.0.0.1:1/", "forbidden-address"),
        ("http://2130706433/", "forbidden-address"),
        ("http://0x7f.1/", "forbidden-address"),
        ("http://[::1]/", "forbidden-address"),
        ("http://[::1", "unusable-link"),
        ("http://xn--/x.pdf", "unusable-link"),
        ("http://portal.example:99999/", "unusable-link"),
        ("http:///nothing", "forbidden-address"),
    ],
)
def test_an_address_that_must_not_or_cannot_be_reached_is_one_finding(server, url, kind):
    with fetch_from(server) as fetcher:
        answer = fetcher.get(url)
    assert isinstance(answer, Failure)
    assert answer.finding["finding_kind"] == kind


def test_the_operators_network_is_closed_where_the_source_does_not_open_it(server):
    before = len(server.log)
    answer = get(server, "/", private_hosts=frozenset())
    assert answer.finding["finding_kind"] == "forbidden-address"
    assert len(server.log) == before


def test_a_drip_ends_with_the_time_of_the_request(server):
    started = time.monotonic()
    get(server, "/drip")
    assert time.monotonic() - started < 3


def test_what_may_pass_is_tried_again(server):
    assert get(server, "/unavailable-once").status == 200
    assert count(server, "/unavailable-once") == 2


def test_what_will_not_pass_is_not_tried_again(server):
    get(server, "/forbidden?once")
    assert count(server, "/forbidden?once") == 1


def test_a_lasting_failure_is_given_up_after_the_attempts(server):
    get(server, "/broken?lasting")
    assert count(server, "/broken?lasting") == 3


def test_a_portal_that_asks_for_a_day_is_left_until_the_next_night(server):
    started = time.monotonic()
    assert get(server, "/come-much-later").status == 503
    assert (count(server, "/come-much-later"), time.monotonic() - started < 2) == (1, True)


def test_requests_to_one_host_keep_their_distance(server):
    server.log.clear()
    with fetch_from(server, politeness=Politeness(delay_seconds=0.15, respect_robots=False)) as fetcher:
        threads = [threading.Thread(target=fetcher.get, args=(f"{server.url}/?{number}",)) for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    times = sorted(moment for _, moment, _ in server.log)
    assert all(later - earlier > 0.12 for earlier, later in pairwise(times))


def test_robots_txt_is_asked_once_and_respected():
    with serve(robots=(200, b"User-agent: *\nDisallow: /tagged\n")) as server, fetch_from(server) as fetcher:
        assert fetcher.get(f"{server.url}/").status == 200
        assert fetcher.get(f"{server.url}/tagged").finding["finding_kind"] == "robots-disallowed"
        assert (count(server, "/robots.txt"), count(server, "/tagged")) == (1, 0)


def test_a_site_whose_robots_txt_is_in_trouble_is_left_alone():
    with serve(robots=(500,)) as server, fetch_from(server) as fetcher:
        assert fetcher.get(f"{server.url}/").finding["finding_kind"] == "http-error"
        assert count(server, "/") == 0


def test_a_delay_that_robots_txt_asks_for_is_kept():
    with serve(robots=(200, b"User-agent: *\nCrawl-delay: 0.3\n")) as server, fetch_from(server) as fetcher:
        fetcher.get(f"{server.url}/")
        fetcher.get(f"{server.url}/?again")
        moments = [moment for path, moment, _ in server.log if path != "/robots.txt"]
        assert moments[1] - moments[0] > 0.25
