"""The portal over HTTP: the folder as any web server would serve it, with strict headers, and pictures drawn when first asked
for.

Promise: only files of the folder are given, and pictures only of pages that the portal shows; a browser may neither run nor load
anything that did not come from here; nothing but pictures is written. Other applications (the API) answer beside the pages.
"""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.portal.pictures import NoPictureError, Pictures
from flows.portal.rendering import POLICY
from transforms.portal.addresses import LANGUAGES, address_page

_DOCUMENT = re.compile(r"[0-9a-f]{16}")
_HEADERS = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# A picture and a file of a release never change under their address; a page is asked about again, and answered 304.
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


def make_app(root: Path, pictures: Pictures | None, mounts: Sequence[tuple[str, Starlette]] = ()) -> Starlette:
    """The application of a portal folder. `mounts`: applications by the path below which they answer, such as `("/api", …)`; they
    see whole paths, and begin and end with this one.
    """

    async def answer_picture(request: Request) -> Response:
        document_id, page = request.path_params["document_id"], request.path_params["page"]
        if not _DOCUMENT.fullmatch(document_id) or not (root / LANGUAGES[0] / address_page(document_id, page)).is_file():
            raise HTTPException(404)
        path = root / "pictures" / document_id / f"{page}.webp"
        if not path.is_file():
            if pictures is None:
                raise HTTPException(404)
            try:
                await run_in_threadpool(pictures.draw_missing, document_id, [page])
            except NoPictureError as error:
                raise HTTPException(404) from error
        return FileResponse(path, media_type="image/webp")

    @asynccontextmanager
    async def live(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for _place, app in mounts:
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    routes: list[BaseRoute] = [Mount(path, app=_WholePath(app)) for path, app in mounts]
    routes.append(Route("/pictures/{document_id}/{page:int}.webp", answer_picture))
    routes.append(Mount("/", app=_PlainFiles(directory=root, html=True)))
    return Starlette(
        routes=routes, middleware=[Middleware(_StrictHeaders)], exception_handlers={404: _say_not_found}, lifespan=live
    )


class _WholePath:
    """An application that answers by whole paths, which a mount would cut: its links and its description name them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": scope["app_root_path"]}, receive, send)


class _PlainFiles(StaticFiles):
    """The folder without what a build is just writing, and without its list."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path == "portal.json" or any(part.startswith(".") and part != "." for part in Path(path).parts):
            raise HTTPException(404)
        return await super().get_response(path, scope)


async def _say_not_found(request: Request, error: Exception) -> Response:
    page = (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>404</title>'
        '<link rel="stylesheet" href="/assets/portal.css">'
        '<main><h1>没有这一页 <span lang="en">There is no such page</span></h1><p><a href="/zh/index.html">首页</a> · '
        '<a href="/en/index.html" lang="en">Home</a></p></main>'
    )
    return HTMLResponse(page, status_code=404)


class _StrictHeaders:
    """Adds the headers to every answer of the portal; an answer that has its own keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", _choose_cache(scope["path"], message["status"]))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _choose_cache(path: str, status: int) -> str:
    is_fixed = status in {200, 206, 304} and path.startswith(("/pictures/", "/releases/"))
    return _FOREVER if is_fixed else _ASK_AGAIN
