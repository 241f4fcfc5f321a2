"""TLS that goes wrong against real servers is told in plain words, and nothing is made less strict."""

import ssl
import threading
import warnings
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from certificates import make_authority, make_server_context

from extractors.fetch import Failure, Fetcher, FetchLimits, Politeness
from extractors.tls import explain_tls

LIMITS = FetchLimits(connect_seconds=3, read_seconds=3, total_seconds=5, backoff_seconds=0.01, attempts=2)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def authority():
    return make_authority()


@contextmanager
def serve(context):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.accepted = True, []
    server.handle_error = lambda *_: None
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def get(port, authority):
    hosts = frozenset({("127.0.0.1", port)})
    quick = Politeness(delay_seconds=0, respect_robots=False)
    with Fetcher(politeness=quick, limits=LIMITS, private_hosts=hosts, verify=authority.trusted_context()) as fetcher:
        return fetcher.get(f"https://127.0.0.1:{port}/")


def test_a_site_with_a_good_certificate_is_read(tmp_path, authority):
    with serve(make_server_context(tmp_path, authority)) as port:
        assert get(port, authority).content == b"ok"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"days": (-30, -1)}, "its certificate has expired"),
        ({"days": (2, 30)}, "its certificate is not valid yet"),
        ({"names": ("portal.example",)}, "its certificate is for another name"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(tmp_path, authority, options, reason):
    with serve(make_server_context(tmp_path, authority, **options)) as port:
        answer = get(port, authority)
    assert isinstance(answer, Failure)
    assert answer.finding["finding_kind"] == "tls-problem"
    assert f"no secure connection to 127.0.0.1: {reason} (" in answer.finding["message"]


def test_a_certificate_signed_by_itself_is_told(tmp_path, authority):
    with serve(make_server_context(tmp_path, None)) as port:
        assert "its certificate is signed by itself" in get(port, authority).finding["message"]


def test_an_authority_that_nobody_knows_is_told(tmp_path, authority):
    with serve(make_server_context(tmp_path, make_authority("Another authority"))) as port:
        assert "an authority that this machine does not know" in get(port, authority).finding["message"]


def test_plain_http_where_tls_was_expected_is_told(authority):
    with serve(None) as port:
        assert "what answers there does not speak TLS" in get(port, authority).finding["message"]


def test_an_old_version_of_tls_is_told(tmp_path, authority):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = make_server_context(tmp_path, authority, maximum=ssl.TLSVersion.TLSv1)
    with serve(context) as port:
        assert "older than 1.2" in get(port, authority).finding["message"]


def test_what_is_not_about_tls_is_left_to_others():
    assert explain_tls(OSError("Connection refused")) is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("[SSL: UNSAFE_LEGACY_RENEGOTIATION_DISABLED] unsafe legacy renegotiation disabled", "renegotiate"),
        ("[SSL: DH_KEY_TOO_SMALL] dh key too small", "too weak"),
        ("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure", "no cipher"),
        ("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred", "broke off"),
        ("[SSL: SOMETHING_NEW] never seen", "SOMETHING_NEW"),
    ],
)
def test_the_words_of_the_library_are_explained(said, reason):
    assert reason in explain_tls(OSError(said)).reason
