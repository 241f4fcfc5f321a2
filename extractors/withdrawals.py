"""Documents that a source published and no longer shows.

Promise: a document is only called withdrawn where the visit proves it: every list was read to its end, something was found, no
page that was read links the document, and the page that once led to it was read or is itself no longer linked. Where our own
rules or the source's YAML changed, or a page failed, the document is left standing: not seen is not the same as not there.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from extractors.discover import Trace, make_key
from extractors.sources import Source
from warehouse.archive import Archive, ResponseRecord

# Longer than any visit: pages are asked for before the documents that they lead to.
_VISIT = timedelta(hours=24)


def find_withdrawn(
    source: Source, archive: Archive, trace: Trace, seen: AbstractSet[str], uncertain_bundles: AbstractSet[str] = frozenset()
) -> list[ResponseRecord]:
    """The archived documents of a source that this visit proves to be withdrawn. `seen`: keys of everything found, fetched or
    not; `uncertain_bundles`: keys of archive files that could not be unpacked wholly: nothing is known of their content."""
    if not trace.is_complete or not seen:
        return []
    dropped = _find_dropped_landings(source, archive)
    return [
        record
        for record in archive.latest(source.id, "document")
        if record.key not in seen
        and record.container_key not in uncertain_bundles
        and _is_gone(record, trace, seen)
        and not any(_is_before(record, landing) for landing in dropped)
    ]


def _is_gone(record: ResponseRecord, trace: Trace, seen: AbstractSet[str]) -> bool:
    if record.container_key in seen:
        # The archive file is there and was opened; this document is no longer in it.
        return True
    address = record.container_key or record.key.removeprefix("document:")
    landing = make_key(record.landing_url)
    if address in trace.linked:
        return False
    if landing in trace.read:
        return True
    # The page that led to it was not read: because it is gone, or because it, or the one before it, failed.
    return not trace.unread and landing not in trace.linked


def _find_dropped_landings(source: Source, archive: Archive) -> list[ResponseRecord]:
    """Landing pages of earlier visits that the YAML no longer names: what they listed cannot be missed."""
    current = {make_key(url) for url in source.landing_urls}
    pages = archive.latest(source.id, "page")
    return [page for page in pages if page.url == page.landing_url and page.key not in current]


def _is_before(record: ResponseRecord, landing: ResponseRecord) -> bool:
    """True where the document was last seen no later than the visit that last saw the dropped landing page."""
    return datetime.fromisoformat(record.seen_at) <= datetime.fromisoformat(landing.seen_at) + _VISIT
