"""The documents in a bundle that was brought home: archived by themselves, with the bundle as their container.

Promise: what came out of the bundle is archived and named; what did not is a finding; the bundle's own bytes are in the archive
before anything of it is opened, and the journal says that it was opened only after all that came out is there: a bundle that a
night left half opened is found again (`Archive.unopened`), whether the portal still publishes it or not.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote

from extractors.bundles import BundleLimits, BundleMember, BundleTrouble, open_bundle
from extractors.collected import Brought, Collected, files_of, join_states, to_sighting
from extractors.discover import Disclosure
from extractors.member_names import is_document_kind, name_member, sort_pages
from extractors.titles import TitleRules
from warehouse.archive import Archive, ArchivedFile, ArchiveError, ResponseRecord, detect_file_kind
from warehouse.issues import make_finding
from warehouse.records import Row

_SHOWN_NAMES = 5
# What these say keeps us from knowing all that is in a bundle.
_UNCERTAIN = frozenset(
    {"bundle-too-large", "bundle-damaged", "bundle-member-unreadable", "bundle-tool-missing", "archived-bytes-damaged"}
)
_TOOL_MISSING = "bundle-tool-missing"


@dataclass(frozen=True, slots=True)
class _Packed:
    """A bundle: the disclosure that it was found as, and its bytes' name."""

    disclosure: Disclosure
    sha256: str


def is_uncertain(item: Collected) -> bool:
    """True where something of a bundle did not come out."""
    return item.finding is not None and item.finding["finding_kind"] in _UNCERTAIN


def unpack(
    item: Collected, disclosure: Disclosure, archive: Archive, rules: TitleRules, limits: BundleLimits | None = None
) -> Iterator[Collected]:
    """The item of an archived bundle, then one item a document in it, then a finding for each thing that did not come out.

    Members are archived by themselves, with the bundle as their container; images of one folder are the pages of one document.
    Where nothing came out the bundle stands as a document that is not read.
    """
    (bundle,) = item.files
    packed = _Packed(disclosure, bundle.sha256)
    try:
        content = archive.read(bundle.sha256)
    except ArchiveError as error:
        yield replace(item, state="failed", finding=make_finding("archived-bytes-damaged", reason=str(error)))
        return
    brought: list[Collected] = []
    troubles: list[BundleTrouble] = []
    left: list[str] = []
    pages: dict[str, list[BundleMember]] = defaultdict(list)
    for member in open_bundle(content, limits):
        if isinstance(member, BundleTrouble):
            troubles.append(member)
        elif not is_document_kind(member) or name_member(member.name, disclosure.title, rules) is None:
            left.append(member.name)
        elif detect_file_kind(member.content) == "image":
            pages[member.name.rpartition("/")[0]].append(member)
        else:
            brought.append(_keep_members(packed, [member], member.name, archive, rules))
    brought += [_keep_members(packed, sort_pages(images), folder, archive, rules) for folder, images in pages.items()]
    # A machine that gets the program tomorrow opens it then.
    if all(trouble.kind != _TOOL_MISSING for trouble in troubles):
        archive.record_opened(disclosure.key, bundle.sha256, datetime.now(UTC).isoformat())
    findings = [_tell_trouble(item, trouble) for trouble in troubles]
    if brought:
        yield replace(item, finding=None, is_bundle=True)
    else:
        yield replace(item, finding=findings.pop(0) if findings else item.finding)
    yield from brought
    if left:
        named = ", ".join(left[:_SHOWN_NAMES]) + (" …" if len(left) > _SHOWN_NAMES else "")
        findings.append(make_finding("bundle-members-left", count=len(left), url=item.url, names=named))
    yield from (Collected(item.source_id, item.url, "failed", finding=finding) for finding in findings)


def open_left(record: ResponseRecord, archive: Archive, rules: TitleRules) -> Iterator[Collected]:
    """What comes out of a bundle that an earlier night archived and did not open; nothing where no program here opens it."""
    disclosure = Disclosure(
        source_id=record.source_id,
        url=record.url,
        key=record.key,
        title=record.title,
        kind="file",
        landing_url=record.landing_url,
        region_code=record.region_code,
        department_name=record.department_name,
        fiscal_year=None,
        phase=None,
    )
    file = ArchivedFile(
        sha256=record.sha256,
        document_id=record.sha256[:16],
        bytes=record.bytes,
        file_kind=record.file_kind,
        url=record.url,
        is_new=False,
        is_unchanged=True,
    )
    item = Collected(record.source_id, record.url, "unchanged", disclosure, (file,))
    for part in unpack(item, disclosure, archive, rules):
        if part.finding is None or part.finding["finding_kind"] != _TOOL_MISSING:
            yield part


def _tell_trouble(item: Collected, trouble: BundleTrouble) -> Row:
    return make_finding(trouble.kind, url=item.url, reason=trouble.reason, name=trouble.name)


def _keep_members(packed: _Packed, members: list[BundleMember], name: str, archive: Archive, rules: TitleRules) -> Collected:
    """Archive one document of a bundle: a file, or page images in their order."""
    whole = packed.disclosure
    title, facts = name_member(name, whole.title, rules) or (whole.title, None)
    addresses = [f"{whole.url}#{quote(member.name)}" for member in members]
    keys = [f"{whole.key}#{quote(member.name)}" for member in members]
    is_images = detect_file_kind(members[0].content) == "image"
    disclosure = replace(
        whole,
        url=addresses[0],
        key=keys[0],
        title=title,
        kind="images" if is_images else "file",
        department_name=facts.department_name if facts else whole.department_name,
        fiscal_year=(facts.fiscal_year if facts else None) or whole.fiscal_year,
        phase=(facts.phase if facts else None) or whole.phase,
        image_urls=tuple(addresses) if is_images else (),
    )
    now = datetime.now(UTC).isoformat()
    brought = []
    for number, (member, address, key) in enumerate(zip(members, addresses, keys, strict=True), start=1):
        record = ResponseRecord(
            url=address,
            key=key,
            seen_at=now,
            source_id=whole.source_id,
            landing_url=disclosure.landing_url,
            title=f"{title} ({number}/{len(members)})" if is_images else title,
            department_name=disclosure.department_name,
            region_code=disclosure.region_code,
            container_key=whole.key,
            container_sha256=packed.sha256,
        )
        file = archive.put(member.content, record)
        brought.append(Brought(file, "changed" if file.supersedes else "new" if file.is_new else "unchanged", address, now))
    kind = f"{len(brought)} page images" if is_images else brought[0].file.file_kind
    is_readable = kind == "pdf"
    finding = None if is_readable else make_finding("unread-format", file_kind=kind, url=addresses[0])
    sighting = to_sighting(disclosure, brought[0]) if is_readable else None
    return Collected(whole.source_id, addresses[0], join_states(brought), disclosure, files_of(brought), sighting, finding)
