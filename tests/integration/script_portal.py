"""A portal whose list only its script makes, served on loopback."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.files.get(self.path)
        content = body.encode() if isinstance(body, str) else body or b""
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


@contextmanager
def serve_script_portal():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.files, server.asked = True, {}, []
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def home_page(titles):
    """An application's shell, whose script makes the links."""
    script = f"""
    const titles = {json.dumps(titles, ensure_ascii=False)};
    setTimeout(() => {{
      document.getElementById('app').innerHTML = '<a href="/n1">一</a><a href="/n2">二</a><a href="/n3">三</a>' +
        titles.map((title, number) => `<a href="/a/${{number}}.html" title="${{title}}">${{title}}</a>`).join('');
    }}, 300);"""
    return f'<html><head><meta charset="utf-8"></head><body><div id="app"></div><script>{script}</script></body></html>'


def article_page(title, number):
    nav = '<a href="/n1">一</a><a href="/n2">二</a><a href="/n3">三</a>'
    head = f'<head><meta charset="utf-8"><meta name="ArticleTitle" content="{title}"></head>'
    return f'<html>{head}<body>{nav}<div class="TRS_Editor"><a href="/{number}.pdf">附件</a></div></body></html>'
