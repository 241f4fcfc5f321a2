"""The benchmark of survival would see what it looks for."""

import subprocess
import sys
from random import Random

import httpx
import pyarrow as pa
import pytest
from made_rows import make_document

from benchmarks.survival import Row, end_night, find_disorder, is_equal, read_rows, render, reprint, serve_unreliably
from flows.publish import publish_release
from samples.library import sample_disclosures
from samples.portal import serve_portal
from warehouse.archive import Archive
from warehouse.store import Warehouse


def load(folder, **values):
    warehouse = Warehouse.open(folder)
    document = make_document("甲", **values)
    warehouse.stage(document)
    warehouse.commit([document.processing_id], run_id="run", reason="new")
    return read_rows(folder)


def test_another_processing_of_the_same_rows_is_equal_and_one_row_less_is_not(tmp_path):
    truth = load(tmp_path / "a")
    assert is_equal(load(tmp_path / "b", attempt=2), truth)
    assert not is_equal(load(tmp_path / "c", lines=make_document("甲").rows["core_budget_lines"][1:]), truth)
    assert truth["core_budget_lines"].num_rows == 9
    assert isinstance(truth["raw_cells"], pa.Table)


def test_an_archive_that_lost_bytes_is_not_equal_to_anything(tmp_path):
    load(tmp_path / "a")
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.4 x")
    archived = Archive(tmp_path / "a/archive").add_local(tmp_path / "x.pdf")
    (tmp_path / "a/archive" / archived.sha256[:2] / archived.sha256[2:4] / archived.sha256).unlink()
    with pytest.raises(ValueError, match="does not verify"):
        read_rows(tmp_path / "a")


def test_the_proxy_loses_the_share_that_it_was_told():
    sample = sample_disclosures()[0]
    with serve_portal(documents=[reprint(sample, 1)]) as portal, serve_unreliably(portal.url, Random(1)) as proxy:
        assert httpx.get(f"{proxy.url}/robots.txt").text == httpx.get(f"{portal.url}/robots.txt").text
        proxy.failing = 1.0
        assert httpx.get(f"{proxy.url}/robots.txt").status_code == 503
        assert (proxy.asked, proxy.failed) == (2, 1)


def test_reprints_are_documents_of_their_own():
    sample = sample_disclosures()[0]
    assert reprint(sample, 1).draw() != reprint(sample, 2).draw()


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("print(3)", "exit 3"),
        ("raise SystemExit('no server')", "no server"),
        ("import os; os.kill(os.getpid(), 9)", "killed (SIGKILL)"),
    ],
)
def test_how_a_night_ended_is_told(code, end):
    night = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert end_night(night) == end


@pytest.mark.parametrize(("is_equal", "shown"), [(True, "yes"), (False, "**NO**"), (None, "**not tried**")])
def test_what_was_not_tried_is_not_called_equal(is_equal, shown):
    assert render(Row("a clock", 0, "not run", is_equal)).endswith(f"| {shown} |")


def test_a_link_that_leads_to_an_earlier_release_is_seen(tmp_path):
    load(tmp_path / "a")
    publish_release(Warehouse.open(tmp_path / "a"), tmp_path / "a/releases", keep=5)
    assert find_disorder(tmp_path / "a") == []
    load(tmp_path / "a", attempt=2)
    assert find_disorder(tmp_path / "a") == ["the newest release is not that of the last commit"]
