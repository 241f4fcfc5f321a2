"""A server on loopback that gives what a test puts into `files`: address below the root to text, bytes or a status."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """404 for what is not there; a number stands for a status without a body. `asked` keeps the addresses in order."""

    def do_GET(self):
        body = self.server.files.get(self.path)
        self.server.asked.append(self.path)
        status = 404 if body is None else body if isinstance(body, int) else 200
        content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


@contextmanager
def serve_files() -> Iterator[ThreadingHTTPServer]:
    """The server; `url` is its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.files, server.asked = True, {}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
