"""The worked notebooks: kept as scripts (`notebooks/*.py`), run as notebooks, shown with their results.

    .venv/bin/python .ci/notebooks.py [--warehouse DIR] [--out build/notebooks]

Promise: what is shown is what the cells gave; a cell that fails ends it with the cell and the error. Without a warehouse the
demonstration is made: all sample disclosures, one of them with a misprint, and the year before of one of them.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import jupytext
import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

from flows.local import process_paths
from flows.opened import open_warehouse
from flows.publish import publish_release
from flows.settings import load_settings
from samples.drawing import draw_disclosure
from samples.expected import build_sheets
from samples.generation import BudgetOptions, make_budget
from samples.library import MADE, SampleDisclosure, sample_disclosures
from samples.sheets import GridRow

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
MISPRINTED = "suzhou-2026-science"
FOLLOWED = "yantai-2026-environment"
CELL_SECONDS = 300


def main() -> int:
    """Run the notebooks and write them, with their results, as notebooks and as pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, help="the warehouse to ask; without: the demonstration is made")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "notebooks", help="folder of the results")
    chosen = parser.parse_args()
    warehouse = chosen.warehouse or make_demonstration(chosen.out / "demonstration")
    for path in list_notebooks():
        write_notebook(path, warehouse, chosen.out)
        print(f"notebooks: {chosen.out / path.stem}.md")
    return 0


def list_notebooks() -> list[Path]:
    """The notebooks in alphabetical order."""
    return sorted(NOTEBOOKS.glob("*.py"))


def make_demonstration(folder: Path) -> Path:
    """A warehouse with a release of the demonstration's disclosures, where it is not there yet; its folder."""
    settings = load_settings(folder / "data" / "warehouse")
    drawn = folder / "disclosures"
    drawn.mkdir(parents=True, exist_ok=True)
    for name, content in draw_demonstration():
        (drawn / f"{name}.pdf").write_bytes(content)
    process_paths([drawn], settings)
    publish_release(open_warehouse(settings.warehouse), settings.releases_dir, settings.releases_kept, settings.publisher)
    return settings.warehouse


def draw_demonstration() -> Iterator[tuple[str, bytes]]:
    """The disclosures of the demonstration by name. Those that differ from the samples that ship say so in their name."""
    for sample in sample_disclosures():
        if sample.id == MISPRINTED:
            yield f"{sample.id}-misprinted", draw_misprinted(sample)
        else:
            yield sample.id, sample.draw()
        if sample.id == FOLLOWED:
            yield f"{sample.id}-year-before", draw_year_before(sample)


def draw_misprinted(sample: SampleDisclosure) -> bytes:
    """The sample with another first digit in the first amount of its table of the general public budget."""
    sheets = list(build_sheets(sample.budget, sample.layout))
    place = next(index for index, sheet in enumerate(sheets) if sheet.table_type == "general_budget_expenditure")
    sheets[place] = replace(sheets[place], body=tuple(change_first_digit(sheets[place].body)))
    return sample.draw(sheets)


def change_first_digit(body: Sequence[GridRow]) -> Iterator[GridRow]:
    """The rows with 1 more in the first digit of the first amount above zero."""
    is_changed = False
    for row in body:
        cells = list(row)
        for column, cell in enumerate(cells):
            if not is_changed and cell is not None and cell.line is not None and cell.line.amount_cny:
                cells[column] = replace(cell, text=f"{int(cell.text[0]) % 9 + 1}{cell.text[1:]}")
                is_changed = True
        yield tuple(cells)


def draw_year_before(sample: SampleDisclosure) -> bytes:
    """A made budget of the same department for the year before."""
    options = BudgetOptions(
        department=sample.department,
        region_code=sample.region_code,
        archetype="environment",
        fiscal_year=sample.year - 1,
        has_three_public_base=True,
    )
    budget = make_budget(Random(1), options)  # noqa: S311  # a fixed seed is the point
    return draw_disclosure(budget, sample.layout, small_print=MADE)


def write_notebook(path: Path, warehouse: Path, out: Path) -> None:
    """Run one notebook over a warehouse; `OUT/NAME.ipynb` and `OUT/NAME.md` hold it with its results."""
    done = run_notebook(path, warehouse)
    out.mkdir(parents=True, exist_ok=True)
    nbformat.write(done, out / f"{path.stem}.ipynb")
    (out / f"{path.stem}.md").write_text(render_page(done), encoding="utf-8")


def run_notebook(path: Path, warehouse: Path) -> nbformat.NotebookNode:
    """The notebook with its results. Raises CellExecutionError with the cell and the error."""
    notebook = jupytext.read(path)
    # By sockets of the file system: nobody else on this machine can speak to the kernel.
    kernel = AsyncKernelManager(kernel_name="python3", transport="ipc")
    client = NotebookClient(notebook, km=kernel, timeout=CELL_SECONDS, resources={"metadata": {"path": str(ROOT)}})
    client.execute(cleanup_kc=True, env={**os.environ, "YUSUAN_WAREHOUSE": str(warehouse.resolve())})
    return notebook


def render_page(notebook: nbformat.NotebookNode) -> str:
    """The notebook as Markdown: its words, its code, and what the code gave."""
    return "\n\n".join(part for cell in notebook.cells for part in _render_cell(cell)) + "\n"


def _render_cell(cell: Any) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
    elif cell.cell_type == "code":
        yield f"```python\n{cell.source}\n```"
        yield from filter(None, map(_render_output, cell.outputs))


def _render_output(output: Any) -> str:
    if output.output_type == "stream":
        return f"```text\n{output.text.rstrip()}\n```"
    page = output.data.get("text/html")
    return _tidy_table(page) if page else f"```text\n{output.data['text/plain']}\n```"


def _tidy_table(page: str) -> str:
    """A Polars table for a page: in the site's style instead of its own, without the row of its types and quotes around texts."""
    page = re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    page = re.sub(r"<table[^>]*>", "<table>", page)
    page = re.sub(r"(</tr>)<tr>(?:<td>[^<]*</td>)+</tr>(</thead>)", r"\1\2", page)
    page = re.sub(r"<td>&quot;(.*?)(?:&quot;)?</td>", r"<td>\1</td>", page)
    return re.sub(r"\n\s*\n", "\n", page).strip()  # a line without anything ends a block of HTML in Markdown


if __name__ == "__main__":
    sys.exit(main())
