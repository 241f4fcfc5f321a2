"""Bundles on a portal: each document in them is archived with its origin, and what does not come out is told."""

import io
import zipfile

import pytest
from portal_pages import article, list_page, make_source
from rar_writer import make_rar

from extractors.bundle_tools import find_tool
from extractors.collect import collect
from extractors.fetch import FetchLimits
from extractors.sources import open_fetcher
from flows.crawling import count_visit
from warehouse.archive import Archive

PDF = b"%PDF-1.4 budget "
JPG = b"\xff\xd8\xff\xe0 page "


@pytest.fixture
def visit(portal, tmp_path):
    """Visit a portal whose one article links one bundle."""
    archive = Archive(tmp_path / "archive")

    def run(content, name="P01.zip", heading="2026年二级预算单位预算公开"):
        portal.files = {
            "/": list_page(("/a.html", heading)),
            "/a.html": article(heading, f'<a href="/{name}">附件</a>'),
            f"/{name}": content,
        }
        with open_fetcher(make_source(portal.url), limits=FetchLimits(attempts=1)) as fetcher:
            return list(collect(make_source(portal.url), fetcher, archive))

    run.archive = archive
    return run


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return buffer.getvalue()


def kinds(items):
    return [item.finding["finding_kind"] for item in items if item.finding]


def test_each_document_of_a_bundle_can_be_processed(visit):
    items = visit(make_zip({"示例第一中学2026年单位预算.pdf": PDF + b"1", "示例第二中学2026年单位预算.pdf": PDF + b"2"}))
    bundle, *members = items
    assert (bundle.is_bundle, [item.state for item in members], kinds(items)) == (True, ["new", "new"], [])
    assert [item.sighting.title for item in members] == ["示例第一中学2026年单位预算", "示例第二中学2026年单位预算"]
    assert [item.sighting.department_name for item in members] == ["示例第一中学", "示例第二中学"]
    assert [item.disclosure.fiscal_year for item in members] == [2026, 2026]


def test_the_origin_of_a_member_stands_in_its_row(visit):
    bundle, member = visit(make_zip({"示例第一中学.pdf": PDF}))
    rows = {row["sha256"]: row for row in visit.archive.sightings()}
    row = rows[member.files[0].sha256]
    assert row["container_id"] == bundle.files[0].document_id
    assert row["url"].startswith(bundle.url + "#")
    assert row["landing_url"].endswith("/a.html")
    assert rows[bundle.files[0].sha256]["container_id"] is None


def test_a_member_without_a_title_takes_the_rest_from_its_bundle(visit):
    _, member = visit(make_zip({"示例局2026年/示例第一中学.pdf": PDF}))
    assert (member.disclosure.title, member.disclosure.fiscal_year, member.disclosure.phase) == (
        "示例第一中学（2026年二级预算单位预算公开）",
        2026,
        "budget",
    )


def test_a_folder_names_the_office_where_the_file_does_not(visit):
    _, member = visit(make_zip({"示例教育局/部门预算.pdf": PDF}))
    assert member.disclosure.department_name == "示例教育局"


def test_a_bundle_does_not_count_as_a_document(visit):
    crawled = count_visit("sample", visit(make_zip({"一局.pdf": PDF + b"1", "二局.pdf": PDF + b"2"})))
    assert (crawled.new, crawled.failed, len(crawled.document_ids)) == (2, 0, 2)


def test_the_second_visit_finds_every_member_unchanged(visit):
    content = make_zip({"一局.pdf": PDF + b"1", "二局.pdf": PDF + b"2"})
    visit(content)
    assert [item.state for item in visit(content)] == ["unchanged"] * 3


def test_a_changed_member_supersedes_and_a_missing_one_is_withdrawn(visit):
    before = visit(make_zip({"一局.pdf": PDF + b"1", "二局.pdf": PDF + b"2"}))
    items = visit(make_zip({"一局.pdf": PDF + b"new"}))
    assert [item.state for item in items] == ["changed", "changed", "withdrawn"]
    gone = {row["document_id"] for row in visit.archive.sightings() if row["withdrawn_at"]}
    assert gone == {before[2].files[0].document_id}


def test_what_is_no_disclosure_stays_packed_and_is_told(visit):
    *_, told = visit(make_zip({"一局.pdf": PDF, "绩效目标表.pdf": PDF + b"x", "说明.txt": b"read me"}))
    assert (told.finding["finding_kind"], told.finding["severity"]) == ("bundle-members-left", "info")
    assert "绩效目标表.pdf" in told.finding["message"]
    assert "说明.txt" in told.finding["message"]


def test_a_workbook_in_a_bundle_is_archived_and_told(visit):
    _, item = visit(make_zip({"一局.xlsx": make_zip({"xl/workbook.xml": b"<x/>"})}))
    assert (item.files[0].file_kind, item.sighting, kinds([item])) == ("workbook", None, ["unread-format"])


def test_page_images_of_one_folder_are_one_document_in_the_order_of_their_numbers(visit):
    _, item = visit(make_zip({f"一局/{number}.jpg": JPG + str(number).encode() for number in (10, 2, 1)}))
    order = [visit.archive.path_of(file.sha256).read_bytes()[len(JPG) :] for file in item.files]
    assert (order, item.disclosure.kind) == ([b"1", b"2", b"10"], "images")
    assert "3 page images" in item.finding["message"]


def test_a_bundle_that_cannot_be_opened_is_kept_and_told(visit):
    (item,) = visit(make_zip({"一局.pdf": PDF})[:-25])
    assert (item.state, item.is_bundle, kinds([item])) == ("new", False, ["bundle-damaged"])
    assert visit.archive.path_of(item.files[0].sha256).is_file()


def test_a_bundle_that_cannot_be_opened_tonight_loses_nobody(visit):
    content = make_zip({"一局.pdf": PDF})
    visit(content)
    assert [item.state for item in visit(content[:-25])] == ["changed"]
    assert not any(row["withdrawn_at"] for row in visit.archive.sightings())


def test_a_bomb_is_kept_packed(visit):
    (item,) = visit(make_zip({"一局.pdf": b"%PDF-" + b"\0" * (80 << 20)}))
    assert kinds([item]) == ["bundle-too-large"]


def test_two_files_of_one_name_are_two_documents(visit):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle, pytest.warns(UserWarning, match="Duplicate"):
        bundle.writestr("一局.pdf", PDF + b"1")
        bundle.writestr("一局.pdf", PDF + b"2")
    _, *members = visit(buffer.getvalue())
    assert [item.state for item in members] == ["new", "new"]
    assert [row["superseded_by"] for row in visit.archive.sightings()] == [None, None, None]


@pytest.mark.skipif(find_tool("rar") is None, reason="no program that opens rar is here (bsdtar): rar is not tried")
def test_a_rar_is_opened_like_a_zip(visit):
    _, member = visit(make_rar({"示例第一中学2026年单位预算.pdf": PDF}), name="P01.rar")
    assert (member.state, member.sighting.department_name) == ("new", "示例第一中学")


def test_a_rar_without_a_program_is_kept_and_told(visit, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (item,) = visit(make_rar({"一局.pdf": PDF}), name="P01.rar")
    assert (item.state, kinds([item])) == ("new", ["bundle-tool-missing"])
