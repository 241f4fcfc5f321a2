"""Crawls of the real demonstration portal: two nights, a changed file, and every misbehaviour with its one finding."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from extractors.collect import collect
from extractors.collected import Collected
from extractors.fetch import FetchLimits
from extractors.sources import load_source, open_fetcher
from flows.process import read_document
from samples.library import sample_disclosures
from samples.portal import Portal, serve_portal
from warehouse.archive import Archive
from warehouse.verification import verify_archive

pytestmark = pytest.mark.integration

QUICK = FetchLimits(connect_seconds=2, read_seconds=1, total_seconds=2, backoff_seconds=0.01, attempts=2)
BAD_ID = "suzhou-2026-science"


@dataclass(frozen=True)
class Drawn:
    """A sample that is drawn once for all tests of this module."""

    id: str
    title: str
    department: str
    year: int
    phase: str
    region_code: str
    content: bytes

    def draw(self) -> bytes:
        return self.content


@cache
def drawn_samples() -> tuple[Drawn, ...]:
    return tuple(
        Drawn(item.id, item.title, item.department, item.year, item.phase, item.region_code, item.draw())
        for item in sample_disclosures()
    )


@pytest.fixture
def portal():
    with serve_portal(documents=drawn_samples()) as running:
        yield running


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def crawl(portal: Portal, archive: Archive) -> list[Collected]:
    portal.requests.clear()
    source = load_source("demo", base_url=portal.url)
    with open_fetcher(source, limits=QUICK) as fetcher:
        return list(collect(source, fetcher, archive))


def find_item(items: list[Collected], sample_id: str) -> Collected:
    (title,) = [sample.title for sample in sample_disclosures() if sample.id == sample_id]
    (item,) = [item for item in items if item.disclosure and item.disclosure.title == title]
    return item


def test_the_first_night_brings_every_sample_home_as_it_was_drawn(portal, archive):
    items = crawl(portal, archive)
    assert Counter(item.state for item in items) == {"new": len(sample_disclosures())}
    for sample in drawn_samples():
        item = find_item(items, sample.id)
        assert archive.path_of(item.files[0].sha256).read_bytes() == sample.content
        assert item.sighting.department_name == sample.department
        assert (item.disclosure.fiscal_year, item.disclosure.phase) == (sample.year, sample.phase)
        assert item.sighting.region_code in (sample.region_code, ""), (
            "a region that the portal does not say is left to the document"
        )
    assert verify_archive(archive).is_sound


def test_the_second_night_finds_everything_unchanged_by_304(portal, archive):
    crawl(portal, archive)
    items = crawl(portal, archive)
    assert Counter(item.state for item in items) == {"unchanged": len(sample_disclosures())}
    assert {status for path, status in portal.requests if path != "/robots.txt"} == {304}


def test_a_changed_file_supersedes_the_old_one_and_the_rest_stays(portal, archive):
    before = find_item(crawl(portal, archive), BAD_ID).files[0]
    portal.misbehave(BAD_ID, "changed")
    items = crawl(portal, archive)
    after = find_item(items, BAD_ID)
    assert Counter(item.state for item in items) == {"unchanged": len(sample_disclosures()) - 1, "changed": 1}
    assert after.files[0].supersedes == before.sha256
    superseded = {row["document_id"]: row["superseded_by"] for row in archive.sightings() if row["superseded_by"]}
    assert superseded == {before.document_id: after.files[0].document_id}
    assert archive.path_of(before.sha256).exists(), "nothing is ever deleted"


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("missing", "http-error"),
        ("server-error", "http-error"),
        ("hang", "fetch-timeout"),
        ("drip", "fetch-timeout"),
        ("redirect-loop", "redirect-loop"),
        ("broken-off", "incomplete-response"),
        ("html", "not-a-pdf"),
        ("empty", "empty-file"),
        ("challenge", "blocked"),
        ("private-link", "forbidden-address"),
    ],
)
def test_each_misbehaviour_is_one_finding_and_the_crawl_goes_on(portal, archive, how, kind):
    portal.misbehave(BAD_ID, how)
    items = crawl(portal, archive)
    assert Counter(item.state for item in items) == {"new": len(sample_disclosures()) - 1, "failed": 1}
    assert [item.finding["finding_kind"] for item in items if item.finding] == [kind]
    assert find_item(items, BAD_ID).files == ()
    assert verify_archive(archive).is_sound


@pytest.mark.parametrize("how", ["missing", "html", "empty", "challenge", "hang"])
def test_a_bad_night_leaves_the_version_of_the_good_one(portal, archive, how):
    good = find_item(crawl(portal, archive), BAD_ID).files[0]
    portal.misbehave(BAD_ID, how)
    assert find_item(crawl(portal, archive), BAD_ID).state == "failed"
    assert [row["superseded_by"] for row in archive.sightings() if row["sha256"] == good.sha256] == [None]
    portal.misbehave(BAD_ID, None)
    assert find_item(crawl(portal, archive), BAD_ID).state == "unchanged"


def test_a_slow_portal_is_waited_for(portal, archive):
    portal.misbehave(BAD_ID, "slow")
    assert find_item(crawl(portal, archive), BAD_ID).state == "new"


@pytest.mark.parametrize(("how", "kind"), [("truncated", "damaged-pdf"), ("encrypted", "encrypted-pdf")])
def test_what_only_reading_can_see_is_archived_and_refused_by_reading(portal, archive, how, kind):
    portal.misbehave(BAD_ID, how)
    items = crawl(portal, archive)
    item = find_item(items, BAD_ID)
    assert (item.state, item.finding) == ("new", None)
    document = read_document(archive.path_of(item.sighting.sha256), item.sighting)
    assert document.status == "refused"
    assert [row["finding_kind"] for row in document.rows["core_findings"] if row["severity"] == "critical"] == [kind]


def test_what_looks_like_a_budget_and_is_none_is_never_asked_for(portal, archive):
    crawl(portal, archive)
    asked = {path for path, _ in portal.requests}
    assert not [path for path in asked if "/sjgg/" in path or "/tzgg/" in path]


def test_the_journal_names_every_request_but_robots_txt(portal, archive):
    portal.misbehave(BAD_ID, "missing")
    crawl(portal, archive)
    lines = (archive.place / "responses.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len([path for path, _ in portal.requests if path != "/robots.txt"])
