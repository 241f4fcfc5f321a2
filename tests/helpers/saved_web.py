"""The web as far as saved pages know it: a server on loopback that answers for every host that they name, with TLS for https.

What is saved stands at its own address. What a saved page links, or the test names, exists as an article that says nothing of
itself and has one attachment: a crawler that opens it finds a document there, rightly or wrongly. Everything else is not there:
404.
"""

import hashlib
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpcore
from certificates import make_authority, make_server_context

from extractors.addresses import HostPort
from extractors.fetch import Fetcher, FetchLimits, Politeness, host_port
from extractors.platforms.page import is_file_url, parse_page

_NAV = "".join(f'<a href="#{number}">栏目</a>' for number in range(3))
_STAND_IN = "stand-in-"
_TLS_PORT = 443


def place_of(url: str) -> tuple[str, str]:
    """What a server sees of an address."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), unquote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


class _Reroute(httpcore.SyncBackend):
    """The ports of the web are ports of our own on loopback."""

    def __init__(self, plain_port: int, tls_port: int) -> None:
        super().__init__()
        self._plain_port, self._tls_port = plain_port, tls_port

    def connect_tcp(self, host, port, *arguments, **options):
        return super().connect_tcp(host, self._tls_port if port == _TLS_PORT else self._plain_port, *arguments, **options)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Neither an answer's second packet nor that of a handshake waits for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self):
        place = place_of(f"http://{self.headers['Host']}{self.path}")
        content = self.server.web.answer(place)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is no matter."""


@dataclass
class SavedWeb:
    """`pages`: what is saved, by place. `asked`: the places that were asked for, and whether there was something."""

    pages: dict[tuple[str, str], bytes]
    linked: frozenset[tuple[str, str]]
    hosts: frozenset[HostPort]
    trusted: ssl.SSLContext
    asked: list[tuple[tuple[str, str], bool]] = field(default_factory=list)
    network: httpcore.NetworkBackend | None = None

    def answer(self, place: tuple[str, str]) -> bytes | None:
        content = self.pages.get(place) or (self._make_stand_in(place) if place in self.linked else None)
        self.asked.append((place, content is not None))
        return content

    def _make_stand_in(self, place: tuple[str, str]) -> bytes:
        name = hashlib.sha256("\n".join(place).encode()).hexdigest()[:16]
        return f'{_NAV}<div class="TRS_Editor"><a href="/{_STAND_IN}{name}.pdf">附件</a></div>'.encode()

    def resolve(self, host: str, port: int) -> list[str]:
        """Loopback for the hosts that the pages name; no other name is known."""
        if (host, port) not in self.hosts:
            raise httpcore.ConnectError(f"the name {host} is not known")
        return ["127.0.0.1"]

    def open_fetcher(self) -> Fetcher:
        """The crawler's own fetcher, for which this is the internet."""
        return Fetcher(
            politeness=Politeness(delay_seconds=0),
            limits=FetchLimits(connect_seconds=5, read_seconds=10, attempts=1),
            private_hosts=self.hosts,
            resolve=self.resolve,
            verify=self.trusted,
            network=self.network,
        )


@contextmanager
def serve_web(saved: Mapping[str, bytes], folder: Path, named: Iterable[str] = ()) -> Iterator[SavedWeb]:
    """The web of these pages by address. `named`: addresses of articles that exist, also where no anchor links them."""
    links = {link.url for url, content in saved.items() for link in parse_page(content, url).links if not link.is_file}
    articles = links | {url for url in named if not is_file_url(url)}
    hosts = frozenset(pair for url in (*saved, *articles) if all(pair := _host_port(url)))
    authority = make_authority()
    server_context = make_server_context(folder, authority, names=sorted({host for host, _ in hosts}))
    pages = {place_of(url): content for url, content in saved.items()}
    web = SavedWeb(pages, frozenset(map(place_of, articles)), hosts, authority.trusted_context())
    with _serve(web, None) as plain_port, _serve(web, server_context) as tls_port:
        web.network = _Reroute(plain_port, tls_port)
        yield web


def _host_port(url: str) -> HostPort:
    try:
        return host_port(url)
    except ValueError:
        return ("", 0)


@contextmanager
def _serve(web: SavedWeb, context: ssl.SSLContext | None) -> Iterator[int]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.web = web
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
