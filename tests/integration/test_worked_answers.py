"""What the documentation shows is answered: its questions, its Python, its notebooks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import PAGES, ROOT, list_blocks, list_commands

from notebooks import list_notebooks, make_demonstration, render_page, run_notebook
from warehouse.metadata.models import load_resources

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

YUSUAN = Path(sys.executable).with_name("yusuan")
BLOCKS = [block for page in PAGES for block in list_blocks(page)]
QUESTIONS = [command for block in BLOCKS for command in list_commands(block) if command[1][:2] == ["yusuan", "query"]]
PYTHON = [block for block in BLOCKS if block.language == "python"]
SQL = [block for block in BLOCKS if block.language == "sql"]
EXAMPLES = [(name, example) for name, resource in load_resources().items() for example in resource.examples]
CORPUS = ROOT / "data" / "corpus"


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory) -> Path:
    """A folder with the demonstration's warehouse and release in `data/warehouse`, as `make run` leaves one."""
    folder = tmp_path_factory.mktemp("demonstration")
    make_demonstration(folder)
    return folder


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YUSUAN_")}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize(("code", "words"), QUESTIONS, ids=[f"{code}" for code, _ in QUESTIONS])
def test_a_question_of_the_documentation_is_answered_without_a_warning(demonstration, code, words):
    done = run(str(YUSUAN), *words[1:], folder=demonstration)
    assert done.returncode == 0, f"{code}: {done.stderr}"
    assert "careful" not in done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("block", SQL, ids=str)
def test_sql_of_the_documentation_is_answered_without_a_warning(demonstration, block):
    done = run(str(YUSUAN), "query", "--", block.text, folder=demonstration)
    assert done.returncode == 0, f"{block}: {done.stderr}"
    assert "careful" not in done.stderr


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_of_the_documentation_runs(demonstration, block):
    done = run(sys.executable, "-W", "error::UserWarning", "-c", block.text, folder=demonstration)
    assert done.returncode == 0, f"{block}: {done.stderr}"
    assert done.stdout.strip()


def test_examples_of_the_dictionary_have_answers(demonstration):
    """Those of departments against units need units' documents, which the demonstration has not."""
    import warehouse as package  # noqa: PLC0415  # beside the question, as the documentation has it

    with package.open(demonstration / "data" / "warehouse") as budget:
        empty = {name for name, example in EXAMPLES if not budget.sql(example.sql).fetchall()}
    assert empty <= {"out_department_units", "out_spending_sources"}


def list_tables(notebook) -> list[str]:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output.text for output in outputs if output.get("name") == "stderr"], "a notebook shows no warning"
    return [output.data["text/html"] for output in outputs if "text/html" in output.get("data", {})]


@pytest.mark.parametrize("path", list_notebooks(), ids=lambda path: path.stem)
def test_a_notebook_answers_its_question_over_the_demonstration(demonstration, path):
    notebook = run_notebook(path, demonstration / "data" / "warehouse")
    assert len(list_tables(notebook)) >= 4
    page = render_page(notebook)
    assert page.count("<table") >= 4
    assert not re.search(r"<style|&quot;</td>|<td>str</td>", page)


def test_the_misprint_of_the_demonstration_is_found_and_blamed_on_the_publisher(demonstration):
    page = render_page(run_notebook(ROOT / "notebooks" / "what_does_not_add_up.py", demonstration / "data" / "warehouse"))
    assert re.search(r"<td>cell-digit</td><td>publisher</td>", page)


def test_a_notebook_that_fails_tells_the_cell(demonstration, tmp_path):
    from nbclient.exceptions import CellExecutionError  # noqa: PLC0415  # used here only

    wrong = tmp_path / "wrong.py"
    wrong.write_text("# %%\n1 / 0\n", encoding="utf-8")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run_notebook(wrong, demonstration / "data" / "warehouse")


@pytest.mark.corpus
@pytest.mark.parametrize("path", list_notebooks(), ids=lambda path: path.stem)
def test_a_notebook_answers_its_question_over_the_corpus(path):
    if not (CORPUS / "commits").is_dir():
        pytest.skip("data/corpus is absent: `make corpus` makes the warehouse of the real disclosures from ../shared")
    assert len(list_tables(run_notebook(path, CORPUS))) >= 4
