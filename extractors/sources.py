"""The registry of sources: one YAML file a portal in `sources/`, and in a folder of the user's own; one model that refuses what
it does not know.

Promise: a source is data; what differs from portal to portal in mechanism is a class in `platforms`. A file whose id is not its
name, whose pattern is no pattern or whose key is unknown is an error with the file's name in it. A file of the user's own takes
the place of ours of the same name.
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from extractors.addresses import HostPort, Resolve, resolve_host
from extractors.fetch import Fetcher, FetchLimits, Politeness, host_port
from extractors.platforms.registry import Platform, get_platform
from extractors.titles import TitleRules, load_title_rules

BASE_URL_MARK = "{base_url}"
AUTOMATIC = "auto"

Month = Annotated[int, Field(ge=1, le=12)]


class SourceError(ValueError):
    """A source's YAML is wrong, or there is no source of this name."""


class Source(BaseModel):
    """One portal, as its YAML tells it.

    `region_code` is that of the publishing government, None where the portal publishes for many: each page or document says
    its own. `platform` is a family's name or `auto` (each page by its own marks). `season_months` are those in which finding
    nothing is an error; empty: never. `browser`: pages whose lists only a script makes are shown in a headless browser.
    `expected_count`: disclosures that a visit should see at least. `first_year`: older ones are left alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    region_code: Annotated[str, Field(pattern=r"^\d{6}$")] | None
    publisher: Annotated[str, Field(min_length=1)]
    landing_urls: Annotated[tuple[str, ...], Field(min_length=1)]
    platform: str = AUTOMATIC
    season_months: tuple[Month, ...] = ()
    politeness: Politeness = Politeness()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow_private_addresses: bool = False
    browser: bool = False
    expected_count: Annotated[int, Field(ge=0)] | None = None
    first_year: int | None = None
    max_pages: Annotated[int, Field(ge=1, le=1000)] = 50
    max_depth: Annotated[int, Field(ge=1, le=8)] = 4
    enabled: bool = False
    notes: str = ""

    @field_validator("platform")
    @classmethod
    def _check_platform(cls, name: str) -> str:
        if name != AUTOMATIC:
            get_platform(name)
        return name

    @field_validator("include", "exclude")
    @classmethod
    def _check_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return patterns

    @model_validator(mode="after")
    def _check_urls(self) -> Self:
        for url in self.landing_urls:
            if not url.startswith(("http://", "https://", BASE_URL_MARK)):
                raise ValueError(f"landing URL {url!r} is not http or https")
            if "@" in urlsplit(url).netloc:
                raise ValueError("a landing URL has a user name or password in it: it would stand in every report")
        return self

    @property
    def needs_base_url(self) -> bool:
        """True for a portal whose address is only known when it runs: the demonstration portal."""
        return any(BASE_URL_MARK in url for url in self.landing_urls)

    @property
    def title_rules(self) -> TitleRules:
        """The common title patterns with the source's own."""
        return load_title_rules(self.include, self.exclude)

    @property
    def forced_platform(self) -> Platform | None:
        """The family that the YAML names; None: each page by its own marks."""
        return None if self.platform == AUTOMATIC else get_platform(self.platform)

    @property
    def private_hosts(self) -> frozenset[HostPort]:
        """The hosts that may have private addresses: those of the landing pages, and only where the YAML allows it."""
        return frozenset(host_port(url) for url in self.landing_urls) if self.allow_private_addresses else frozenset()

    def is_in_season(self, today: date) -> bool:
        """True in a month in which this source publishes."""
        return today.month in self.season_months

    def at(self, base_url: str) -> "Source":
        """The source with its base address filled in. Raises SourceError for one that is no http(s) address."""
        if urlsplit(base_url).scheme not in ("http", "https"):
            raise SourceError(f"base URL {base_url!r} is not http or https")
        urls = tuple(url.replace(BASE_URL_MARK, base_url.rstrip("/")) for url in self.landing_urls)
        return self.model_copy(update={"landing_urls": urls})


def parse_source(text: str, name: str, folder: str = "sources") -> Source:
    """A source from its YAML; `name` is the file's name without its ending. Raises SourceError."""
    try:
        values: Any = yaml.safe_load(text)
        source = Source.model_validate(values)
    except ValidationError as error:
        raise SourceError(f"{folder}/{name}.yml: {_tell_errors(error)}") from error
    except (yaml.YAMLError, LookupError) as error:
        raise SourceError(f"{folder}/{name}.yml: {error}") from error
    if source.id != name:
        raise SourceError(f"{folder}/{name}.yml: its id is {source.id!r}; file and id must have one name")
    return source


def _tell_errors(error: ValidationError) -> str:
    """What is wrong, without the values: pydantic's own text quotes all of them."""
    told = [(".".join(map(str, entry["loc"])), entry["msg"].removeprefix("Value error, ")) for entry in error.errors()]
    return "; ".join(f"{place}: {message}" if place else message for place, message in told)


def load_sources(folder: Path | None = None) -> dict[str, Source]:
    """All sources by id, in the order of their ids: ours, and those of the user's own `folder`, where there is one.

    Raises SourceError.
    """
    sources = _load_own_sources() | _load_user_sources(folder)
    return {name: sources[name] for name in sorted(sources)}


@cache
def _load_own_sources() -> dict[str, Source]:
    folder = files("extractors").joinpath("sources")
    found = {entry.name.removesuffix(".yml"): entry for entry in folder.iterdir() if entry.name.endswith(".yml")}
    return {name: parse_source(entry.read_text(encoding="utf-8"), name) for name, entry in found.items()}


def _load_user_sources(folder: Path | None) -> dict[str, Source]:
    """Read anew each time: a person is writing them."""
    if folder is None or not folder.is_dir():
        return {}
    return {path.stem: parse_source(_read_text(path), path.stem, str(folder)) for path in folder.glob("*.yml")}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error


def load_source(source_id: str, *, base_url: str | None = None, folder: Path | None = None) -> Source:
    """One source by id, with `base_url` where it needs one. Raises SourceError."""
    sources = load_sources(folder)
    if source_id not in sources:
        raise SourceError(f"no source {source_id!r}; known: {', '.join(sources)}")
    source = sources[source_id]
    if source.needs_base_url and base_url is None:
        raise SourceError(f"source {source_id!r} needs a base URL: its portal has no fixed address")
    return source.at(base_url) if base_url else source


def choose_sources(ids: Iterable[str] = (), folder: Path | None = None) -> list[Source]:
    """The sources named, enabled or not; without names all that are enabled and have a fixed address. Raises SourceError."""
    chosen = list(ids)
    if chosen:
        return [load_source(source_id, folder=folder) for source_id in chosen]
    return [source for source in load_sources(folder).values() if source.enabled and not source.needs_base_url]


def open_fetcher(source: Source, *, limits: FetchLimits | None = None, resolve: Resolve = resolve_host) -> Fetcher:
    """A client that visits the source as its YAML asks. Use as a context manager."""
    return Fetcher(politeness=source.politeness, limits=limits, private_hosts=source.private_hosts, resolve=resolve)
