"""One question for the rows of a table, from the request to the answer.

Promise: what is answered is what was asked: a parameter that is not understood, or given twice where it counts once, is an error.
An answer's tag is made of the state, the question and the program, before anything is read: who has the
answer is told so at once.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel

from flows.api.answers import MEDIA_TYPES, State, warn, write_answer
from flows.api.behind import write_header
from flows.api.limits import Limits, Turns
from flows.api.problems import ParameterProblem, ProblemError, refuse_parameter, refuse_parameters
from flows.api.questions import AnswerFormat, list_conditions
from flows.api.shelf import Shelf
from flows.engine import get_engine_version
from warehouse.edition import Edition, NotInEditionError, Page, TooSlowError
from warehouse.selection import Selection

# An earlier state stays as it is; the newest is another one tomorrow.
_LASTING, _PASSING = "public, max-age=3600", "no-cache"
_WORDS: dict[str, AnswerFormat] = {kind: written for written, kind in MEDIA_TYPES.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was understood. `digest`: of all of it but which page and how many rows; `is_lasting`: of a named state."""

    state: str
    selection: Selection
    written: AnswerFormat
    with_total: bool
    digest: str
    is_lasting: bool


class Answering:
    """Answers for the rows of one table."""

    def __init__(self, table: str, columns: tuple[str, ...], shelf: Shelf, turns: Turns, limits: Limits) -> None:
        self._table = table
        self.columns = columns
        self._shelf = shelf
        self._turns = turns
        self._limits = limits

    async def answer(self, question: BaseModel, request: Request) -> Response:
        """The answer, or 304. Raises ProblemError."""
        _check_once(question, request)
        asked = await self._understand(question, request)
        headers = self._describe(asked)
        if _has(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        edition = await self._shelf.open(asked.state)
        done: dict[str, Any] = {}
        body = await self._turns.take(lambda: self._write(edition, asked, request, done))
        if done["link"]:
            headers["Link"] = f'<{done["link"]}>; rel="next"'
        if asked.with_total:
            headers["Yusuan-Total"] = str(done["page"].total)
        if asked.written != "json":
            headers["Content-Disposition"] = f'attachment; filename="{self._table}.{asked.written}"'
        return Response(body, headers=headers, media_type=MEDIA_TYPES[asked.written])

    async def _understand(self, question: Any, request: Request) -> Asked:
        conditions = tuple(list_conditions(question, self._table, self.columns))
        columns = tuple(dict.fromkeys(question.columns or self.columns))
        digest = _digest(self._table, columns, conditions, question.as_of)
        state, after = self._shelf.newest.state, -1
        if question.cursor is not None:
            state, after = _read_cursor(question.cursor, digest)
        elif question.as_of is not None:
            state = await self._shelf.find(question.as_of)
        return Asked(
            state=state,
            selection=Selection(self._table, columns, conditions, question.limit, after),
            written=question.format or _choose_format(request.headers.get("accept", "")),
            with_total=question.total,
            digest=digest,
            is_lasting=question.cursor is not None or question.as_of is not None,
        )

    def _describe(self, asked: Asked) -> dict[str, str]:
        """The headers that follow from the question alone."""
        parts = (asked.state, asked.digest, asked.selection.limit, asked.selection.after, asked.written, asked.with_total)
        headers = {
            "ETag": f'"{_digest(get_engine_version(), *parts)}"',
            "Cache-Control": _LASTING if asked.is_lasting else _PASSING,
            "Vary": "Accept",
            "Yusuan-State": asked.state,
        }
        if self._shelf.behind and not asked.is_lasting:
            headers["Yusuan-Behind"] = write_header(self._shelf.behind)
        if warned := warn(self._table):
            headers["Yusuan-Warning"] = f"do not add up as it stands: {warned.en}; fix {', '.join(warned.fix_first)} first"
        return headers

    def _write(self, edition: Edition, asked: Asked, request: Request, done: dict[str, Any]) -> bytes:
        try:
            page = edition.read(asked.selection, self._limits.seconds, with_total=asked.with_total)
        except TooSlowError as error:
            detail = f"{error}: ask for fewer rows or columns, or by document_id, department_id or fiscal_year"
            raise ProblemError("too-slow", "The question takes too long", 503, detail) from error
        except NotInEditionError as error:
            raise ProblemError("not-in-state", "Not in that state", 404, str(error)) from error
        done["page"], done["link"] = page, self._write_link(page, asked, request)
        return write_answer(self._table, page, State(id=edition.state, moment=edition.moment), done["link"], asked.written)

    def _write_link(self, page: Page, asked: Asked, request: Request) -> str | None:
        if page.last is None:
            return None
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        return f"{request.url.path}?{urlencode([*kept, ('cursor', _write_cursor(asked, page.last))])}"


def _check_once(question: BaseModel, request: Request) -> None:
    several = {
        field.alias or name for name, field in type(question).model_fields.items() if isinstance(getattr(question, name), list)
    }
    given = [name for name, _ in request.query_params.multi_items()]
    if twice := sorted({name for name in given if given.count(name) > 1} - several):
        raise refuse_parameters([ParameterProblem(parameter=name, detail="it may be given once only") for name in twice])


def _choose_format(accept: str) -> AnswerFormat:
    """The first form of ours that a reader accepts; whoever accepts none, or anything, gets JSON."""
    for part in accept.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in _WORDS:
            return _WORDS[kind]
    return "json"


def _has(tags: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag."""
    return tags.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in tags.split(",")}


def _write_cursor(asked: Asked, last: int) -> str:
    text = json.dumps([asked.state, last, asked.digest], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, digest: str) -> tuple[str, int]:
    """State and place."""
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        state, last, asked = parts
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise refuse_parameter("cursor", "no place in pages; take the whole address that `next` gave") from error
    is_place = isinstance(state, str) and isinstance(last, int) and not isinstance(last, bool) and 0 <= last < 1 << 62
    if not is_place:
        raise refuse_parameter("cursor", "no place in pages; take the whole address that `next` gave")
    if asked != digest:
        raise refuse_parameter("cursor", "it belongs to another question; begin again without it")
    return state, last


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]
