from dataclasses import replace

import pytest

from extractors.collected import Collected
from extractors.discover import Disclosure
from flows.closing import Crawled
from flows.crawling import UnknownSourceError, add_crawls, count_visit, list_source_ids
from warehouse.archive import ArchivedFile
from warehouse.issues import make_finding
from warehouse.records import Sighting

DISCLOSURE = Disclosure("demo", "http://x/a.pdf", "http://x/a.pdf", "某局2026年部门预算", "file", "http://x/", "420103")
SIGHTING = Sighting("a" * 16, "a" * 64, 1, "demo", "http://x/a.pdf")
NOT_FOUND = make_finding("http-error", status=404, url="http://x/a.pdf")


def make_file(*, is_new):
    return ArchivedFile("a" * 64, "a" * 16, 1, "pdf", "http://x/a.pdf", is_new=is_new, is_unchanged=False)


@pytest.mark.parametrize(
    ("item", "counted"),
    [
        (Collected("demo", "u", "new", DISCLOSURE, (make_file(is_new=True),), SIGHTING), "new"),
        (Collected("demo", "u", "new", DISCLOSURE, (make_file(is_new=False),), SIGHTING), "unchanged"),
        (Collected("demo", "u", "new", replace(DISCLOSURE, kind="page"), (make_file(is_new=False),)), "new"),
        (Collected("demo", "u", "changed", DISCLOSURE, (make_file(is_new=True),), SIGHTING), "changed"),
        (Collected("demo", "u", "unchanged", DISCLOSURE, (make_file(is_new=False),), SIGHTING), "unchanged"),
        (Collected("demo", "u", "failed", DISCLOSURE, finding=NOT_FOUND), "failed"),
    ],
)
def test_document_is_counted_as(item, counted):
    visit = count_visit("demo", [item])
    assert {name: getattr(visit, name) for name in ("new", "changed", "unchanged", "failed") if getattr(visit, name)} == {
        counted: 1
    }


def test_page_that_failed_is_a_finding_and_no_document():
    visit = count_visit("demo", [Collected("demo", "u", "failed", finding=NOT_FOUND)])
    assert (visit.failed, len(visit.findings), visit.findings[0]["source_id"]) == (0, 1, "demo")


def test_only_what_can_be_read_must_be_finished():
    visit = count_visit("demo", [Collected("demo", "u", "new", DISCLOSURE, (make_file(is_new=True),), None, NOT_FOUND)])
    assert (visit.document_ids, visit.not_yet_read) == ((), 1)


@pytest.mark.parametrize(
    "item",
    [
        Collected("demo", "u", "new", DISCLOSURE, (make_file(is_new=True),), SIGHTING),
        Collected("demo", "u", "failed", DISCLOSURE, (make_file(is_new=True),), finding=NOT_FOUND),
        Collected("demo", "u", "new", DISCLOSURE, (make_file(is_new=True),), is_bundle=True),
        Collected("demo", "u", "withdrawn", finding=NOT_FOUND),
    ],
)
def test_what_is_read_or_did_not_come_or_was_opened_is_not_counted_as_not_yet_read(item):
    assert count_visit("demo", [item]).not_yet_read == 0


def test_visits_add_up():
    total = add_crawls([Crawled(("a",), new=1, document_ids=("x",)), Crawled(("b",), new=2, failed=1, findings=(NOT_FOUND,))])
    assert (total.sources, total.new, total.failed, len(total.findings), total.document_ids) == (("a", "b"), 3, 1, 1, ("x",))
    assert add_crawls([Crawled(("a",), not_yet_read=2), Crawled(("b",), not_yet_read=3)]).not_yet_read == 5


def test_no_visit_adds_up_to_nothing():
    assert add_crawls([]) == Crawled()


def test_unknown_source_is_told_with_the_known_ones():
    with pytest.raises(UnknownSourceError, match=r"nowhere.*beijing"):
        list_source_ids(["nowhere"])


def test_located_source_needs_no_fixed_address():
    assert list_source_ids(["demo"], {"demo": "http://127.0.0.1:1"}) == ["demo"]


def test_located_and_fixed_sources_together():
    assert list_source_ids(["beijing", "demo"], {"demo": "http://127.0.0.1:1"}) == ["demo", "beijing"]
