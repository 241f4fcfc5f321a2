"""A page as a browser would show it, for lists that only a script of the page makes.

Promise: the browser has no network of its own. Every request it makes is answered by the source's fetcher, so that robots.txt,
pauses, limits and the guard of addresses hold, or not at all: only GET, only to the page's own site, no pictures. What its
scripts do costs bounded time and requests, and ends in a `Response` or a `Failure`.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from extractors.fetch import Failure, Fetcher, Response
from extractors.sources import Source
from warehouse.issues import make_finding

_NOT_NEEDED = frozenset({"image", "media", "font", "stylesheet", "websocket", "manifest", "ping", "eventsource"})
# Nothing that escapes our answers reaches a host: no name resolves.
_ARGUMENTS = ("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking", "--dns-prefetch-disable")
_MAX_PART_BYTES = 20 << 20


class RenderLimits(BaseModel):
    """What showing one page may cost. `quiet_seconds`: how long its scripts are waited for after it was loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    total_seconds: float = 180
    quiet_seconds: float = 30
    max_requests: int = 80


class Renderer:
    """A headless Chromium for one source's visit, started when first needed. Not thread-safe; use as a context manager."""

    def __init__(self, fetcher: Fetcher, limits: RenderLimits | None = None) -> None:
        self._fetcher = fetcher
        self._limits = limits or RenderLimits()
        self._parts: dict[str, Response | Failure] = {}
        self._stack = contextlib.ExitStack()
        self._browser: Any = None

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def render(self, answer: Response) -> Response | Failure:
        """The page that was fetched, with what its scripts made of it."""
        try:
            from playwright.sync_api import Error  # noqa: PLC0415  # an optional extra
        except ImportError:
            return _fail(answer, "playwright is not installed (pip install 'yusuan[browser]')")
        try:
            content = self._show(answer)
        except Error as error:
            return _fail(answer, str(error).splitlines()[0][:200])
        return replace(answer, content=content.encode("utf-8", errors="replace"), headers={"content-type": "text/html"})

    def _show(self, answer: Response) -> str:
        from playwright.sync_api import TimeoutError as TooSlowError  # noqa: PLC0415  # an optional extra

        deadline = time.monotonic() + self._limits.total_seconds
        with _open_context(self._start()) as context:
            context.route("**/*", self._make_handler(answer, deadline))
            page = context.new_page()
            page.on("dialog", lambda dialog: dialog.dismiss())
            page.goto(answer.final_url, wait_until="domcontentloaded", timeout=1000 * self._limits.total_seconds)
            # A page that never falls quiet is taken as it is by then.
            with contextlib.suppress(TooSlowError):
                page.wait_for_load_state("networkidle", timeout=1000 * self._limits.quiet_seconds)
            return str(page.content())

    def _start(self) -> Any:
        if self._browser is None:
            from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an optional extra

            playwright = self._stack.enter_context(sync_playwright())
            # Chromium's own sandbox cannot be had by root.
            self._browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=list(_ARGUMENTS),
                chromium_sandbox=os.geteuid() != 0,
            )
            self._stack.callback(self._browser.close)
        return self._browser

    def _make_handler(self, answer: Response, deadline: float) -> Callable[[Any], None]:
        """Answers the browser's requests: the page from what was fetched, the rest through the fetcher."""
        n_requests = 0

        def handle(route: Any) -> None:
            nonlocal n_requests
            request = route.request
            if request.url.partition("#")[0] == answer.final_url.partition("#")[0] and request.is_navigation_request():
                route.fulfill(status=200, headers={"content-type": "text/html"}, body=answer.content)
                return
            n_requests += 1
            is_over = n_requests > self._limits.max_requests or time.monotonic() > deadline
            is_wanted = request.method == "GET" and request.resource_type not in _NOT_NEEDED
            # A frame may show a list; a page that takes itself elsewhere is another page.
            is_leaving = request.is_navigation_request() and request.frame.parent_frame is None
            if is_over or not is_wanted or is_leaving or not _is_same_site(request.url, answer.final_url):
                route.abort()
                return
            part = self._get(request.url)
            if isinstance(part, Failure):
                route.abort()
                return
            kind = part.headers.get("content-type", "application/octet-stream")
            route.fulfill(status=part.status, headers={"content-type": kind}, body=part.content)

        return handle

    def _get(self, url: str) -> Response | Failure:
        """Scripts are the same on every page of a site: asked for once a visit."""
        if url not in self._parts:
            self._parts[url] = self._fetcher.get(url, max_bytes=_MAX_PART_BYTES)
        return self._parts[url]


@contextlib.contextmanager
def _open_context(browser: Any) -> Iterator[Any]:
    context = browser.new_context(service_workers="block", accept_downloads=False)
    try:
        yield context
    finally:
        context.close()


def _is_same_site(url: str, page_url: str) -> bool:
    """The same host and port, or one under the same government's domain."""
    one, other = urlsplit(url), urlsplit(page_url)
    return one.netloc == other.netloc or (_domain(one.hostname) == _domain(other.hostname) != "")


def _domain(host: str | None) -> str:
    labels = (host or "").split(".")
    return ".".join(labels[-3:]) if labels[-2:] == ["gov", "cn"] and len(labels) > 2 else ""


def _fail(answer: Response, reason: str) -> Failure:
    finding = make_finding("browser-failed", url=answer.final_url, reason=reason)
    return Failure(url=answer.url, finding=finding, fetched_at=answer.fetched_at, status=answer.status)


@contextlib.contextmanager
def open_renderer(source: Source, fetcher: Fetcher) -> Iterator[Renderer | None]:
    """A browser where the source's YAML asks for one, else None."""
    if not source.browser:
        yield None
        return
    with Renderer(fetcher) as renderer:
        yield renderer
