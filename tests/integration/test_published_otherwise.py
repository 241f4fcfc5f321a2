"""Budgets published as page images, HTML tables, a workbook, a Word file or packed: the night keeps, counts and tells them.

A portal on loopback, visited and accounted for by what the nightly flow calls (without its server, which test_nightly.py has);
the page images are the pages of a real PDF.
"""

import io
import json
import zipfile
from types import SimpleNamespace

import openpyxl
import pypdfium2
import pytest
from file_server import serve_files
from rich.console import Console

from flows.closing import close_run, start_run
from flows.crawling import add_crawls, crawl_source, open_left_bundles
from flows.engine import get_engine_version
from flows.opened import open_or_make
from flows.reading import list_pending
from flows.runs import render_text
from flows.settings import Settings
from samples.library import sample_disclosures
from warehouse.archive import Archive
from warehouse.verification import verify_archive

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

SOURCE = """
id: otherwise
region_code: "420100"
publisher: 示例
landing_urls: ["{url}/"]
allow_private_addresses: true
politeness: {{delay_seconds: 0}}
season_months: []
"""
TITLES = {
    "images": "示例图片局2026年部门预算公开",
    "tables": "示例网页局2026年部门预算公开",
    "one-table": "示例单表局2026年部门预算公开",
    "drawn": "示例排版局2026年部门预算公开",
    "workbook": "示例表格局2026年部门预算公开",
    "word": "示例文档局2026年部门预算公开",
    "packed": "示例打包局2026年部门预算公开",
    "broken": "示例破损局2026年部门预算公开",
    "pdf": "示例商务局2026年部门预算公开",
}
# The order in the article is that of the pages; neither the names' nor the numbers' order is.
PAGE_NAMES = ("W9", "W10", "W2", "a1", "W13", "W1", "b7", "W11", "W3", "Z0", "W12", "W4", "c5")
# Of each, what the archive must say of it; the bundle comes out as its two documents.
KINDS = {
    "images": "image",
    "tables": "html",
    "one-table": "html",
    "drawn": "html",
    "workbook": "workbook",
    "word": "word",
    "broken": "archive",
    "pdf": "pdf",
}
MESSAGES = {
    "images": "13 page images",
    "tables": "published as html",
    "one-table": "one-table.html",
    "drawn": "drawn.html",
    "workbook": "published as workbook",
    "word": "published as word",
}


def draw_pages(content):
    """The pages of a PDF as JPEG images, in their order."""
    with pypdfium2.PdfDocument(content) as document:
        for page in document:
            buffer = io.BytesIO()
            page.render(scale=0.5).to_pil().convert("RGB").save(buffer, "JPEG", quality=40)
            yield buffer.getvalue()


def make_workbook(title):
    workbook = openpyxl.Workbook()
    workbook.active.append([title])
    workbook.active.append(["2010350", "事业运行", 176.34])
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return buffer.getvalue()


def make_word(title):
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = f'<w:document xmlns:w="{main}"><w:body><w:p><w:r><w:t>{title}</w:t></w:r></w:p></w:body></w:document>'
    return make_zip({"[Content_Types].xml": "<Types/>", "word/document.xml": text})


def make_article(key, body):
    return f'<meta name="ArticleTitle" content="{TITLES[key]}"><div class="TRS_Editor">{body}</div>'


def make_portal():
    """Address to content, the page images in the order of the article, and those of which the bundle holds three."""
    samples = {sample.id: sample for sample in sample_disclosures()}
    pages = list(draw_pages(samples["shanghai-putuo-2026-commerce"].draw()))
    assert len(pages) == len(set(pages)) == len(PAGE_NAMES)
    rows = "".join(f"<tr><td>20103{n:02}</td><td>事业运行</td><td>{n}.50</td></tr>" for n in range(20))
    # Other bytes than those of the article: known bytes at another address would count as unchanged.
    scans = list(draw_pages(samples["hangzhou-2026-culture"].draw()))
    packed = make_zip(
        {
            "示例打包一中2026年单位预算.xlsx": make_workbook("一中"),
            **{f"示例打包二中2026年单位预算/{number}.jpg": scans[number - 1] for number in (10, 2, 1)},
        }
    )
    small = min((sample.draw() for sample in samples.values()), key=len)
    files = {
        "/images.html": make_article("images", "".join(f'<p><img src="/{name}.jpg"></p>' for name in PAGE_NAMES)),
        "/tables.html": make_article("tables", f"<table>{rows}</table>" * 4),
        "/one-table.html": make_article("one-table", f"<table><tr><th>科目</th><th>预算数</th></tr>{rows[:600]}</table>"),
        "/drawn.html": make_article("drawn", '<div class="p">收入总体情况表</div>' + '<div class="p">1,204.50</div>' * 12),
        "/workbook.html": make_article("workbook", '<a href="/budget.xlsx">附件</a>'),
        "/word.html": make_article("word", '<a href="/budget.docx">附件</a>'),
        "/packed.html": make_article("packed", '<a href="/all.zip">附件</a>'),
        "/broken.html": make_article("broken", '<a href="/cut.zip">附件</a>'),
        "/pdf.html": make_article("pdf", '<a href="/budget.pdf">附件</a>'),
        "/budget.xlsx": make_workbook(TITLES["workbook"]),
        "/budget.docx": make_word(TITLES["word"]),
        "/all.zip": packed,
        "/cut.zip": packed[: len(packed) // 2],
        "/budget.pdf": small,
        **{f"/{name}.jpg": page for name, page in zip(PAGE_NAMES, pages, strict=True)},
    }
    files["/"] = "<ul>" + "".join(f'<li><a href="/{key}.html">{title}</a></li>' for key, title in TITLES.items()) + "</ul>"
    return files, pages, scans


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A visit of that portal, and the account that the night closes with."""
    folder = tmp_path_factory.mktemp("night")
    with serve_files() as server:
        files, pages, scans = make_portal()
        server.files.update(files)
        (folder / "sources").mkdir()
        (folder / "sources" / "otherwise.yml").write_text(SOURCE.format(url=server.url), encoding="utf-8")
        settings = Settings(warehouse=folder / "warehouse", sources=folder / "sources")
        run = start_run("run", settings)
        warehouse, archive = open_or_make(settings), Archive(settings.archive_place)
        crawled = add_crawls([open_left_bundles(archive, settings), crawl_source("otherwise", archive, settings)])
        version = get_engine_version()
        summary = close_run(
            run, settings, warehouse, engine_version=version, outcomes=(), expectations=None, crawled=crawled
        )  # fmt: skip
        screen = io.StringIO()
        Console(file=screen, width=240).print(render_text(summary))
        yield SimpleNamespace(
            server=server,
            pages=pages,
            scans=scans,
            settings=settings,
            archive=archive,
            pending=[one.sighting.document_id for one in list_pending(warehouse, archive, version)],
            account=json.loads((run.folder / "run.json").read_text()),
            markdown=(run.folder / "summary.md").read_text(),
            screen=screen.getvalue(),
        )


def list_rows(night, key):
    return [row for row in night.archive.sightings() if row["title"].startswith(TITLES[key])]


def test_the_night_counts_what_it_found_and_what_of_it_is_not_yet_read(night):
    # Seven single documents beside the PDF, and the two that the bundle holds.
    assert night.account["found"] == {"new": 10, "changed": 0, "unchanged": 0}
    assert (night.account["failed_fetches"], night.account["not_yet_read"]) == (0, 9)
    shown = "10 new, 0 changed, 0 unchanged, 0 failed; 9 not yet read"
    assert shown in night.screen
    assert shown in night.markdown


def test_only_the_pdf_waits_to_be_read(night):
    assert night.pending == [row["document_id"] for row in list_rows(night, "pdf") if row["file_kind"] == "pdf"]
    assert len(night.pending) == 1


@pytest.mark.parametrize("key", KINDS)
def test_each_is_archived_with_its_kind(night, key):
    rows = list_rows(night, key)
    assert {row["file_kind"] for row in rows if not row["url"].endswith(f"/{key}.html") or KINDS[key] == "html"} == {KINDS[key]}
    for row in rows:
        assert night.archive.read(row["sha256"])


@pytest.mark.parametrize("key", MESSAGES)
def test_each_is_named_in_the_report_of_the_night(night, key):
    told = [finding for finding in night.account["run_findings"] if MESSAGES[key] in finding["message"]]
    assert {finding["finding_kind"] for finding in told} == {"unread-format"}
    assert all(finding["message"] in night.markdown for finding in told)
    assert told[0]["message"] in night.screen


def test_the_page_images_stand_in_the_order_of_the_article(night):
    rows = {row["title"]: row for row in list_rows(night, "images")}
    kept = [night.archive.read(rows[f"{TITLES['images']} ({number}/13)"]["sha256"]) for number in range(1, 14)]
    assert kept == night.pages


def test_a_bundle_comes_out_as_its_documents_and_its_pages_by_their_numbers(night):
    inside = {row["title"]: row for row in night.archive.sightings() if row["container_id"]}
    assert {row["file_kind"] for row in inside.values()} == {"workbook", "image"}
    kept = [night.archive.read(row["sha256"]) for title, row in sorted(inside.items()) if row["file_kind"] == "image"]
    assert kept == [night.scans[0], night.scans[1], night.scans[9]]


def test_a_bundle_that_is_cut_off_is_kept_and_told(night):
    told = [finding for finding in night.account["run_findings"] if finding["url"].endswith("/cut.zip")]
    assert [finding["finding_kind"] for finding in told] == ["bundle-damaged"]
    assert [night.archive.read(row["sha256"]) for row in list_rows(night, "broken")] == [night.server.files["/cut.zip"]]


def test_nothing_of_it_is_called_no_budget_or_is_lost(night):
    kinds = {finding["finding_kind"] for finding in night.account["run_findings"]}
    assert kinds == {"unread-format", "bundle-damaged"}
    assert verify_archive(night.archive).is_sound


def test_the_next_visit_counts_them_again_as_unchanged(night):
    again = crawl_source("otherwise", night.archive, night.settings)
    assert (again.new, again.changed, again.unchanged, again.failed, again.not_yet_read) == (0, 0, 10, 0, 9)
