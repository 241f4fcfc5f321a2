"""Errors of the query service as problem details (RFC 9457).

Promise: every answer that is no success says in one sentence what was expected and what was seen; a word that is not known comes
with those that are nearest to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

MEDIA_TYPE = "application/problem+json"
NEAREST = 5


class ParameterProblem(BaseModel):
    """What is wrong with one parameter."""

    model_config = ConfigDict(extra="forbid")

    parameter: str
    detail: str
    nearest: list[str] = []


class Problem(BaseModel):
    """The body of every error."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    errors: list[ParameterProblem] = []


@dataclass
class ProblemError(Exception):
    """Ends a request with a problem. `retry_seconds`: when asking again may help."""

    kind: str
    title: str
    status: int
    detail: str
    errors: Sequence[ParameterProblem] = ()
    retry_seconds: int | None = None


def to_response(error: ProblemError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer."""
    problem = Problem(
        type=f"urn:yusuan:problem:{error.kind}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        errors=list(error.errors),
    )
    again = {} if error.retry_seconds is None else {"Retry-After": str(error.retry_seconds)}
    return JSONResponse(
        problem.model_dump(),
        error.status,
        headers={**(headers or {}), **again, "Cache-Control": "no-store"},
        media_type=MEDIA_TYPE,
    )


def refuse_parameters(errors: Sequence[ParameterProblem]) -> ProblemError:
    """400: what was asked cannot be meant."""
    told = "; ".join(f"{error.parameter}: {error.detail}" for error in errors)
    return ProblemError("bad-parameter", "A parameter cannot be used", 400, told, errors)


def refuse_parameter(parameter: str, detail: str) -> ProblemError:
    """400 for one parameter."""
    return refuse_parameters([ParameterProblem(parameter=parameter, detail=detail)])


def refuse_name(name: str, known: Iterable[str]) -> ProblemError:
    """404: there is nothing of that name."""
    nearest = find_nearest(name, known)
    near = f"; nearest: {', '.join(nearest)}" if nearest else ""
    return ProblemError("not-found", "Not found", 404, f"there is no {_shorten(name)}{near}")


def find_nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are most like it, the most alike first."""
    return get_close_matches(word, list(known), n=NEAREST, cutoff=0.5)


def describe_errors(errors: Iterable[Mapping[str, Any]], known: Sequence[str]) -> list[ParameterProblem]:
    """What pydantic found wrong, by parameter. `known`: the names of the parameters that there are."""
    return [_describe_error(error, known) for error in errors]


def _describe_error(error: Mapping[str, Any], known: Sequence[str]) -> ParameterProblem:
    name = str(error["loc"][1]) if len(error["loc"]) > 1 else str(error["loc"][0])
    given = error.get("input")
    if error["type"] == "extra_forbidden":
        nearest = find_nearest(name, known)
        near = f"; nearest: {', '.join(nearest)}" if nearest else ""
        return ParameterProblem(parameter=name, detail=f"there is no such parameter{near}", nearest=nearest)
    words = [word.strip(" '") for word in str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ").split(",")]
    nearest = find_nearest(str(given), words) if error["type"] == "literal_error" else []
    message = str(error["msg"]).removeprefix("Value error, ")
    return ParameterProblem(parameter=name, detail=f"{message[0].lower()}{message[1:]}, saw {_shorten(given)}", nearest=nearest)


def _shorten(given: object) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}…"
