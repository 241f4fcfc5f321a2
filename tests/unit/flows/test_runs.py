import io
from pathlib import Path

import pytest
from rich.console import Console

from flows.runs import (
    DocumentOutcome,
    ExampleQuery,
    Expectations,
    Promised,
    RunSummary,
    conclude,
    read_run,
    render_markdown,
    render_text,
    write_run,
)


def make_outcome(status="loaded", **values):
    names = {"document_id": "a" * 16, "processing_id": "p", "name": "2026年预算.pdf", "source_id": "demo"}
    return DocumentOutcome(**(names | {"status": status} | values))


def make_summary(**values):
    times = {"started_at": "2026-11-25T00:00:00+00:00", "finished_at": "2026-11-25T00:01:00+00:00"}
    return RunSummary(**({"run_id": "r1", "command": "run", "engine_version": "1"} | times | values))


def to_text(summary):
    output = io.StringIO()
    Console(file=output, width=120).print(render_text(summary))
    return output.getvalue()


BROKEN = Promised(what="release", kept=False, detail="none was built")
CRITICAL = {"finding_kind": "http-error", "severity": "critical", "message": "the portal answered 500 for x"}
INFO = {"finding_kind": "same-address", "severity": "info", "message": "two names"}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, 0),
        ({"documents": (make_outcome("doubtful"),)}, 0),
        ({"documents": (make_outcome("refused", reason="scanned"),)}, 3),
        ({"documents": (make_outcome("kept_out", reason="x"),)}, 3),
        ({"failed_fetches": 1}, 3),
        ({"run_findings": (CRITICAL,)}, 3),
        ({"run_findings": (INFO,)}, 0),
        ({"promised": (BROKEN,)}, 1),
        ({"promised": (BROKEN,), "documents": (make_outcome("refused", reason="x"),)}, 1),
    ],
)
def test_exit_code(values, code):
    assert make_summary(**values).exit_code == code


def test_broken_promise_is_named_last():
    assert "release (none was built)" in to_text(make_summary(promised=(BROKEN,))).splitlines()[-1]


def test_findings_of_documents_and_run_are_counted_together():
    outcomes = (make_outcome(findings={"unknown-unit": 2}), make_outcome(findings={"unknown-unit": 1, "scanned": 1}))
    assert make_summary(documents=outcomes, run_findings=(CRITICAL,)).findings == {
        "unknown-unit": 3,
        "http-error": 1,
        "scanned": 1,
    }


def test_refused_document_is_named_with_its_reason():
    text = to_text(make_summary(documents=(make_outcome("refused", reason="scanned", explanation="a scan"),)))
    assert "2026年预算.pdf" in text
    assert "scanned: a scan" in text


def test_run_that_changes_nothing_says_so():
    assert conclude(make_summary(found={"unchanged": 12}, sources=("demo",))) == "Finished; everything is unchanged. Exit code 0."


def test_a_night_that_only_found_what_is_not_read_does_not_say_that_all_is_unchanged():
    summary = make_summary(found={"new": 1, "unchanged": 12}, not_yet_read=1, sources=("demo",))
    assert conclude(summary) == "Finished; nothing of what is new can be read yet. Exit code 0."
    assert "1 new, 0 changed, 12 unchanged, 0 failed; 1 not yet read" in to_text(summary)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"found": {"new": 1, "unchanged": 12}, "not_yet_read": 1}, "nothing of what is new can be read yet"),
        ({"found": {"changed": 1}, "not_yet_read": 1}, "nothing of what is new can be read yet"),
        ({"found": {"unchanged": 12}}, "everything was processed before"),
        ({"found": {"new": 0, "changed": 0, "unchanged": 0}}, "nothing was found"),
        ({"found": {}, "failed_fetches": 1, "run_findings": (CRITICAL,)}, "nothing was found"),
        # Files that are there already, without a source that was visited.
        ({"sources": ()}, "everything was processed before"),
    ],
)
def test_a_night_that_processed_nothing_says_why(values, told):
    summary = make_summary(**({"sources": ("demo",)} | values))
    assert f"0: {told}" in to_text(summary)
    assert f"0: {told}" in render_markdown(summary)


def test_a_night_that_found_nothing_does_not_say_that_all_is_unchanged():
    assert conclude(make_summary(sources=("demo",))) == "Finished; nothing was found. Exit code 0."


def test_account_survives_the_disk(tmp_path):
    example = ExampleQuery(question="q", sql="select 1", columns=("a",), rows=(("1",),))
    summary = make_summary(
        documents=(make_outcome(tables=9, lines=100),),
        expectations=Expectations(passed=3, failed=1, report=Path("x/index.html")),
        places={"Release": Path("r")},
        example=example,
        seconds={"read": 1.5},
    )
    write_run(summary, tmp_path / "r1")
    assert read_run(tmp_path / "r1") == summary
    assert sorted(path.name for path in (tmp_path / "r1").iterdir()) == ["run.json", "summary.md"]


def test_markdown_cells_cannot_break_the_table():
    text = render_markdown(make_summary(documents=(make_outcome("refused", reason="x", explanation="a|b\nc"),)))
    assert "a\\|b c" in text


def test_text_is_not_taken_for_markup():
    assert "[red]x[/red]" in to_text(make_summary(documents=(make_outcome("refused", name="[red]x[/red]", reason="scanned"),)))


def test_example_answer_is_shown_in_both_renderings():
    summary = make_summary(example=ExampleQuery(question="How much?", sql="select 1", columns=("yuan",), rows=(("12,345.60",),)))
    assert "12,345.60" in to_text(summary)
    assert "12,345.60" in render_markdown(summary)
