"""What every answer tells browsers, and what it lets the pages of other hosts do.

Promise: an answer is taken for what it says it is and nothing in it is run; a page of any host may read it with GET and HEAD, its
headers too, and never in somebody's name: what is answered depends on the question alone, so that cookies are neither asked
for nor looked at. HEAD is GET without the body.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Without these a page of another host would see the body alone: no tag to ask with again, no address of the next page.
SHOWN = (
    "Content-Disposition",
    "ETag",
    "Link",
    "Retry-After",
    "Yusuan-Behind",
    "Yusuan-State",
    "Yusuan-Total",
    "Yusuan-Warning",
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    # With every answer, also to who is of no page: what lies in a cache between fits all readers.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": ", ".join(SHOWN),
}
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Accept, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


class Plain:
    """Adds the headers, and answers browsers that ask ahead what a page may do (a preflight of CORS)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the headers where the answer begins. The body of HEAD is kept back by the server."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if _is_preflight(scope):
            await Response(status_code=204, headers=_ALLOWED)(scope, receive, send_with_headers)
            return
        plain = {**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope
        await self._app(plain, receive, send_with_headers)


def _is_preflight(scope: Scope) -> bool:
    return scope.get("method") == "OPTIONS" and "access-control-request-method" in Headers(scope=scope)
