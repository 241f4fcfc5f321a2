"""A CKAN portal: one data set a table, its Parquet files and its CSV (which the DataStore loads) as resources.

Promise: what is compared are values that CKAN gives back as they were sent; a resource is known by its name and its content by
`content_sha256`, since CKAN's own `hash` is overwritten by its loader. A data set says a version only when all its resources are
of that version, and nothing is sent to it while CKAN's loader is at work on it. One that is no longer published is marked as
retired and keeps everything; only data sets whose name begins with the prefix and that belong to the organisation are ever
touched. The token is sent to that one address and stands in no message.
"""

import gzip
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from warehouse.catalogue.publisher import Publisher
from warehouse.catalogue.release import Catalogue, DataFile, DataSet
from warehouse.portals.plan import Plan, PublishError, Step, Verb

Fields = dict[str, Any]

_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,30}-")
_STATUS = "yusuan_status"
_IDENTITY = "yusuan_data_set"
_PUBLISHED, _RETIRED = "published", "retired"
_RETIRED_TITLE = "〔停止更新 retired〕"
_LICENCES = {"CC-BY-4.0": "cc-by"}
_FORMATS = {"csv": "CSV", "parquet": "Parquet"}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_EU = "http://publications.europa.eu/resource/authority"
# A large file over a slow line: each single read or write may take this long.
_SECONDS = 300.0
# What loads files into the DataStore, and in which states it is done with one.
_LOADERS = ("xloader", "datapusher")
_LOADED = frozenset({"complete", "error"})
# So long a loader is waited for. Afterwards it is not (it may have no worker): what it undoes then is in the next plan.
_LOADER_SECONDS = 600.0
_RESOURCE_FIELDS = ("name", "description", "format", "mimetype", "license", "content_sha256")


class CkanClient:
    """CKAN's action API. Use it in a `with`."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            raise PublishError("a CKAN portal is named like https://portal.example.org, without a name or password in it")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise PublishError(f"{url}: a token is not sent over http; use https")
        self.url = url.rstrip("/")
        self._token = token
        # Redirects are not followed: they would carry the token elsewhere.
        self._http = httpx.Client(
            headers={"Authorization": token}, timeout=_SECONDS, transport=httpx.HTTPTransport(retries=2), follow_redirects=False
        )

    def ask(self, action: str, **parameters: str) -> Any:
        """The result of a reading action. Raises PublishError."""
        return self._read_answer(action, self._send("GET", action, params=parameters))

    def find(self, action: str, **parameters: str) -> Any | None:
        """As `ask`; None where the portal knows no such thing."""
        answer = self._send("GET", action, params=parameters)
        return None if answer.status_code in {400, 404} else self._read_answer(action, answer)

    def do(self, action: str, values: Mapping[str, Any]) -> Any:
        """The result of a writing action. Raises PublishError."""
        return self._read_answer(action, self._send("POST", action, json=values))

    def upload(self, action: str, values: Mapping[str, str], name: str, path: Path, media_type: str) -> Any:
        """As `do`, with a file. Raises PublishError."""
        with path.open("rb") as file:
            answer = self._send("POST", action, data=values, files={"upload": (name, file, media_type)})
        return self._read_answer(action, answer)

    def _send(self, method: str, action: str, **content: Any) -> httpx.Response:
        try:
            return self._http.request(method, f"{self.url}/api/3/action/{action}", **content)
        except httpx.HTTPError as error:
            raise PublishError(self._hide(f"{self.url}: {action}: {error or type(error).__name__}")) from None

    def _read_answer(self, action: str, answer: httpx.Response) -> Any:
        try:
            body = answer.json()
        except ValueError:
            body = {}
        if answer.is_success and isinstance(body, dict) and body.get("success") is True:
            return body["result"]
        problem = body.get("error") if isinstance(body, dict) else None
        said = json.dumps(_strip_type(problem), ensure_ascii=False) if problem else answer.reason_phrase
        raise PublishError(self._hide(f"{self.url}: {action}: {answer.status_code} {said}"))

    def _hide(self, message: str) -> str:
        return message.replace(self._token, "***")

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _strip_type(problem: Any) -> Any:
    return {key: value for key, value in problem.items() if key != "__type"} if isinstance(problem, dict) else problem


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource as it should be."""

    fields: Fields
    file: DataFile


class CkanTarget:
    """An organisation of a portal."""

    def __init__(self, client: CkanClient, organisation: str, publisher: Publisher, prefix: str) -> None:
        if not _PREFIX.fullmatch(prefix):
            raise PublishError(f"prefix {prefix!r}: small letters, digits and hyphens, such as yusuan-")
        self._client = client
        self._prefix = prefix
        self._organisation = organisation
        self._publisher = publisher

    def plan(self, catalogue: Catalogue) -> Plan:
        """Data set by data set: its resources, then what it says of itself; last, those that are retired. Raises PublishError."""
        owner = self._find_owner()
        schema = self._list_schema_fields()
        there = self._list_data_sets(owner)
        steps: list[Step] = []
        unchanged = 0
        for data_set in catalogue.data_sets:
            name = self._prefix + data_set.name.replace("_", "-")
            wanted = {"name": name, **_describe_data_set(data_set, catalogue, self._publisher, owner, schema)}
            current = there.pop(wanted["name"], None)
            found, kept = self._plan_data_set(wanted, _list_resources(data_set, catalogue), current, catalogue)
            steps += found
            unchanged += kept
        retiring = [current for current in there.values() if _read_extras(current).get(_STATUS) != _RETIRED]
        steps += [self._plan_retirement(current, catalogue) for current in retiring]
        return Plan(
            f"{self._client.url} ({self._organisation})", catalogue.version, tuple(steps), unchanged + len(there) - len(retiring)
        )

    def _find_owner(self) -> str:
        found = self._client.find("organization_show", id=self._organisation, include_datasets="false", include_users="false")
        if found is None:
            raise PublishError(f"{self._client.url} has no organisation {self._organisation!r}; make it there first")
        # The UUID: given a name, CKAN would answer with another value than it was sent.
        owner: str = found["id"]
        return owner

    def _list_schema_fields(self) -> frozenset[str]:
        """The fields of the portal's own schema, where it has one (ckanext-scheming)."""
        schema = self._client.find("scheming_dataset_schema_show", type="dataset")
        return frozenset(field["field_name"] for field in schema["dataset_fields"]) if schema else frozenset()

    def _list_data_sets(self, owner: str) -> dict[str, Fields]:
        # From the list of names: the search index may be behind.
        names = [name for name in self._client.ask("package_list") if name.startswith(self._prefix)]
        shown = (self._client.ask("package_show", id=name) for name in names)
        return {package["name"]: package for package in shown if package["owner_org"] == owner and package["state"] == "active"}

    def _plan_data_set(
        self, wanted: Fields, resources: Mapping[str, _Resource], current: Fields | None, catalogue: Catalogue
    ) -> tuple[list[Step], int]:
        name = wanted["name"]
        if current is None:
            first = Step("create", name, partial(self._create_data_set, wanted))
            made = [self._plan_resource("create", name, resource, catalogue) for resource in resources.values()]
            last = Step("update", name, partial(self._patch_data_set, wanted), reason=f"version {wanted['version']}")
            return [first, *made, last], 0
        # Of several of one name the first.
        own = {entry["name"]: entry for entry in reversed(current["resources"])}
        steps: list[Step] = []
        for title, resource in resources.items():
            if title not in own:
                steps.append(self._plan_resource("create", name, resource, catalogue))
            elif any(own[title].get(field) != value for field, value in resource.fields.items()):
                steps.append(self._plan_resource("update", name, resource, catalogue, own[title]["id"]))
        for entry in current["resources"]:
            # Two who published at the same time made it twice.
            is_double = entry["id"] != own[entry["name"]]["id"]
            if is_double or entry["name"] not in resources:
                reason = "is there twice" if is_double else "no file of this release"
                act = partial(self._remove_resource, name, entry["id"])
                steps.append(Step("remove", f"{name}/{entry['name']}", act, reason=reason))
        unchanged = len(own.keys() & resources.keys()) - sum(step.verb == "update" for step in steps)
        differing = _compare(wanted, current)
        if steps and current["version"]:
            # Until they are all there it is of no version.
            steps.insert(0, Step("update", name, partial(self._take_version, current), reason="its files change"))
            differing = differing or ["version"]
        if differing:
            verb: Verb = "restore" if _read_extras(current).get(_STATUS) == _RETIRED else "update"
            steps.append(Step(verb, name, partial(self._patch_data_set, wanted, current), reason=", ".join(differing)))
            return steps, unchanged
        return steps, unchanged + 1

    def _plan_resource(
        self, verb: Verb, data_set: str, resource: _Resource, catalogue: Catalogue, resource_id: str | None = None
    ) -> Step:
        act = partial(self._send_resource, data_set, resource, catalogue.root, resource_id)
        return Step(verb, f"{data_set}/{resource.fields['name']}", act, bytes=resource.file.bytes)

    def _plan_retirement(self, current: Fields, catalogue: Catalogue) -> Step:
        return Step("retire", current["name"], partial(self._retire, current, catalogue.version), reason="kept as it was last")

    def _create_data_set(self, wanted: Fields) -> None:
        # The version is said when the resources are there.
        self._client.do("package_create", {**wanted, "version": ""})

    def _patch_data_set(self, wanted: Fields, current: Fields | None = None) -> None:
        extras = {**_read_extras(current or {}), **_read_extras(wanted)}
        package = current["id"] if current else wanted["name"]
        self._wait_for_loader(package)
        self._client.do("package_patch", {**wanted, "id": package, "extras": _write_extras(extras)})

    def _take_version(self, current: Fields) -> None:
        self._wait_for_loader(current["id"])
        self._client.do("package_patch", {"id": current["id"], "version": ""})

    def _send_resource(self, data_set: str, resource: _Resource, root: Path, resource_id: str | None) -> None:
        identity = {"id": resource_id} if resource_id else {"package_id": data_set}
        action = "resource_patch" if resource_id else "resource_create"
        self._wait_for_loader(data_set)
        with _open_plain(root / resource.file.path) as path:
            self._client.upload(
                action, {**resource.fields, **identity}, resource.fields["name"], path, resource.fields["mimetype"]
            )

    def _remove_resource(self, data_set: str, resource_id: str) -> None:
        self._wait_for_loader(data_set)
        self._client.do("resource_delete", {"id": resource_id})

    def _retire(self, current: Fields, version: str) -> None:
        sentence = f"停止更新：{version} 版起不再发布。Retired: no longer published since version {version}."
        extras = {**_read_extras(current), _STATUS: _RETIRED}
        values = {"title": f"{_RETIRED_TITLE}{current['title']}", "notes": f"{sentence}\n\n{current['notes']}"}
        self._wait_for_loader(current["id"])
        self._client.do("package_patch", {"id": current["id"], **values, "extras": _write_extras(extras)})

    def _wait_for_loader(self, package: str) -> None:
        """The loader reads a data set, and writes it as it was: what is sent in between would be lost without a word."""
        deadline = time.monotonic() + _LOADER_SECONDS
        for resource in self._client.ask("package_show", id=package)["resources"]:
            while self._is_loading(resource["id"]) and time.monotonic() < deadline:
                time.sleep(0.5)

    def _is_loading(self, resource_id: str) -> bool:
        tasks = (self._client.find("task_status_show", entity_id=resource_id, task_type=name, key=name) for name in _LOADERS)
        return any(task is not None and task["state"] not in _LOADED for task in tasks)


@contextmanager
def _open_plain(path: Path) -> Iterator[Path]:
    """The file as CKAN's loader reads it: CSV without its compression, in a file of its own."""
    if path.suffix != ".gz":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.stem
        with gzip.open(path, "rb") as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield plain


def _describe_data_set(
    data_set: DataSet, catalogue: Catalogue, publisher: Publisher, owner: str, schema: frozenset[str]
) -> Fields:
    """A data set as it should be, without its name and its resources."""
    core: Fields = {
        "title": data_set.title,
        "notes": _write_notes(data_set),
        "license_id": _LICENCES[catalogue.licence_name],
        "owner_org": owner,
        "version": catalogue.version,
        "url": publisher.address or "",
        "tags": [{"name": keyword} for keyword in catalogue.keywords],
    }
    more: Fields = {
        "identifier": f"yusuan:{data_set.name}",
        "modified": catalogue.created,
        "theme": [f"{_EU}/data-theme/ECON", f"{_EU}/data-theme/GOVE"],
        "language": [f"{_EU}/language/ZHO", f"{_EU}/language/ENG"],
        "publisher": [{"name": publisher.name, **({"email": publisher.email} if publisher.email else {})}],
    }
    if catalogue.fiscal_years:
        first, last = catalogue.fiscal_years
        more["temporal_coverage"] = [{"start": f"{first}-01-01", "end": f"{last}-12-31"}]
    if publisher.email:
        more["contact"] = [{"name": publisher.name, "email": publisher.email}]
    extras = {_IDENTITY: data_set.name, _STATUS: _PUBLISHED}
    extras |= {key: _to_text(value) for key, value in more.items() if key not in schema}
    known = {key: value for key, value in more.items() if key in schema}
    return {**core, **known, "extras": _write_extras(extras)}


def _write_notes(data_set: DataSet) -> str:
    rows = [f"| `{column.name}` | {_cell(column.zh)} | {_cell(column.en)} |" for column in data_set.columns]
    return "\n".join([data_set.description, "", "| 字段 | 说明 | meaning |", "|---|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _list_resources(data_set: DataSet, catalogue: Catalogue) -> dict[str, _Resource]:
    # CSV comes last: the loader begins with it.
    files = sorted(data_set.files, key=lambda file: file.format == "csv")
    described = (_describe_resource(file, catalogue.licence_url) for file in files)
    return {resource.fields["name"]: resource for resource in described}


def _describe_resource(file: DataFile, licence: str) -> _Resource:
    name = file.name.replace("-parquet-", "-").removesuffix("-parquet")
    values = (f"{name}.{file.format}", file.path, _FORMATS[file.format], file.media_type, licence, file.sha256)
    return _Resource(dict(zip(_RESOURCE_FIELDS, values, strict=True)), file)


def _compare(wanted: Fields, current: Fields) -> list[str]:
    """Names of the fields that differ."""
    differing = [key for key in wanted.keys() - {"tags", "extras"} if (current.get(key) or "") != wanted[key]]
    if {tag["name"] for tag in wanted["tags"]} != {tag["name"] for tag in current["tags"]}:
        differing.append("tags")
    if _read_extras(wanted).items() - _read_extras(current).items():
        differing.append("extras")
    return sorted(differing)


def _read_extras(package: Mapping[str, Any]) -> dict[str, str]:
    return {entry["key"]: entry["value"] for entry in package.get("extras", ())}


def _write_extras(extras: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(extras.items())]


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
