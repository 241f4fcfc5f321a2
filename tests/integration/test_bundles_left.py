"""A night that ended between a bundle and its documents: the next one finds them, whatever the portal does meanwhile."""

import io
import os
import signal
import subprocess
import sys
import zipfile

import pytest
from file_server import serve_files

from extractors.collect import collect
from extractors.sources import load_source, open_fetcher
from flows.crawling import crawl_source, open_left_bundles
from flows.engine import get_engine_version
from flows.local import read_all
from flows.reading import find_finished, list_pending
from flows.settings import Settings
from samples.library import sample_disclosures
from warehouse.archive import Archive
from warehouse.store import Warehouse

pytestmark = pytest.mark.timeout(300)

SOURCE = """
id: packed
region_code: "420100"
publisher: 示例
landing_urls: ["{url}/"]
allow_private_addresses: true
politeness: {{delay_seconds: 0}}
season_months: []
"""
LISTING = '<a href="/a.html">2026年二级预算单位预算公开</a>'
ARTICLE = (
    '<meta name="ArticleTitle" content="2026年二级预算单位预算公开"><div class="TRS_Editor"><a href="/all.zip">附件</a></div>'
)
# The night is killed by SIGKILL when it is about to archive its second file below a bundle.
KILLED_NIGHT = """
import os, signal, sys
from pathlib import Path
from flows.crawling import crawl_source
from flows.settings import Settings
from warehouse.archive import Archive
put = Archive.put
def put_until(self, content, record):
    if record.container_key and any(line.count(b'"container_key": "http') for line in self.read_lines()):
        os.kill(os.getpid(), signal.SIGKILL)
    return put(self, content, record)
Archive.put = put_until
settings = Settings(warehouse=Path(sys.argv[1]), sources=Path(sys.argv[2]))
crawl_source("packed", Archive(settings.archive_place), settings)
"""


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def portal(tmp_path):
    """A portal with one bundle of three, a source that visits it, and the settings of the nights."""
    with serve_files() as server:
        names = ("示例第一中学", "示例第二中学", "示例第三中学")
        members = {f"{name}2026年单位预算.pdf": b"%PDF-1.4 " + name.encode() for name in names}
        server.members = members
        server.files = {"/": LISTING, "/a.html": ARTICLE, "/all.zip": make_zip(members)}
        (tmp_path / "sources").mkdir()
        (tmp_path / "sources" / "packed.yml").write_text(SOURCE.format(url=server.url), encoding="utf-8")
        server.settings = Settings(warehouse=tmp_path / "warehouse", sources=tmp_path / "sources")
        yield server


def kill_a_night(portal):
    settings = portal.settings
    command = [sys.executable, "-c", KILLED_NIGHT, str(settings.warehouse), str(settings.sources)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    archive = Archive(settings.archive_place)
    assert [row["file_kind"] for row in archive.sightings()] == ["archive", "pdf"], "the bundle and one of its three"
    return archive


def list_titles(archive):
    return sorted(row["title"] for row in archive.sightings() if row["file_kind"] == "pdf")


@pytest.mark.parametrize("gone", [False, True])
def test_what_an_interrupted_night_left_in_a_bundle_is_found_also_where_the_portal_is_gone(portal, gone):
    archive = kill_a_night(portal)
    if gone:
        portal.files = dict.fromkeys(portal.files, 503)
    left = open_left_bundles(archive, portal.settings)
    assert (left.new, left.unchanged, left.failed, left.sources) == (2, 1, 0, ())
    assert len(left.document_ids) == 3
    assert list_titles(archive) == sorted(name.removesuffix(".pdf") for name in portal.members)
    assert {row["container_id"] for row in archive.sightings() if row["file_kind"] == "pdf"} == {
        next(row["document_id"] for row in archive.sightings() if row["file_kind"] == "archive")
    }
    assert open_left_bundles(archive, portal.settings).document_ids == (), "once"


def test_another_process_knows_that_a_bundle_was_opened(portal):
    archive = Archive(portal.settings.archive_place)
    assert crawl_source("packed", archive, portal.settings).new == 3
    assert archive.unopened() == []
    assert Archive(portal.settings.archive_place).unopened() == []


def test_other_bytes_under_the_address_are_another_bundle(portal):
    archive = Archive(portal.settings.archive_place)
    crawl_source("packed", archive, portal.settings)
    portal.files["/all.zip"] = make_zip({**portal.members, "示例第四中学2026年单位预算.pdf": b"%PDF-1.4 four"})
    source = load_source("packed", folder=portal.settings.sources)
    with open_fetcher(source) as fetcher:
        items = collect(source, fetcher, archive)
        assert next(items).state == "changed"  # the visit is left here
    assert archive.unopened() == []
    assert len(list_titles(archive)) == 4


def test_a_member_that_vanishes_from_its_bundle_is_recorded_and_stays(portal):
    archive = Archive(portal.settings.archive_place)
    crawl_source("packed", archive, portal.settings)
    first, *rest = portal.members
    portal.files["/all.zip"] = make_zip({name: portal.members[name] for name in rest})
    crawled = crawl_source("packed", archive, portal.settings)
    assert [finding["finding_kind"] for finding in crawled.findings] == ["document-withdrawn"]
    rows = {row["title"]: row["withdrawn_at"] for row in archive.sightings() if row["file_kind"] == "pdf"}
    assert [title for title, when in rows.items() if when] == [first.removesuffix(".pdf")]
    assert len(rows) == 3
    portal.files["/all.zip"] = make_zip(portal.members)
    crawl_source("packed", archive, portal.settings)
    assert not any(row["withdrawn_at"] for row in archive.sightings()), "it came back"


def test_a_bundle_whose_archived_bytes_are_damaged_is_told_and_the_visit_goes_on(portal):
    archive = kill_a_night(portal)
    (bundle,) = [row for row in archive.sightings() if row["file_kind"] == "archive"]
    path = archive.path_of(bundle["sha256"])
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)
    left = open_left_bundles(archive, portal.settings)
    assert [finding["finding_kind"] for finding in left.findings] == ["archived-bytes-damaged"]
    crawled = crawl_source("packed", archive, portal.settings)
    assert [finding["finding_kind"] for finding in crawled.findings] == ["archived-bytes-damaged"]
    assert len(archive.unopened()) == 1, "the night that finds its bytes again opens it"


def test_members_are_read_by_the_watermark_and_again_by_another_engine(portal):
    sample = min(sample_disclosures(), key=lambda sample: len(sample.draw())).draw()
    portal.files["/all.zip"] = make_zip({"示例局2026年单位预算.pdf": sample, "空白局2026年单位预算.pdf": b"%PDF-1.4 nothing"})
    archive, warehouse = Archive(portal.settings.archive_place), Warehouse.open(portal.settings.warehouse)
    crawled = crawl_source("packed", archive, portal.settings)
    version = get_engine_version()
    pending = list_pending(warehouse, archive, version)
    assert sorted(one.sighting.document_id for one in pending) == sorted(crawled.document_ids)
    read_all(warehouse, archive, pending, portal.settings)
    staged = warehouse.staged()
    warehouse.commit([document.processing_id for document in staged], run_id="run", reason="new")
    assert find_finished(warehouse, version) == set(crawled.document_ids)
    assert list_pending(warehouse, archive, version) == []
    assert len(list_pending(warehouse, archive, "0.0.0+another")) == 2
