"""What a portal no longer shows is told only where the visit proves it; bytes and rows stay."""

from urllib.parse import quote

import pytest
from portal_pages import article, list_page, make_source

from extractors.collect import collect
from extractors.fetch import FetchLimits
from extractors.sources import open_fetcher
from warehouse.archive import Archive, NotArchivedError

PDF = b"%PDF-1.4 "
ONE, TWO, THREE = (f"示例{name}局2026年部门预算" for name in "甲乙丙")


@pytest.fixture
def visit(portal, tmp_path):
    archive = Archive(tmp_path / "archive")

    def run(files, **values):
        portal.files = files
        source = make_source(portal.url, **values)
        with open_fetcher(source, limits=FetchLimits(attempts=1)) as fetcher:
            return list(collect(source, fetcher, archive))

    run.archive = archive
    return run


def portal_of(*titles):
    """A listing of articles with one file each."""
    files = {"/": list_page(*((f"/{title}.html", title) for title in titles))}
    quoted = {f"/{quote(title)}.html": article(title, f'<a href="/{number}.pdf">附件</a>') for number, title in named(titles)}
    return files | quoted | {f"/{number}.pdf": PDF + title.encode() for number, title in named(titles)}


def named(titles):
    return [((ONE, TWO, THREE).index(title) + 1, title) for title in titles]


def states(items):
    return [item.state for item in items]


def withdrawn(archive):
    return [row["url"].rpartition("/")[2] for row in archive.sightings() if row["withdrawn_at"]]


def test_a_document_that_is_no_longer_listed_is_withdrawn(visit):
    visit(portal_of(ONE, TWO))
    *_, item = visit(portal_of(ONE))
    assert (item.state, item.finding["finding_kind"]) == ("withdrawn", "document-withdrawn")
    assert TWO in item.finding["message"]
    assert withdrawn(visit.archive) == ["2.pdf"]


def test_the_bytes_and_the_sighting_stay(visit):
    visit(portal_of(ONE, TWO))
    visit(portal_of(ONE))
    (row,) = [row for row in visit.archive.sightings() if row["withdrawn_at"]]
    assert visit.archive.path_of(row["sha256"]).read_bytes() == PDF + TWO.encode()
    assert row["seen_at"] < row["withdrawn_at"]


def test_it_is_told_once(visit):
    visit(portal_of(ONE, TWO))
    visit(portal_of(ONE))
    assert states(visit(portal_of(ONE))) == ["unchanged"]


def test_what_comes_back_stands_as_before(visit):
    visit(portal_of(ONE, TWO))
    visit(portal_of(ONE))
    assert states(visit(portal_of(ONE, TWO))) == ["unchanged", "unchanged"]
    assert withdrawn(visit.archive) == []


def test_the_record_is_there_for_who_opens_the_archive_later(visit):
    visit(portal_of(ONE, TWO))
    visit(portal_of(ONE))
    assert withdrawn(Archive(visit.archive.place)) == ["2.pdf"]


def test_a_document_taken_from_its_article_is_withdrawn(visit):
    visit(portal_of(ONE) | {f"/{quote(ONE)}.html": article(ONE, '<a href="/1.pdf">甲</a><a href="/2.pdf">乙</a>'), "/2.pdf": PDF})
    visit(portal_of(ONE))
    assert withdrawn(visit.archive) == ["2.pdf"]


@pytest.mark.parametrize("status", [404, 500, 412])
def test_an_article_that_does_not_come_proves_nothing(visit, status):
    visit(portal_of(ONE, TWO))
    visit(portal_of(ONE, TWO) | {f"/{quote(TWO)}.html": status})
    assert withdrawn(visit.archive) == []


def test_another_article_that_does_not_come_leaves_in_doubt_what_is_no_longer_linked(visit):
    visit(portal_of(ONE, TWO, THREE))
    visit(portal_of(ONE, THREE) | {f"/{quote(THREE)}.html": 500})
    assert withdrawn(visit.archive) == []


def test_a_list_that_does_not_come_proves_nothing(visit):
    files = portal_of(ONE, TWO)
    files["/"] = list_page((f"/{ONE}.html", ONE), ("/index_1.html", "下一页"))
    files["/index_1.html"] = list_page((f"/{TWO}.html", TWO))
    assert states(visit(files)) == ["new", "new"]
    visit(files | {"/index_1.html": 500})
    assert withdrawn(visit.archive) == []


def test_a_list_that_was_not_read_to_its_end_proves_nothing(visit):
    files = portal_of(ONE, TWO)
    files["/"] = list_page((f"/{ONE}.html", ONE), ("/index_1.html", "下一页"))
    files["/index_1.html"] = list_page((f"/{TWO}.html", TWO))
    visit(files)
    visit(files, max_pages=1)
    assert withdrawn(visit.archive) == []


def test_an_empty_list_proves_nothing(visit):
    visit(portal_of(ONE, TWO))
    visit({"/": list_page(("/x.html", "通知"))})
    assert withdrawn(visit.archive) == []


def test_a_file_that_is_gone_while_it_is_still_linked_is_a_failure(visit):
    visit(portal_of(ONE, TWO))
    items = visit(portal_of(ONE, TWO) | {"/2.pdf": 404})
    assert states(items) == ["unchanged", "failed"]
    assert withdrawn(visit.archive) == []


def test_a_rule_of_ours_withdraws_nothing(visit):
    visit(portal_of(ONE, TWO))
    assert states(visit(portal_of(ONE, TWO), exclude=("示例乙局",))) == ["unchanged"]
    assert withdrawn(visit.archive) == []


def test_a_first_year_of_ours_withdraws_nothing(visit):
    files = portal_of(ONE) | {"/old.pdf": PDF}
    files["/"] = list_page((f"/{ONE}.html", ONE), ("/old.pdf", "示例局2019年部门预算"))
    visit(files)
    visit(files, first_year=2025)
    assert withdrawn(visit.archive) == []


def test_a_landing_page_that_the_yaml_drops_withdraws_nothing(visit, portal):
    files = portal_of(ONE) | {"/second": list_page(("/2.pdf", TWO)), "/2.pdf": PDF}
    visit(files, landing_urls=(f"{portal.url}/", f"{portal.url}/second"))
    visit(files)
    assert withdrawn(visit.archive) == []


def test_an_address_without_a_document_cannot_be_withdrawn(visit):
    with pytest.raises(NotArchivedError):
        visit.archive.record_withdrawal("http://portal.example/none.pdf", "2026-03-01T00:00:00+00:00")
