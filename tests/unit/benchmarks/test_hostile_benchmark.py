"""The benchmark of hostile input sees what it looks for, and a smaller run of it finds nothing."""

import html
import socket

import pytest

from benchmarks.hostile import is_defect, visit_trap
from benchmarks.hostile_pages import make_traps, serve_traps
from benchmarks.hostile_pdfs import WAYS, mutate_files, write_files
from benchmarks.unescaped import PLANTED, find_alive, find_alive_in_markdown, find_steering, inspect_files
from flows.local import process_paths
from flows.runs import DocumentOutcome, RunSummary, escape_markdown, render_markdown
from flows.settings import Settings
from samples.library import sample_disclosures

pytestmark = pytest.mark.timeout(900)

# One or two of each kind, the quick ones.
_TRIED = """
title-2 raw-title-9 scheme-0 scheme-7 private-0 private-1 private-3 private-6 private-11 private-12 private-13 network-0
away-0 away-1 away-4 away-5 away-file-0 loop-self loop-new loop-links endless-next endless-columns endless-strange-1
big-address big-nesting body-page-bomb body-file-declared encoding-surrogates markup-laughs markup-json-list
file-climb-zip file-nested-zip file-a-pdf
"""
TRIED = _TRIED.split()


def test_one_seed_is_one_set_of_files_and_every_way_spoils():
    sound = {"a": bytes(range(256)) * 20 + b"<< /Length 100 >>" * 50, "b": b"<< /Count 3 >>" * 400}
    files = list(mutate_files(sound, 32, 7))
    assert files == list(mutate_files(sound, 32, 7))
    assert files != list(mutate_files(sound, 32, 8))
    assert {name.split("-")[1] for name, _ in files} == set(WAYS)
    # By chance a small change may leave a file as it was, never most of them.
    assert sum(content not in sound.values() for _, content in files) > 24


def test_spoilt_files_end_each_in_an_outcome_and_none_is_a_defect(tmp_path):
    smallest = sorted(sample_disclosures(), key=lambda sample: len(sample.draw()))[:3]
    files = list(mutate_files({sample.id: sample.draw() for sample in smallest}, 15, 3))
    write_files(files, tmp_path / "files")
    settings = Settings(warehouse=tmp_path / "warehouse", workers=2, worker_memory_mb=2048)
    summary = process_paths([tmp_path / "files"], settings)
    assert len(summary.documents) == len({content for _, content in files})
    assert [outcome for outcome in summary.documents if is_defect(outcome)] == []
    assert all(entry.kept for entry in summary.promised)
    assert inspect_files(tmp_path / "warehouse" / "runs")[1] == []


def test_traps_end_in_time_and_no_request_leaves(tmp_path):
    traps = [trap for trap in make_traps() if trap.name in TRIED]
    assert len(traps) == len(TRIED)
    with serve_traps(traps) as (url, canary, log):
        visits = {trap.name: visit_trap(trap, url, tmp_path / trap.name, log) for trap in traps}
    assert [f"{name}: {visit.trouble or visit.requests}" for name, visit in visits.items() if not visit.is_good] == []
    assert canary.asked == []
    assert "forbidden-address" in visits["private-0"].ends
    assert "forbidden-address" in visits["away-0"].ends
    assert "redirect-loop" in visits["loop-self"].ends
    assert "new" in visits["title-2"].ends


def test_the_canary_sees_a_request():
    with serve_traps([]) as (_, canary, _log), socket.create_connection(("127.0.0.2", canary.port), timeout=5) as line:
        line.sendall(b"GET /secret HTTP/1.1\r\n\r\n")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(1) == b""
    assert len(canary.asked) == 1
    assert "/secret" in canary.asked[0]


# Those that are markup as they stand; the others do harm elsewhere.
MARKUP = [text for text in PLANTED if "<" in text and "{{" not in text]


@pytest.mark.parametrize("text", MARKUP)
def test_alive_where_it_stands_as_it_is_and_dead_where_it_is_escaped(text):
    assert list(find_alive(f"<p>{text}</p>"))
    assert list(find_alive(f"<p title='x'>{html.escape(text)}</p>")) == []


@pytest.mark.parametrize("text", PLANTED)
def test_nothing_is_alive_in_the_summary_of_a_run(text):
    outcome = DocumentOutcome(
        document_id="a", processing_id="b", name=text, source_id="s", status="refused", reason="not-a-pdf", explanation=text
    )
    summary = RunSummary(
        run_id="r", command="run", started_at="2026", finished_at="2026", engine_version="1", documents=(outcome,),
        run_findings=({"finding_kind": "blocked", "severity": "critical", "message": text},),
    )  # fmt: skip
    written = render_markdown(summary)
    assert list(find_alive_in_markdown(written)) == []
    assert list(find_steering(written)) == []


def test_markdown_without_escapes_would_be_seen():
    alive = {seen for text in PLANTED for seen in find_alive_in_markdown(f"| {text} |")}
    assert any("javascript:" in seen for seen in alive)
    assert any("element" in seen for seen in alive)


def test_what_is_escaped_reads_as_it_was():
    assert escape_markdown("a|b [c](d) <e> `f`\n*g*") == "a\\|b \\[c\\](d) &lt;e&gt; \\`f\\` \\*g\\*"
