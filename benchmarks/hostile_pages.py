"""Portals as an attacker makes them, on a real server of this machine, with canaries that see every request that must not be.

Promise: each trap is one landing page and what hangs on it, and is reached at an address of its own; a canary listens on another
port and on another address of this machine, and whatever a link, a redirect, a name or a script leads there is counted.
"""

import contextlib
import gzip
import io
import itertools
import socket
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.unescaped import PLANTED

TITLE = "示例局2026年部门预算公开"
PDF = b"%PDF-1.4\n% "
_STRANGER = "127.0.0.2"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server sends: `body` may be pieces, and `pause` is slept before each of them."""

    body: bytes | Callable[[], Iterator[bytes]] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    raw: bytes = b""


Site = Mapping[str, "Reply | Callable[[str], Reply]"]
"""Path below the trap's own folder to what is answered; `*` for every path that is not named."""


@dataclass(frozen=True, slots=True)
class Trap:
    """`site` as a function of the canary's host and port."""

    kind: str
    name: str
    site: Callable[["Canary"], Site]


@dataclass
class Canary:
    """Two listeners that nobody may ask; `asked` is what was asked all the same."""

    port: int
    asked: list[str] = field(default_factory=list)


def page(body: str, head: str = "") -> Reply:
    """A page of HTML."""
    return Reply(f"<!DOCTYPE html><html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode())


def listing(*links: tuple[str, str], head: str = "", more: str = "") -> Reply:
    """A list of links as (address, text)."""
    return page("<ul>" + "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links) + "</ul>" + more, head)


def make_traps() -> list[Trap]:
    """All traps, in a fixed order."""
    traps = [
        *_plant_titles(),
        *_plant_schemes(),
        *_plant_private_links(),
        *_plant_redirects(),
        *_plant_endless(),
        *_plant_big(),
        *_plant_bodies(),
        *_plant_encodings(),
        *_plant_markup(),
        *_plant_files(),
        *_plant_robots(),
    ]
    assert len({trap.name for trap in traps}) == len(traps)  # noqa: S101  # a name is a folder
    return traps


def _fixed(kind: str, name: str, site: Site) -> Trap:
    return Trap(kind, name, lambda _: site)


def _plant_titles() -> Iterator[Trap]:
    """Script and steering characters in titles."""
    for number, text in enumerate(PLANTED):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        article = page(f'<div class="TRS_Editor"><a href="x.pdf">{escaped}</a></div>', f"<title>{escaped}</title>")
        site = {"": listing(("a.html", f"{TITLE}{escaped}")), "a.html": article, "x.pdf": Reply(PDF + text.encode())}
        yield _fixed("script in titles", f"title-{number}", site)
        raw: Site = {"": listing(("x.pdf", f"{TITLE}{text}"), head=f"<title>{text}</title>"), "x.pdf": Reply(PDF + b"raw")}
        yield _fixed("script in titles", f"raw-title-{number}", raw)


def _plant_schemes() -> Iterator[Trap]:
    """Links that are none for a crawler."""
    targets = ("javascript:location='http://{canary}/a.pdf'", "file:///etc/passwd", "data:text/html,<script>1</script>",
               "ftp://{canary}/a.pdf", "gopher://{canary}/1", "JaVaScRiPt:1", " java\tscript:1", "\x01javascript:1",
               "&#106;avascript:1", "vbscript:1", "blob:http://{canary}/a", "view-source:http://{canary}/a.pdf")  # fmt: skip
    for number, target in enumerate(targets):

        def site(canary: Canary, target: str = target) -> Site:
            href = target.replace("{canary}", f"127.0.0.1:{canary.port}").replace('"', "&quot;")
            clicked = f'<a href="javascript:void(0)" onclick="window.open(\'{href.replace(chr(39), "")}\')">{TITLE}</a>'
            return {"": listing((href, TITLE), ("x.pdf", TITLE + "二"), more=clicked), "x.pdf": Reply(PDF + href.encode())}

        yield Trap("javascript:, file:, data: links", f"scheme-{number}", site)


def _plant_private_links() -> Iterator[Trap]:
    """Links into the operator's network, in every way to write them."""
    hosts = (
        # Addresses that must not be reached.
        *("127.0.0.1", _STRANGER, "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "0x7f000001"),  # noqa: S104
        *("0177.0.0.1", "127.1", "①②⑦.0.0.1", "inside.example", "rebind.example", "user:secret@127.0.0.1", "127.0.0.1。"),
        "%31%32%37.0.0.1",
    )
    for number, host in enumerate(hosts):

        def site(canary: Canary, host: str = host) -> Site:
            base = f"http://{host}:{canary.port}"
            return {"": listing((f"{base}/a.pdf", TITLE), (f"{base}/b.html", f"{TITLE}乙"), (f"{base}\\@x/c.pdf", f"{TITLE}丙"))}

        yield Trap("links to private addresses", f"private-{number}", site)
    for number, address in enumerate(
        ("169.254.169.254/latest/meta-data", "10.255.255.1/a.pdf", "[fd00::1]/a.pdf", "metadata.example/a.pdf")
    ):
        yield _fixed("links to private addresses", f"network-{number}", {"": listing((f"http://{address}", TITLE))})


def _plant_redirects() -> Iterator[Trap]:
    """Redirects to where nobody may go, in circles, and without end."""

    def away(canary: Canary) -> list[Reply]:
        to = f"http://127.0.0.1:{canary.port}/secret"
        return [
            Reply(status=302, headers={"Location": to}),
            Reply(status=301, headers={"Location": f"//{_STRANGER}:{canary.port}/secret"}),
            Reply(status=302, headers={"Location": "file:///etc/passwd"}),
            Reply(status=302, headers={"Location": "http://[::1"}),
            Reply(status=307, headers={"Location": f"http://inside.example:{canary.port}/"}),
            page("", f'<meta http-equiv="refresh" content="0;url={to}">'),
            page(f"<script>location.href='{to}'</script>"),
            page("", '<meta http-equiv="refresh" content="0;url=file:///etc/passwd">'),
            page(f'<iframe src="{to}"></iframe><object data="{to}"></object><img src="{to}">'),
            page(f'<a href="x.pdf">{TITLE}</a>', f'<base href="{to}/">'),
        ]

    for number in range(10):
        # mypy infers no lambda with defaults.
        yield Trap("redirects to private addresses", f"away-{number}", lambda canary, number=number: {"": away(canary)[number]})  # type: ignore[misc]
        if number < 5:

            def behind(canary: Canary, number: int = number) -> Site:
                return {"": listing(("x.pdf", TITLE)), "x.pdf": away(canary)[number]}

            yield Trap("redirects to private addresses", f"away-file-{number}", behind)
    count = itertools.count()
    yield _fixed("redirect and link loops", "loop-self", {"": Reply(status=302, headers={"Location": "./"})})
    yield _fixed(
        "redirect and link loops",
        "loop-two",
        {"": Reply(status=302, headers={"Location": "b"}), "b": Reply(status=302, headers={"Location": "./"})},
    )
    yield _fixed(
        "redirect and link loops",
        "loop-new",
        {
            "*": lambda _: Reply(status=302, headers={"Location": f"r{next(count)}"}),
            "": Reply(status=302, headers={"Location": "r"}),
        },
    )
    yield _fixed(
        "redirect and link loops",
        "loop-grows",
        {
            "": Reply(status=302, headers={"Location": "g"}),
            "*": lambda path: Reply(status=302, headers={"Location": f"{path}{'x' * 2000}"}),
        },
    )
    meta = page("", '<meta http-equiv="refresh" content="0;url=./?again">')
    yield _fixed("redirect and link loops", "loop-refresh", {"": meta, "*": meta})
    a, b = listing(("b.html", TITLE)), listing(("a.html", TITLE), ("./", TITLE))
    yield _fixed("redirect and link loops", "loop-links", {"": a, "a.html": a, "b.html": b})


def _plant_endless() -> Iterator[Trap]:
    """Lists without an end."""
    count = itertools.count()

    def another(_: str) -> Reply:
        number = next(count)
        return listing((f"n{number}.html", f"{TITLE}{number}"), (f"p{number}.html", "下一页"))

    yield _fixed("endless pagination", "endless-next", {"": listing(("p.html", "下一页"), ("x.html", TITLE)), "*": another})
    huge = listing(("x.pdf", TITLE), more='<script>createPageHTML(999999999, 0, "index", "html");</script>')
    yield _fixed("endless pagination", "endless-count", {"": huge, "*": huge, "x.pdf": Reply(PDF)})
    for number, pages in enumerate(("-1", "9" * 400, "1e9", "NaN")):
        site: Site = {
            "": listing(("x.pdf", TITLE), more=f'<script>createPageHTML({pages}, 0, "index", "html");</script>'),
            "x.pdf": Reply(PDF),
        }
        yield _fixed("endless pagination", f"endless-strange-{number}", site)
    deep: Site = {
        "": listing(("d/index.html", "部门预算公开")),
        "*": lambda path: listing((f"d/{'d/' * 3}{len(path)}.html", "部门预算公开")),
    }
    yield _fixed("endless pagination", "endless-columns", deep)
    data = '<input type="hidden" id="pagingProp_0" value=\'{"page":1,"pageSize":1,"totalPages":99999999,"colid":"1"}\'>'
    yield _fixed(
        "endless pagination",
        "endless-json",
        {"*": listing(("x.pdf", TITLE), more=data), "": listing(("x.pdf", TITLE), more=data)},
    )


def _plant_big() -> Iterator[Trap]:
    """Pages that cost more to read than any real one."""
    million = 1_000_000
    bodies = {
        "attribute": f'<a href="x.pdf" title="{"预" * 3_400_000}">{TITLE}</a>',
        "address": f'<a href="{"y" * 10 * million}.pdf">{TITLE}</a>',
        "title": f"<title>{'预' * 3_000_000}</title>{TITLE}",
        "links": "".join(f'<a href="{number}.pdf">{number}年部门预算</a>' for number in range(60_000)),
        "nesting": "<div>" * 500_000 + TITLE,
        "formatting": "<b><i><a href=x>" * 100_000,
        "unclosed": "<a href=x.pdf title='" * 200_000,
        "comment": f"<!--{'-' * 10 * million}",
        "script": f"<script>var s='{'(' * 5 * million}'</script>",
        "spaces": f"<a href=x.pdf>{' ' * 5 * million}{TITLE}</a>",
        "entities": "&#x9884;" * 1_200_000,
        "tables": "<table><tr><td>" * 100_000,
        "quotes": "<script>location.href=" + "encodeURI(" * 300_000 + "</script>",
        "digits": f"<a href=x.pdf>{'2026年' * 500_000}部门预算</a>",
        "onclick": f"""<a onclick="location.href='{"a" * 8 * million}">{TITLE}</a>""",
        "meta": "".join(f'<meta name="n{number}" content="c">' for number in range(200_000)),
    }
    for name, body in bodies.items():
        yield _fixed("10 MB attributes, deep nesting, pages to choke on", f"big-{name}", {"": page(body), "x.pdf": Reply(PDF)})


def _plant_bodies() -> Iterator[Trap]:
    """Answers that do not end, are more than they say, or come drop by drop."""

    def endless() -> Iterator[bytes]:
        while True:
            yield b"<p>2026</p>" * 10_000

    bomb = gzip.compress(bytes(300 << 20), 9)
    for place in ("", "x.pdf"):
        tag = "page" if not place else "file"
        front = {"": listing(("x.pdf", TITLE))}
        replies = {
            "endless": Reply(endless),
            "declared": Reply(b"x", headers={"Content-Length": str(1 << 50)}),
            "bomb": Reply(bomb, headers={"Content-Encoding": "gzip"}),
            "broken-gzip": Reply(bomb[:5000], headers={"Content-Encoding": "gzip"}),
            "deflate": Reply(zlib.compress(bytes(100 << 20)), headers={"Content-Encoding": "deflate"}),
            "drip": Reply(lambda: iter([b"<"] * 10_000), pause=0.3),
            "silent": Reply(lambda: iter([b""] * 100), pause=2),
            "raw": Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx"),
            "no-http": Reply(raw=b"\x00\xff" * 1000),
            "headers": Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 5_000_000 + b"\r\n\r\n"),
        }  # fmt: skip
        for name, reply in replies.items():
            yield _fixed("bodies without end, bombs, slow drips", f"body-{tag}-{name}", front | {place: reply})


def _plant_encodings() -> Iterator[Trap]:
    """Pages in another encoding than they say, or in none."""
    text = f'<html><head><meta charset="{{}}"></head><body><a href="x.pdf">{TITLE}</a></body></html>'
    for number, (declared, used) in enumerate(
        (
            ("utf-8", "gb18030"),
            ("gbk", "utf-8"),
            ("utf-7", "utf-8"),
            ("utf-16", "utf-16"),
            ("utf-8", "utf-16-le"),
            ("iso-2022-cn", "gb18030"),
            ("x-none", "big5hkscs"),
            ("utf-8", "utf-32"),
        )
    ):
        content = (
            text.format(declared)
            .replace("预算公开", "公开" if used == "big5hkscs" else "预算公开")
            .encode(used, errors="replace")
        )
        yield _fixed("wrong encodings", f"encoding-{number}", {"": Reply(content), "x.pdf": Reply(PDF)})
    for name, content in {
        "zeros": text.replace("<", "\0<").encode(),
        "surrogates": text.encode()
        + b"\xed\xa0\x80\xed\xb0\x80"
        + b'<a href="y.pdf">\xed\xa0\x802026\xe5\xb9\xb4\xe9\x83\xa8\xe9\x97\xa8\xe9\xa2\x84\xe7\xae\x97</a>',
        "noise": bytes(range(256)) * 4000,
    }.items():
        yield _fixed("wrong encodings", f"encoding-{name}", {"": Reply(content), "x.pdf": Reply(PDF), "y.pdf": Reply(PDF + b"y")})


def _plant_markup() -> Iterator[Trap]:
    """Entities and markup that a careless reader expands."""
    laughs = (
        "<!DOCTYPE l [<!ENTITY a0 'ha'>"
        + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
        + "]><l>&a11;</l>"
    )
    bodies = {
        "laughs": laughs,
        "external": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><a href="x.pdf">&e;' + TITLE + "</a>",
        "cdata": f"<![CDATA[<a href='file:///etc/passwd'>{TITLE}</a>]]><a href=x.pdf>{TITLE}</a>",
        "template": f"<template><a href=x.pdf>{TITLE}</a></template><noscript><a href=x.pdf>{TITLE}</a></noscript>",
        "shadow": f"<svg><a xlink:href='javascript:1' href=x.pdf>{TITLE}</a></svg><math><mtext><a href=x.pdf>{TITLE}</a>",
        "twice": "<a href=&amp;#106;avascript:1>" + TITLE + "</a>",
        "json": '{"' * 100_000,
        "json-list": "[" * 200_000,
    }
    for name, body in bodies.items():
        yield _fixed("entity and markup tricks", f"markup-{name}", {"": Reply(body.encode()), "x.pdf": Reply(PDF)})


def _plant_files() -> Iterator[Trap]:
    """Files that are not what their names say, or lead elsewhere."""
    files = {
        "a.pdf": b"<html><script>location='file:///etc/passwd'</script></html>",
        "bomb.zip": _zip({"2026年部门预算.pdf": PDF + bytes(200 << 20)}),
        "climb.zip": _zip({"../../../../tmp/yusuan-climbed.pdf": PDF, "/etc/yusuan-climbed.pdf": PDF, "..\\..\\c.pdf": PDF}),
        "nested.zip": _nest_zip(40),
        "many.zip": _zip({f"{number}.pdf": PDF + str(number).encode() for number in range(3000)}),
        "script.zip": _zip({f"{text.replace('/', '')}2026年部门预算.pdf": PDF + text.encode() for text in PLANTED}),
        "cut.zip": _zip({"2026年部门预算.pdf": PDF * 1000})[:-30],
        "a.docx": b"PK\x03\x04" + b"word/" * 100_000,
    }
    for name, content in files.items():
        yield _fixed(
            "hostile files and bundles", f"file-{name.replace('.', '-')}", {"": listing((name, TITLE)), name: Reply(content)}
        )


def _plant_robots() -> Iterator[Trap]:
    """What a site may put under /robots.txt: it is one for all traps, so these are pages that only look like it."""
    rules = b"User-agent: *\nDisallow: /" + b"*a" * 100_000
    yield _fixed(
        "hostile files and bundles",
        "robots-stars",
        {"": listing(("x.pdf", TITLE)), "x.pdf": Reply(PDF), "robots.txt": Reply(rules)},
    )


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return buffer.getvalue()


def _nest_zip(depth: int) -> bytes:
    content = PDF
    for number in range(depth):
        content = _zip({"2026年部门预算.pdf" if number == 0 else "2026年部门预算.zip": content})
    return content


@contextlib.contextmanager
def serve_traps(traps: list[Trap]) -> Iterator[tuple[str, Canary, list[str]]]:
    """The server with every trap under its name, the canary, and the log of the paths asked for."""
    with _listen("127.0.0.1", 0) as (port, asked), _listen(_STRANGER, port) as (_, asked_too):
        canary = Canary(port)
        sites = {trap.name: trap.site(canary) for trap in traps}
        log: list[str] = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(sites, log))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", canary, log
        finally:
            server.shutdown()
            server.server_close()
            canary.asked += [*asked, *asked_too]


def _make_handler(sites: Mapping[str, Site], log: list[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            log.append(self.path)
            name, _, path = self.path.split("?")[0].removeprefix("/").partition("/")
            site = sites.get(name, {})
            found = site.get(path) or site.get("*") or Reply(status=404)
            reply = found(path) if callable(found) else found
            self.close_connection = True
            with contextlib.suppress(OSError):
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            if reply.raw:
                self.wfile.write(reply.raw)
                return
            self.send_response(reply.status)
            body = reply.body
            for header, value in reply.headers.items():
                self.send_header(header, value)
            if isinstance(body, bytes) and "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            for piece in [body] if isinstance(body, bytes) else body():
                time.sleep(reply.pause)
                self.wfile.write(piece)

        def log_message(self, *_: object) -> None:
            """Silent: the log is kept above."""

    return Handler


@contextlib.contextmanager
def _listen(host: str, port: int) -> Iterator[tuple[int, list[str]]]:
    """Accept everything, note what was said, answer nothing."""
    asked: list[str] = []
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(64)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(1)
                asked.append(f"{host}: {connection.recv(300)[:200]!r}")

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        # Closing alone does not wake a thread that accepts.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
