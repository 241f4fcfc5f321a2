"""A portal for tests on loopback that serves what a test puts into `files` (address below the root to bytes)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from extractors.sources import Source, parse_source

_NAV = "".join(f'<a href="/nav{number}">栏目{number}</a>' for number in range(3))


class Handler(BaseHTTPRequestHandler):
    """404 for what is not there; a number stands for a status without a body."""

    def do_GET(self):
        body = self.server.files.get(self.path)
        self.server.asked.append(self.path)
        status = 404 if body is None else body if isinstance(body, int) else 200
        content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def serve_files() -> Iterator[ThreadingHTTPServer]:
    """The portal; `url` is its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.files, server.asked = True, {}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def make_source(url: str, **values) -> Source:
    """A source at this address that may be visited at once and without a pause."""
    source = parse_source(
        f"""
id: sample
region_code: "420100"
publisher: 示例
landing_urls: ["{url}/"]
season_months: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
politeness: {{delay_seconds: 0}}
allow_private_addresses: true
""",
        "sample",
    )
    return source.model_copy(update=values)


def list_page(*links: tuple[str, str]) -> str:
    """A listing of (address, title)."""
    items = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
    return f"<html><body>{_NAV}<ul>{items}</ul></body></html>"


def article(title: str, body: str) -> str:
    """An article with meta tags."""
    head = f'<head><meta name="ArticleTitle" content="{title}"></head>'
    return f'<html>{head}<body>{_NAV}<div class="TRS_Editor">{body}</div></body></html>'
