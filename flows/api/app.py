"""The web application of the query service.

Promise: nothing is written, no SQL comes from outside, no `raw_` table is shown. Every question has a limit of rows, of time and
of company; every answer is of one state, names it, and has a tag by which an unchanged answer is not sent again. The pages of one
walk are of one state, also when the warehouse grows meanwhile. Where a newer state cannot be opened the one before answers, and
says so.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException

from flows.api.answering import Answering
from flows.api.answers import MEDIA_TYPES, make_answer
from flows.api.behind import NewestState
from flows.api.browsers import HEADERS, Plain
from flows.api.description import (
    INTRODUCTION,
    TAGS,
    Contents,
    LimitFacts,
    Table,
    describe_contents,
    describe_in_words,
    describe_table,
    name_title,
)
from flows.api.limits import Limits, Turns, choose_pause
from flows.api.problems import MEDIA_TYPE, Problem, ProblemError, describe_errors, refuse_name, refuse_parameters, to_response
from flows.api.questions import list_parameters, make_question
from flows.api.shelf import Shelf
from flows.api.sources import StateSource
from warehouse.metadata.models import get_resource

PLACE = "/api"
ROOT = f"{PLACE}/v1"
_PROBLEM: dict[str, Any] = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_NOT_CHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "没有变化 The reader has it already (If-None-Match)"}}
_LOG = logging.getLogger(__name__)


def make_api(source: StateSource, limits: Limits | None = None) -> FastAPI:
    """The application; its first state is open before it is there. Raises what `source.open` raises."""
    chosen = limits or Limits()
    shelf = Shelf(source, chosen.states, chosen.seconds)

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_refresh(shelf, chosen.refresh_seconds))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        shelf.close()

    app = FastAPI(
        title="Yusuan 预算",
        version=version("yusuan"),
        description=INTRODUCTION,
        openapi_url=f"{ROOT}/openapi.json",
        openapi_tags=[dict(tag) for tag in TAGS],
        # Their pages fetch scripts from a foreign host.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=live,
        responses={
            "4XX": {"description": "不能按所问回答 What was asked cannot be meant, or is not here", **_PROBLEM},
            503: {"description": "稍后再问 Too many questions, or one that takes too long", **_PROBLEM},
        },
    )
    tables = dict(shelf.newest.columns)
    questions = {name: make_question(name, columns, chosen.rows) for name, columns in tables.items()}
    turns = Turns(chosen)
    _add_service(app, tables, shelf, chosen)
    for name, columns in tables.items():
        _add_table(app, name, questions[name], Answering(name, columns, shelf, turns, chosen))
    _add_error_handlers(app, {f"{ROOT}/{name}": list_parameters(question) for name, question in questions.items()})
    app.add_middleware(Plain)
    app.openapi = cache(lambda: _describe_openapi(app))  # type: ignore[method-assign]  # as FastAPI's guide has it
    return app


async def _refresh(shelf: Shelf, seconds: float) -> None:
    told = shelf.behind
    failures = 0
    while True:
        await asyncio.sleep(choose_pause(seconds, failures))
        try:
            await shelf.refresh()
            failures = 0
        except Exception:  # noqa: BLE001  # whatever it is, the state before goes on answering, and the next look may succeed
            # The same again every ten seconds would bury what else stands in the log.
            if shelf.behind != told:
                _LOG.exception("the newest state could not be opened; state %s goes on answering", shelf.newest.state)
            failures += 1
        told = shelf.behind


def _add_service(app: FastAPI, tables: Mapping[str, tuple[str, ...]], shelf: Shelf, limits: Limits) -> None:
    @app.get(f"{ROOT}/", include_in_schema=False)
    @app.get(ROOT, tags=["service"], summary="有哪些数据 What there is", response_model=Contents, responses=_NOT_CHANGED)
    async def list_tables(request: Request) -> Response:
        facts = LimitFacts(rows=limits.rows, seconds=limits.seconds)
        state = NewestState(id=shelf.newest.state, moment=shelf.newest.moment, behind=shelf.behind)
        return _send(describe_contents(tables, state, facts, ROOT), request)

    @app.get(
        f"{ROOT}/tables/{{table}}", tags=["service"], summary="一张表 One table", response_model=Table, responses=_NOT_CHANGED
    )
    async def show_table(table: str, request: Request) -> Response:
        if table not in tables:
            raise refuse_name(table, tables)
        return _send(describe_table(table, tables[table], ROOT), request)


def _send(model: BaseModel, request: Request) -> Response:
    body = model.model_dump_json().encode()
    headers = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:24]}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _add_table(app: FastAPI, name: str, model: type[BaseModel], answering: Answering) -> None:
    async def list_rows(question: Any, request: Request) -> Response:
        return await answering.answer(question, request)

    # The parameters are known only now; FastAPI reads them from the annotation.
    list_rows.__annotations__["question"] = Annotated[model, Query()]
    other = {
        kind: {"schema": {"type": "string", "format": "binary"}} for written, kind in MEDIA_TYPES.items() if written != "json"
    }
    app.add_api_route(
        f"{ROOT}/{name}",
        list_rows,
        name=f"list_{name}",
        tags=[get_resource(name).layer],
        summary=name_title(name),
        description=describe_in_words(name),
        response_model=make_answer(name, answering.columns),
        responses={200: {"description": "一页数据 A page of rows", "content": other}, **_NOT_CHANGED},
    )


def _add_error_handlers(app: FastAPI, parameters: Mapping[str, Sequence[str]]) -> None:
    @app.exception_handler(ProblemError)
    async def tell_problem(_: Request, error: ProblemError) -> Response:
        return to_response(error)

    @app.exception_handler(RequestValidationError)
    async def tell_parameters(request: Request, error: RequestValidationError) -> Response:
        return to_response(refuse_parameters(describe_errors(error.errors(), parameters.get(request.url.path, ()))))

    @app.exception_handler(HTTPException)
    async def tell_http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return to_response(refuse_name(request.url.path, [ROOT, *parameters]))
        what = f"{request.method} is not possible here: everything is only read, by GET"
        detail = what if error.status_code == 405 else str(error.detail)
        return to_response(ProblemError("refused", "Refused", error.status_code, detail), error.headers)

    @app.exception_handler(Exception)
    async def tell_defect(_: Request, error: Exception) -> Response:
        _LOG.error("a defect of ours", exc_info=error)
        detail = "the question could not be answered; what happened stands in the log of the service"
        # It is answered outside of what adds the headers.
        return to_response(ProblemError("defect", "A defect of ours", 500, detail), HEADERS)


def _describe_openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with the model of problems, to which all answers refer."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    _, problems = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    document["components"]["schemas"].update(problems["$defs"])
    return document
