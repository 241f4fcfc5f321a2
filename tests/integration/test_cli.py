"""The command line as a person meets it: by subprocess, with its exit codes."""

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samples.library import sample_disclosures

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

YUSUAN = Path(sys.executable).with_name("yusuan")


def yusuan(*arguments, cwd, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YUSUAN_")}
    command = [str(YUSUAN), *(str(argument) for argument in arguments)]
    return subprocess.run(command, cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A folder with two samples and a page of HTML called .pdf, processed into its default warehouse."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "in").mkdir()
    samples = {sample.id: sample for sample in sample_disclosures()}
    small = min(samples.values(), key=lambda sample: len(sample.draw()) if "jianghan" not in sample.id else 1 << 40)
    (folder / "in/jianghan.pdf").write_bytes(samples["jianghan-2020"].draw())
    (folder / "in/small.pdf").write_bytes(small.draw())
    (folder / "in/page.pdf").write_text("<!DOCTYPE html><html><body>moved</body></html>")
    (folder / "in/notes.txt").write_text("x")
    result = yusuan("process", "in", cwd=folder)
    return folder, result


def test_process_tells_a_refused_file_by_its_exit_code(office):
    _, result = office
    assert result.returncode == 3, result.stdout + result.stderr
    assert "not-a-pdf" in result.stdout
    assert "1 files that are not called .pdf are left out" in result.stdout


def test_process_again_does_nothing_in_seconds(office):
    folder, _ = office
    started = time.monotonic()
    result = yusuan("process", "in", cwd=folder)
    assert result.returncode == 0, result.stdout
    assert "everything was processed before" in result.stdout
    assert time.monotonic() - started < 60


def test_query_gives_the_true_figure_of_jianghan(office):
    folder, _ = office
    sql = "select sum(amount_cny) as total from out_spending_by_function where department_name like '%江汉区大数据中心%'"
    result = yusuan("query", sql, "--format", "json", cwd=folder)
    assert json.loads(result.stdout) == [{"total": "16834500.00"}]


def test_query_as_csv(office):
    folder, _ = office
    result = yusuan("query", "select document_id, status from core_disclosures order by 1", "-f", "csv", cwd=folder)
    assert len(list(csv.DictReader(io.StringIO(result.stdout)))) == 3


def test_query_into_a_parquet_file(office):
    folder, _ = office
    result = yusuan("query", "from core_budget_lines", "-f", "parquet", "-o", "lines.parquet", cwd=folder)
    assert result.returncode == 0
    assert (folder / "lines.parquet").read_bytes()[:4] == b"PAR1"


def test_wrong_sql_is_one_sentence_with_a_hint(office):
    folder, _ = office
    result = yusuan("query", "select * from core_budget_line", cwd=folder)
    assert result.returncode == 2
    assert "core_budget_lines" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("wanted", ["jianghan.pdf", "in/jianghan.pdf", "江汉区大数据中心"])
def test_show_finds_a_document_by(office, wanted):
    folder, _ = office
    result = yusuan("show", wanted, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "revenue_expenditure_summary" in result.stdout


def test_show_text_states_the_headcount_of_jianghan(office):
    folder, _ = office
    result = yusuan("show", "jianghan.pdf", "--text", "--json", cwd=folder)
    stated = {row["statement_key"]: row["value"] for row in json.loads(result.stdout)["statements"]}
    assert stated["headcount.authorised.total"] == "21"
    shown = yusuan("show", "jianghan.pdf", "--text", cwd=folder)
    assert "↓ 206.87%" in shown.stdout


def test_show_unknown_document(office):
    folder, _ = office
    result = yusuan("show", "nothing-like-it", cwd=folder)
    assert result.returncode == 2
    assert "no document fits" in result.stderr


def test_findings_name_the_refused_file(office):
    folder, _ = office
    result = yusuan("findings", "--severity", "critical", cwd=folder)
    assert result.returncode == 0
    assert "not-a-pdf" in result.stdout


def test_findings_as_json(office):
    folder, _ = office
    rows = json.loads(yusuan("findings", "--kind", "not-a-pdf", "--json", cwd=folder).stdout)
    assert [row["finding_kind"] for row in rows] == ["not-a-pdf"]
    assert json.loads(yusuan("findings", "--whose", "publisher", "--kind", "not-a-pdf", "--json", cwd=folder).stdout) == []


def test_findings_of_an_unknown_kind(office):
    folder, _ = office
    result = yusuan("findings", "--kind", "not-a-pfd", cwd=folder)
    assert result.returncode == 2
    assert "nearest: not-a-pdf" in result.stderr


def test_checks_of_a_document(office):
    folder, _ = office
    result = yusuan("checks", "jianghan.pdf", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "checks hold" in result.stdout
    assert "科目逐级合计" in result.stdout


def test_checks_as_json_have_their_lines(office):
    folder, _ = office
    answer = json.loads(yusuan("checks", "jianghan.pdf", "--all", "--identity", "level_sum", "--json", cwd=folder).stdout)
    assert {check["check_id"] for check in answer["checks"]} == {"level_sum"}
    assert all(check["left"] and check["right"] for check in answer["checks"] if check["outcome"] == "exact")


def test_query_of_an_earlier_state(office):
    folder, _ = office
    sql = "select count(*) as documents from core_disclosures"
    assert json.loads(yusuan("query", sql, "--as-of", "1", "-f", "json", cwd=folder).stdout) == [{"documents": 3}]
    result = yusuan("query", sql, "--as-of", "2001-01-01", cwd=folder)
    assert result.returncode == 2
    assert "the warehouse was empty: its first commit is of" in result.stderr


def test_export_to_sqlite(office):
    folder, _ = office
    result = yusuan("export", "out/all.sqlite", "-f", "sqlite", "-t", "core_budget_lines", cwd=folder)
    assert result.returncode == 0, result.stderr
    connection = sqlite3.connect(folder / "out/all.sqlite")
    (count,) = connection.execute("select count(*) from core_budget_lines").fetchone()
    connection.close()
    assert count > 100
    assert "exists already; --overwrite" in yusuan("export", "out/all.sqlite", "-f", "sqlite", cwd=folder).stderr


def test_export_of_an_unknown_table(office):
    folder, _ = office
    result = yusuan("export", "out/x", "-t", "core_lines", cwd=folder)
    assert result.returncode == 2
    assert "core_budget_lines" in result.stderr


def test_maintenance_keeps_what_is_asked_for(office):
    folder, _ = office
    before = yusuan("query", "select sum(amount_cny) from core_budget_lines", "-f", "csv", cwd=folder).stdout
    result = yusuan("maintain", "--retention-hours", "0", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "rows of 0 earlier processings deleted" in result.stdout
    assert yusuan("query", "select sum(amount_cny) from core_budget_lines", "-f", "csv", cwd=folder).stdout == before


def test_release_is_built_once(office):
    folder, _ = office
    first, second = yusuan("release", cwd=folder), yusuan("release", cwd=folder)
    assert first.returncode == 0, first.stderr
    assert "built" in first.stdout
    assert "was there already" in second.stdout


README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))
def test_readme_example_runs_and_shows_jianghan(office, example):
    folder, _ = office
    assert yusuan("release", cwd=folder).returncode == 0
    result = subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert "1453250" in result.stdout.replace(",", "") or "江汉区大数据中心" in result.stdout


def test_warehouse_can_be_named_by_the_environment(office, tmp_path):
    folder, _ = office
    result = yusuan("query", "select 1 as one", "-f", "csv", cwd=tmp_path, YUSUAN_WAREHOUSE=str(folder / "data/warehouse"))
    assert result.stdout == "one\n1\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("query", "select 1"), "no warehouse in data/warehouse"),
        (("process", "gone"), "neither a file nor a folder"),
        (("run", "nowhere"), "no source 'nowhere'"),
        (("run",), "no source is enabled"),
        (("run", "--demo", "beijing"), "leave the sources out"),
        (("query", "select 1", "--format", "xml"), "xml"),
        (("bogus",), "bogus"),
    ],
)
def test_wrong_usage_ends_with_2(tmp_path, arguments, told):
    result = yusuan(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_unreachable_prefect_server_is_told(tmp_path):
    result = yusuan("run", "--demo", cwd=tmp_path, PREFECT_API_URL="http://127.0.0.1:9/api")
    assert result.returncode == 1
    assert "no server answers there" in result.stderr


def test_setting_that_does_not_fit_is_told(tmp_path):
    result = yusuan("process", ".", cwd=tmp_path, YUSUAN_WORKERS="many")
    assert result.returncode == 2
    assert "YUSUAN_WORKERS" in result.stderr


def test_help_shows_commands_and_exit_codes(tmp_path):
    text = yusuan("--help", cwd=tmp_path).stdout
    for word in (
        "run",
        "process",
        "query",
        "show",
        "checks",
        "findings",
        "export",
        "maintain",
        "release",
        "serve-demo",
        "doctor",
        "Exit codes",
    ):
        assert word in text


def test_help_imports_nothing_heavy():
    heavy = "{'prefect', 'duckdb', 'pandas', 'pyarrow', 'great_expectations'}"
    code = f"import sys, flows.cli; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_doctor_finds_this_installation_sound(tmp_path):
    result = yusuan("doctor", cwd=tmp_path)
    assert result.returncode == 0, result.stdout


def test_killed_in_the_middle_the_next_run_goes_on(tmp_path):
    (tmp_path / "in").mkdir()
    for sample in sample_disclosures()[:3]:
        (tmp_path / f"in/{sample.id}.pdf").write_bytes(sample.draw())
    process = subprocess.Popen([str(YUSUAN), "process", "in", "--workers", "1"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if line.startswith("  [1/3]") and "rows" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    result = yusuan("process", "in", cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert "read: 2" in result.stdout  # the first one was staged, and is not read again
    assert "3 documents" in result.stdout


def test_ctrl_c_ends_with_130(tmp_path):
    for sample in sample_disclosures()[:4]:  # so many that it is not done before the signal comes
        (tmp_path / f"{sample.id}.pdf").write_bytes(sample.draw())
    process = subprocess.Popen(
        [str(YUSUAN), "process", "."], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("read"):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "run it again" in errors
