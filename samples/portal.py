"""The demonstration portal: a real HTTP server on loopback that publishes the sample disclosures as a department's site would.

Promise: the same documents give the same pages, byte for byte. Listings are paged by script as TRS does it; articles carry the
standard meta tags; one attachment is made by script, one file hangs straight on the listing, one page is in GBK; files have ETag
and Last-Modified and answer 304. What looks like a budget and is none (an audit report, a grant, a link elsewhere) is there too.
Tests make single documents misbehave while the server runs.
"""

import asyncio
import hashlib
import io
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal, Protocol

import uvicorn
from jinja2 import DictLoader, Environment, StrictUndefined
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

Misbehaviour = Literal[
    "missing",
    "server-error",
    "hang",
    "redirect-loop",
    "slow",
    "drip",
    "html",
    "truncated",
    "broken-off",
    "empty",
    "encrypted",
    "changed",
    "private-link",
    "challenge",
]
"""What a document's file may do instead of being sent: see `_ANSWERS`."""

COLUMN = "/zwgk/czyjs"
_TRAPS = {
    "/zwgk/sjgg/202607/t20260720_900001.html": "{year}年度市本级预算执行和其他财政收支审计工作报告",
    "/zwgk/tzgg/202603/t20260305_900002.html": "关于下达{year}年文旅发展专项资金预算的通知",
}
_TRAP_YEAR = 2025
_SHORT_TITLE = 18
# A private address that no machine of ours has: what an attacker's link would look like.
_PRIVATE_URL = "http://10.255.255.1/2026.pdf"


class PublishedDocument(Protocol):
    """What the portal needs to know of a sample disclosure."""

    @property
    def id(self) -> str:
        """Its id in the library."""
        ...

    @property
    def title(self) -> str:
        """The title that links to it."""
        ...

    @property
    def department(self) -> str:
        """Who publishes it."""
        ...

    @property
    def year(self) -> int:
        """Its fiscal year."""
        ...

    @property
    def phase(self) -> str:
        """Budget or final."""
        ...

    @property
    def region_code(self) -> str:
        """Six digits of its region."""
        ...

    def draw(self) -> bytes:
        """The PDF."""
        ...


@dataclass(frozen=True, slots=True)
class _Publication:
    """A document with its place on the site."""

    document: PublishedDocument
    ordinal: int

    @property
    def folder(self) -> str:
        return f"{COLUMN}/{self.document.year}{'09' if self.document.phase == 'final' else '02'}"

    @property
    def date(self) -> str:
        return f"{self.document.year}-{'09' if self.document.phase == 'final' else '02'}-{self.ordinal % 27 + 1:02d}"

    @property
    def file_name(self) -> str:
        return f"P0{self.date.replace('-', '')}{self.ordinal:012d}.pdf"

    @property
    def article_path(self) -> str:
        return f"{self.folder}/t{self.date.replace('-', '')}_{self.ordinal + 1:07d}.html"

    @property
    def file_path(self) -> str:
        return f"{self.folder}/{self.file_name}"

    @property
    def hangs_on_listing(self) -> bool:
        return self.ordinal % 6 == 2

    @property
    def link_style(self) -> str:
        return "script" if self.ordinal % 6 == 1 else "anchor"

    @property
    def charset(self) -> str:
        return "gb2312" if self.ordinal % 6 == 3 else "utf-8"


@dataclass
class Portal:
    """A running portal. `url` is its base address; `requests` is its log: (path, status), in order."""

    url: str
    requests: list[tuple[str, int]] = field(default_factory=list)
    _misbehaviours: dict[str, Misbehaviour] = field(default_factory=dict)

    def misbehave(self, document_id: str, how: Misbehaviour | None) -> None:
        """From now on the file of the sample `document_id` answers like this; None: properly again."""
        if how is None:
            self._misbehaviours.pop(document_id, None)
        else:
            self._misbehaviours[document_id] = how

    def behaviour_of(self, document_id: str) -> Misbehaviour | None:
        """How the file of the sample is set to misbehave, if at all."""
        return self._misbehaviours.get(document_id)


class _Site:
    """All pages and files of the portal by path."""

    def __init__(self, documents: Sequence[PublishedDocument], portal: Portal, per_page: int) -> None:
        self._publications = [_Publication(document, ordinal) for ordinal, document in enumerate(documents)]
        self._portal = portal
        self._per_page = per_page
        self._files: dict[str, bytes] = {}
        self._drawing = threading.Lock()
        self._templates = _load_templates()
        self._articles = {item.article_path: item for item in self._publications if not item.hangs_on_listing}
        self._attachments = {item.file_path: item for item in self._publications}

    async def answer(self, request: Request) -> Response:
        """The page or file at the request's path."""
        path = request.url.path
        response = await self._find(path, request)
        self._portal.requests.append((path, response.status_code))
        return response

    async def _find(self, path: str, request: Request) -> Response:
        if path in self._attachments:
            return await self._send_file(self._attachments[path], request)
        if path.startswith("/loop/"):
            return RedirectResponse(f"/loop/{1 - int(path[-1])}" if path[-1] in "01" else "/loop/0")
        page = self._render(path)
        if page is None:
            return Response("not found", status_code=404, media_type="text/plain")
        return _send_conditionally(page, "text/html", request)

    def _render(self, path: str) -> bytes | None:
        if path == "/":
            return self._template("home.html", trap_year=_TRAP_YEAR)
        if path == "/robots.txt":
            return b"User-agent: *\nDisallow: /search\n"
        if path in _TRAPS:
            title = _TRAPS[path].format(year=_TRAP_YEAR)
            return self._template("trap.html", title=title, number=f"{list(_TRAPS).index(path):06d}")
        if path in self._articles:
            return self._render_article(self._articles[path])
        return self._render_listing(path)

    def _render_article(self, item: _Publication) -> bytes:
        document = item.document
        return self._template(
            "article.html",
            item.charset,
            title=document.title,
            department=document.department,
            site_id=f"{document.region_code}0001",
            date=item.date,
            file_name=item.file_name,
            link_style=item.link_style,
            page_charset=item.charset,
        )

    def _render_listing(self, path: str) -> bytes | None:
        pages = self._listing_pages()
        names = {f"{COLUMN}/": 0, f"{COLUMN}/index.html": 0} | {f"{COLUMN}/index_{n}.html": n for n in range(1, len(pages))}
        if path not in names:
            return None
        number = names[path]
        return self._template("listing.html", entries=pages[number], page_count=len(pages), page_number=number)

    def _listing_pages(self) -> list[list[dict[str, str]]]:
        entries = [_to_entry(item) for item in self._publications]
        for path, title in _TRAPS.items():
            entries.insert(len(entries) // 2, _to_trap_entry(path, title.format(year=_TRAP_YEAR)))
        return [entries[start : start + self._per_page] for start in range(0, len(entries), self._per_page)]

    def _template(self, name: str, charset: str = "utf-8", **values: object) -> bytes:
        return self._templates.get_template(name).render(**values).encode("gb18030" if charset == "gb2312" else charset)

    async def _send_file(self, item: _Publication, request: Request) -> Response:
        content = await run_in_threadpool(self._draw, item)
        how = self._portal.behaviour_of(item.document.id)
        return await _ANSWERS[how](content, request) if how else _send_conditionally(content, "application/pdf", request)

    def _draw(self, item: _Publication) -> bytes:
        with self._drawing:
            if item.file_path not in self._files:
                self._files[item.file_path] = item.document.draw()
            return self._files[item.file_path]


def _load_templates() -> Environment:
    folder = files("samples").joinpath("portal")
    texts = {entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".html")}
    return Environment(loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined)


def _to_entry(item: _Publication) -> dict[str, str]:
    target = item.file_path if item.hangs_on_listing else item.article_path
    return _entry(f".{target.removeprefix(COLUMN)}", item.document.title, item.date)


def _to_trap_entry(path: str, title: str) -> dict[str, str]:
    return _entry(path, title, f"{path.rpartition('/t')[2][:4]}-07-20")


def _entry(href: str, title: str, date: str) -> dict[str, str]:
    short = title if len(title) <= _SHORT_TITLE else title[:_SHORT_TITLE] + "..."
    return {"href": href, "title": title, "short_title": short, "date": date}


def _send_conditionally(content: bytes, media_type: str, request: Request) -> Response:
    """With ETag and Last-Modified, or 304 without a body where the visitor has these bytes."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Last-Modified": "Sun, 01 Mar 2026 01:00:00 GMT", "Content-Type": media_type}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers)


async def _answer_missing(_: bytes, __: Request) -> Response:
    return Response("<html><body>404</body></html>", status_code=404, media_type="text/html")


async def _answer_error(_: bytes, __: Request) -> Response:
    return Response("error", status_code=500, media_type="text/plain")


async def _answer_never(content: bytes, request: Request) -> Response:
    """Hold the line until the visitor hangs up, or an hour."""
    for _ in range(36000):
        if await request.is_disconnected():
            break
        await asyncio.sleep(0.1)
    return Response(content, media_type="application/pdf")


async def _answer_in_circle(_: bytes, __: Request) -> Response:
    return RedirectResponse("/loop/0")


async def _answer_slowly(content: bytes, request: Request) -> Response:
    await asyncio.sleep(0.5)
    return _send_conditionally(content, "application/pdf", request)


async def _answer_in_drips(content: bytes, _: Request) -> Response:
    async def drip() -> AsyncIterator[bytes]:
        for byte in content:
            yield bytes([byte])
            await asyncio.sleep(0.1)

    return StreamingResponse(drip(), media_type="application/pdf")


async def _answer_html(_: bytes, __: Request) -> Response:
    return Response("<!DOCTYPE html><html><body>页面已迁移</body></html>", media_type="application/pdf")


async def _answer_truncated(content: bytes, request: Request) -> Response:
    return _send_conditionally(content[: len(content) * 6 // 10], "application/pdf", request)


async def _answer_broken_off(content: bytes, _: Request) -> Response:
    """Promise more bytes than are sent, then close the line."""

    async def break_off() -> AsyncIterator[bytes]:
        yield content[: len(content) // 2]
        raise ConnectionAbortedError("the demonstration portal breaks off here, as it was told to")

    return StreamingResponse(break_off(), media_type="application/pdf", headers={"Content-Length": str(len(content))})


async def _answer_empty(_: bytes, __: Request) -> Response:
    return Response(b"", media_type="application/pdf")


async def _answer_encrypted(_: bytes, request: Request) -> Response:
    return _send_conditionally(_draw_encrypted(), "application/pdf", request)


async def _answer_changed(content: bytes, request: Request) -> Response:
    """Other bytes, the same document: a comment behind the end of a PDF is allowed."""
    return _send_conditionally(content + b"\n% revised\n", "application/pdf", request)


async def _answer_private(_: bytes, __: Request) -> Response:
    return RedirectResponse(_PRIVATE_URL)


async def _answer_challenge(_: bytes, __: Request) -> Response:
    return Response("<html><script>document.cookie='EO_Bot_Ssid=1';</script></html>", media_type="text/html")


_ANSWERS: Mapping[Misbehaviour, Callable[[bytes, Request], Awaitable[Response]]] = {
    "missing": _answer_missing,
    "server-error": _answer_error,
    "hang": _answer_never,
    "redirect-loop": _answer_in_circle,
    "slow": _answer_slowly,
    "drip": _answer_in_drips,
    "html": _answer_html,
    "truncated": _answer_truncated,
    "broken-off": _answer_broken_off,
    "empty": _answer_empty,
    "encrypted": _answer_encrypted,
    "changed": _answer_changed,
    "private-link": _answer_private,
    "challenge": _answer_challenge,
}


def _draw_encrypted() -> bytes:
    """A one-page PDF that asks for a password."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1, encrypt=StandardEncryption("sample", ownerPassword="sample"))
    canvas.drawString(72, 720, "sample")
    canvas.save()
    return buffer.getvalue()


@contextmanager
def serve_portal(
    port: int = 0,
    *,
    documents: Sequence[PublishedDocument] | None = None,
    misbehaviours: Mapping[str, Misbehaviour] | None = None,
    per_page: int = 5,
) -> Iterator[Portal]:
    """Serve the sample disclosures (or `documents`) on 127.0.0.1 until the block ends. Port 0 takes a free one.

    Raises OSError where the port is taken.
    """
    published = _load_samples() if documents is None else documents
    listener = _open_listener(port)
    portal = Portal(f"http://127.0.0.1:{listener.getsockname()[1]}", _misbehaviours=dict(misbehaviours or {}))
    site = _Site(published, portal, per_page)
    app = Starlette(routes=[Route("/{path:path}", site.answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_keep_alive=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="demonstration portal", daemon=True)
    thread.start()
    try:
        yield portal
    finally:
        server.should_exit = server.force_exit = True
        thread.join(timeout=10)
        listener.close()


def _load_samples() -> Sequence[PublishedDocument]:
    from samples.library import sample_disclosures  # noqa: PLC0415  # brings the fonts along: other documents need none

    return sample_disclosures()


def _open_listener(port: int) -> socket.socket:
    """Bound and listening before the thread starts: the first request waits in line instead of being refused."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener
