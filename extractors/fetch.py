"""Asking a portal politely, and telling plainly what went wrong.

Promise: `Fetcher.get` returns a `Response` or a `Failure` with one finding; a portal's misbehaviour never raises. One request
at a time to a host (or as many as its source allows) with a pause between them, robots.txt respected, retries only for what may
pass by itself, every hop of a redirect checked, size and time bounded while the bytes come in. A large file that broke off is
gone on with where the server can prove that it is the same file.
"""

import contextlib
import random
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from pydantic import BaseModel, ConfigDict

from extractors.addresses import DEADLINE, ForbiddenAddressError, GuardedBackend, HostPort, Resolve, resolve_host
from extractors.partial import PartialFile
from extractors.robots import ALLOW_ALL, RobotRules, parse_robots
from extractors.tls import explain_tls
from warehouse.issues import make_finding
from warehouse.records import Row

AGENT = "yusuan"
_MAY_PASS_BY_ITSELF = frozenset({408, 429, 500, 502, 503, 504})
# Both are what Chinese government sites answer when a browser check was not passed.
_CHALLENGE_STATUS = frozenset({412, 521})
_MAX_ROBOTS_BYTES = 512 * 1024
# Below this an attempt has got nowhere: a site that drips is not waited for again and again.
_PROGRESS_BYTES = 1 << 20
_MAX_RESUMES = 20
_DEFAULT_PORTS = {"http": 80, "https": 443}


class FetchLimits(BaseModel):
    """What one request may cost. Seconds and bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connect_seconds: float = 15
    read_seconds: float = 30
    total_seconds: float = 300
    max_bytes: int = 200 * 1024 * 1024
    max_redirects: int = 8
    attempts: int = 3
    backoff_seconds: float = 2.0
    max_retry_after_seconds: float = 120


class Politeness(BaseModel):
    """How a source wants to be visited: pause between requests to one host, requests at the same time to one host."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay_seconds: float = 2.0
    concurrency: int = 1
    respect_robots: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """A good answer: 2xx with its bytes, or 304 (`is_not_modified`) without. `final_url` is where redirects led."""

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    fetched_at: str
    seconds: float
    is_not_modified: bool = False

    @property
    def etag(self) -> str:
        """The ETag header or nothing."""
        return self.headers.get("etag", "")

    @property
    def last_modified(self) -> str:
        """The Last-Modified header or nothing."""
        return self.headers.get("last-modified", "")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there are no bytes: one finding. `status` where the portal answered at all."""

    url: str
    finding: Row
    fetched_at: str
    status: int | None = None


class _Problem(Exception):  # noqa: N818 - not an error of the program: it becomes a Failure
    """What one attempt ran into; `may_pass` tells whether another attempt can help, `wait_seconds` what the portal asked for."""

    def __init__(
        self,
        kind: str,
        *,
        status: int | None = None,
        may_pass: bool = False,
        wait_seconds: float | None = None,
        **values: Any,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.values: Mapping[str, Any] = values
        self.status = status
        self.may_pass = may_pass
        self.wait_seconds = wait_seconds


class Fetcher:
    """A client for the portals of one source. Thread-safe; use as a context manager.

    `private_hosts` are the (host, port) pairs that may have private addresses; `resolve` maps host and port to addresses;
    `network` connects to them.
    """

    def __init__(
        self,
        *,
        politeness: Politeness | None = None,
        limits: FetchLimits | None = None,
        private_hosts: frozenset[HostPort] = frozenset(),
        resolve: Resolve = resolve_host,
        verify: ssl.SSLContext | None = None,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self.politeness = politeness or Politeness()
        self.limits = limits or FetchLimits()
        backend = GuardedBackend(private_hosts=private_hosts, resolve=resolve, network=network)
        self._client = httpx.Client(
            transport=_GuardedTransport(backend, verify or httpx.create_ssl_context(trust_env=False)),
            headers={"User-Agent": f"{AGENT}/0.1 (open data of public budgets)", "Accept-Encoding": "gzip, deflate"},
            timeout=httpx.Timeout(self.limits.read_seconds, connect=self.limits.connect_seconds),
            follow_redirects=False,
            trust_env=False,
        )
        self._hosts = _Hosts(self.politeness)
        self._robots: dict[str, RobotRules] = {}

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(self, url: str, *, etag: str = "", last_modified: str = "", max_bytes: int | None = None) -> Response | Failure:
        """The answer to a GET, conditional where `etag` or `last_modified` are given."""
        conditions = {"If-None-Match": etag} if etag else {"If-Modified-Since": last_modified} if last_modified else {}
        limit = max_bytes or self.limits.max_bytes
        partial = PartialFile()
        attempt, resumes = 1, 0
        while True:
            try:
                return self._follow(url, conditions, limit, partial)
            except _Problem as problem:
                wait = self._wait_before_retry(problem, attempt)
                if wait is None:
                    return _to_failure(url, problem)
                time.sleep(wait)
            # An attempt that brought a good part of the file does not count, within reason.
            has_gained = partial.is_resumable and partial.gained >= _PROGRESS_BYTES and resumes < _MAX_RESUMES
            attempt, resumes = (attempt, resumes + 1) if has_gained else (attempt + 1, resumes)

    def _wait_before_retry(self, problem: _Problem, attempt: int) -> float | None:
        """Seconds, or None where another attempt would not help or comes too late."""
        if not problem.may_pass or attempt >= self.limits.attempts:
            return None
        if problem.wait_seconds is not None:
            return problem.wait_seconds if problem.wait_seconds <= self.limits.max_retry_after_seconds else None
        # Jitter: many visitors of a portal that came back should not return in step.
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        return self.limits.backoff_seconds * float(2 ** (attempt - 1)) * jitter

    def _follow(self, url: str, conditions: Mapping[str, str], limit: int, partial: PartialFile) -> Response:
        """The answer at the end of the redirects."""
        started = time.monotonic()
        seen: list[str] = []
        current = url
        while True:
            seen.append(current)
            self._check_robots(current)
            answer = self._request(current, conditions, limit, partial)
            if answer.next_url is None:
                return _to_response(url, current, answer, time.monotonic() - started)
            if answer.next_url in seen or len(seen) > self.limits.max_redirects:
                raise _Problem("redirect-loop", url=url, status=answer.status)
            current = answer.next_url

    def _check_robots(self, url: str) -> None:
        if not self.politeness.respect_robots:
            return
        _check_url(url)
        try:
            rules = self._rules_of(url)
        except _Problem as problem:
            # What keeps us from robots.txt keeps us from the address; only a status is about robots.txt alone.
            if problem.status is None and "url" in problem.values:
                problem.values = {**problem.values, "url": url}
            raise
        if not rules.allows(url):
            raise _Problem("robots-disallowed", url=url)

    def _rules_of(self, url: str) -> RobotRules:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._hosts.mutex_of(origin):
            if origin not in self._robots:
                self._robots[origin] = self._ask_robots(origin)
                self._hosts.set_delay(_host_of(url), self._robots[origin].delay_seconds)
            return self._robots[origin]

    def _ask_robots(self, origin: str) -> RobotRules:
        """Rules of a site; none where it has no robots.txt. A server in trouble allows nothing (RFC 9309): that raises."""
        url = f"{origin}/robots.txt"
        for _ in range(self.limits.max_redirects):
            try:
                answer = self._request(url, {}, _MAX_ROBOTS_BYTES, PartialFile())
            except _Problem as problem:
                if _means_no_rules(problem):
                    return ALLOW_ALL
                raise
            if answer.next_url is None:
                # A site that answers every address with its home page has no rules in it: the parser finds none.
                return parse_robots(answer.content.decode("utf-8", errors="replace"), AGENT)
            url = answer.next_url
        return ALLOW_ALL

    def _request(self, url: str, conditions: Mapping[str, str], limit: int, partial: PartialFile) -> "_Answer":
        """One request to one address, in its host's turn."""
        _check_url(url)
        with self._hosts.turn(_host_of(url)):
            deadline = time.monotonic() + self.limits.total_seconds
            token = DEADLINE.set(deadline)
            try:
                return self._exchange(url, conditions, limit, partial)
            except ForbiddenAddressError as error:
                raise _Problem("forbidden-address", url=url) from error
            except httpx.TimeoutException as error:
                raise self._tell_timeout(url, deadline, partial) from error
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.DecodingError) as error:
                _raise_tls(url, error)
                raise _Problem("incomplete-response", url=url, reason=_tell(error), may_pass=True) from error
            except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as error:
                raise _Problem("unusable-link", url=url, reason=_tell(error)) from error
            except httpx.TransportError as error:
                _raise_tls(url, error)
                raise _Problem("connection-failed", host=_host_of(url), reason=_tell(error), may_pass=True) from error
            finally:
                DEADLINE.reset(token)

    def _tell_timeout(self, url: str, deadline: float, partial: PartialFile) -> _Problem:
        is_over = time.monotonic() >= deadline
        seconds = self.limits.total_seconds if is_over else self.limits.read_seconds
        # Who answered too slowly for the whole time allowed will not be faster at once; a large file is gone on with.
        may_pass = not is_over or (partial.is_resumable and partial.gained >= _PROGRESS_BYTES)
        return _Problem("fetch-timeout", url=url, seconds=f"{seconds:g}", may_pass=may_pass)

    def _exchange(self, url: str, conditions: Mapping[str, str], limit: int, partial: PartialFile) -> "_Answer":
        asked = {**conditions, **partial.ask_for_rest(url)}
        with self._client.stream("GET", url, headers=asked) as reply:
            headers = {name.lower(): value for name, value in reply.headers.items()}
            if reply.has_redirect_location:
                return _Answer(reply.status_code, headers, b"", _join(url, headers["location"]))
            if reply.status_code == HTTPStatus.NOT_MODIFIED and conditions:
                return _Answer(reply.status_code, headers, b"")
            if "Range" in asked and not _goes_on(url, reply.status_code, headers, partial):
                raise _Problem("incomplete-response", url=url, reason="it does not go on where it broke off", may_pass=True)
            if not reply.is_success:
                raise _tell_status(url, reply.status_code, headers)
            if reply.status_code != HTTPStatus.PARTIAL_CONTENT or "Range" not in asked:
                partial.restart(url, headers)
            return _Answer(
                HTTPStatus.OK if "Range" in asked else reply.status_code, headers, _read_body(reply, url, limit, partial)
            )


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes
    next_url: str | None = None


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's transport over our own connections. httpx has no parameter for a network backend, so the pool is replaced."""

    def __init__(self, backend: GuardedBackend, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False, http2=True)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(ssl_context=context, http2=True, network_backend=backend, keepalive_expiry=30)


class _Hosts:
    """Whose turn it is: at most `concurrency` requests at a time to a host, `delay_seconds` between their starts."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._mutex = threading.Lock()
        self._mutexes: dict[str, threading.Lock] = {}
        self._places: dict[str, threading.BoundedSemaphore] = {}
        self._free_at: dict[str, float] = {}
        self._delays: dict[str, float] = {}

    def mutex_of(self, origin: str) -> threading.Lock:
        """A lock of this origin alone: one host that hangs does not keep the others waiting."""
        with self._mutex:
            return self._mutexes.setdefault(origin, threading.Lock())

    def set_delay(self, host: str, seconds: float | None) -> None:
        """A site may ask for more time between requests than we planned, never for less; a minute is the most we give."""
        if seconds is not None:
            self._delays[host] = min(max(seconds, self._politeness.delay_seconds), 60)

    @contextlib.contextmanager
    def turn(self, host: str) -> Iterator[None]:
        with self._mutex:
            place = self._places.setdefault(host, threading.BoundedSemaphore(self._politeness.concurrency))
        with place:
            if (seconds := self._reserve(host)) > 0:
                time.sleep(seconds)
            yield

    def _reserve(self, host: str) -> float:
        with self._mutex:
            now = time.monotonic()
            start = max(now, self._free_at.get(host, now))
            self._free_at[host] = start + self._delays.get(host, self._politeness.delay_seconds)
            return start - now


def host_port(url: str) -> HostPort:
    """Host and port of an http(s) address, the scheme's port where none is written."""
    parts = urlsplit(url)
    return (parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme, 0))


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _check_url(url: str) -> None:
    """Only http(s), with a host, without a user name: what else stands in a link is not for a crawler."""
    try:
        parts = urlsplit(url)
        has_user = bool(parts.username or parts.password)
        is_usable = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
        # The client decodes the name again and again while it works: a name that is none must not get that far.
        httpx.URL(url).host  # noqa: B018  # raises for what is no address
    except (ValueError, httpx.InvalidURL) as error:
        raise _Problem("unusable-link", url=url, reason=str(error)) from error
    if not is_usable or has_user:
        raise _Problem("forbidden-address", url=url)


def _join(base: str, location: str) -> str:
    """A redirect's target as an absolute address without its fragment, which a server never sees."""
    try:
        return str(httpx.URL(base).join(location).copy_with(fragment=None))
    except httpx.InvalidURL as error:
        raise _Problem("unusable-link", url=base, reason=f"it redirects to {location!r}") from error


def _goes_on(url: str, status: int, headers: Mapping[str, str], partial: PartialFile) -> bool:
    """Whether the answer to a request for the rest can be used. Where it cannot, what is there is forgotten: all must come."""
    is_rest = status == HTTPStatus.PARTIAL_CONTENT
    if (is_rest and not partial.accepts(url, headers)) or status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        partial.restart(url, {})
        return False
    return True


def _read_body(reply: httpx.Response, url: str, limit: int, partial: PartialFile) -> bytes:
    """The body with what was there of it, given up as soon as it is over the limit, declared or counted after decompression."""
    declared = reply.headers.get("content-length", "")
    if declared.isdigit() and len(partial.content) + int(declared) > limit:
        raise _Problem("response-too-large", url=url, seen=declared, limit=limit, status=reply.status_code)
    for chunk in reply.iter_bytes():
        if partial.add(chunk) > limit:
            raise _Problem("response-too-large", url=url, seen=f"more than {limit}", limit=limit, status=reply.status_code)
    if partial.total not in (None, len(partial.content)):
        seen = f"{len(partial.content)} bytes of {partial.total}"
        partial.restart(url, {})
        raise _Problem("incomplete-response", url=url, reason=seen, may_pass=True)
    return bytes(partial.content)


def _tell_status(url: str, status: int, headers: Mapping[str, str]) -> _Problem:
    if status in _CHALLENGE_STATUS:
        return _Problem("blocked", url=url, seen=f"status {status}", status=status)
    problem = _Problem("http-error", url=url, status=status, may_pass=status in _MAY_PASS_BY_ITSELF)
    problem.wait_seconds = _read_retry_after(headers.get("retry-after", ""))
    return problem


def _read_retry_after(value: str) -> float | None:
    """Seconds, from a number or a date; None where there is none or it cannot be read."""
    if value.strip().isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _means_no_rules(problem: _Problem) -> bool:
    """A refusal (4xx) of robots.txt means that there are no rules, except for one that asks us to come later."""
    return problem.status is not None and problem.status < HTTPStatus.INTERNAL_SERVER_ERROR and not problem.may_pass


def _raise_tls(url: str, error: Exception) -> None:
    """Raises the problem where the error is one of TLS."""
    trouble = explain_tls(error)
    if trouble is not None:
        host, may_pass = _host_of(url), trouble.may_pass
        raise _Problem("tls-problem", host=host, reason=trouble.reason, advice=trouble.advice, may_pass=may_pass) from error


def _tell(error: Exception) -> str:
    return str(error) or type(error).__name__


def _to_response(url: str, final_url: str, answer: _Answer, seconds: float) -> Response:
    return Response(
        url=url,
        final_url=final_url,
        status=answer.status,
        headers=answer.headers,
        content=answer.content,
        fetched_at=datetime.now(UTC).isoformat(),
        seconds=seconds,
        is_not_modified=answer.status == HTTPStatus.NOT_MODIFIED,
    )


def _to_failure(url: str, problem: _Problem) -> Failure:
    """The finding names the address that failed: the one asked for, or the redirect or robots.txt on the way to it."""
    values = {"url": url, **problem.values, "status": problem.status}
    finding = make_finding(problem.kind, **values)
    return Failure(url=url, finding=finding, fetched_at=datetime.now(UTC).isoformat(), status=problem.status)
