"""The warehouse at three sizes: what loading, replacing, asking and compacting cost, and how that grows.

Promise: the documents are sample disclosures as the pipeline reads them, written again under other names, years, regions and
amounts; nothing is drawn. Each size is reached by going on from the one before, in batches of 100 as in a night. Every figure is
measured at that size; `×` is the figure against the size before: for linear growth of a whole the ratio of the sizes, for the
cost of one batch 1. Seconds are of processor time, of all threads: a busy machine says the same.

    .venv/bin/python -m benchmarks.warehouse [--sizes 1000,3000,10000] [--keep FOLDER]
"""

import argparse
import hashlib
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import mean

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from flows.loading import split
from flows.process import read_document
from samples.library import sample_disclosures
from warehouse.records import Sighting
from warehouse.staging import CheckedDocument, check_document
from warehouse.store import CommitReason, Warehouse
from warehouse.views import connect

BATCH = 100
ENGINE = "benchmark"
TEMPLATES = 3
YEARS = range(2017, 2027)
REGIONS = ("110000", "310000", "320500", "330100", "370600", "420100", "420103", "440300", "500000", "510100")
QUESTIONS = {
    "query: spending by function and year, whole table": """
        SELECT fiscal_year, function_code, sum(amount_cny) FROM core_budget_lines
        WHERE table_type = 'expenditure_summary' GROUP BY ALL
    """,
    "query: one region and year": """
        SELECT department_id, sum(amount_cny) FROM core_budget_lines
        WHERE region_code = '420103' AND fiscal_year = 2020 GROUP BY ALL
    """,
    "query: one document": "SELECT * FROM core_budget_lines WHERE document_id = '{document_id}'",
    "query: view out_spending_by_function, whole": """
        SELECT fiscal_year, function_code, sum(amount_cny) FROM out_spending_by_function GROUP BY ALL
    """,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured at one size."""

    what: str
    value: float
    unit: str


def main() -> int:
    """Measure size after size and print the table."""
    arguments = _parse_arguments()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="yusuan-benchmark-"))
    try:
        columns = dict(measure_sizes(arguments.sizes, folder / "warehouse"))
    finally:
        if arguments.keep is None:
            shutil.rmtree(folder)
    print("\n".join(render_table(columns)))
    return 0


def measure_sizes(sizes: Sequence[int], root: Path) -> Iterator[tuple[int, list[Figure]]]:
    """Grow one warehouse from size to size; the figures of each."""
    warehouse = Warehouse.open(root)
    reached = 0
    for size in sizes:
        figures = list(measure_size(warehouse, reached, size))
        reached = size
        print(f"{size:,} documents measured", file=sys.stderr, flush=True)
        yield size, figures


def measure_size(warehouse: Warehouse, reached: int, size: int) -> Iterator[Figure]:
    """Everything that is measured when the warehouse has grown from `reached` documents to `size`."""
    loads = [load_batch(warehouse, batch, 1, "new") for batch in split(range(reached, size), BATCH)]
    yield Figure("load: staging 100 documents (mean)", mean(load.staging for load in loads), "s")
    yield Figure("load: staging the last 100 documents", loads[-1].staging, "s")
    yield Figure("load: commit of 100 documents (mean)", mean(load.commit for load in loads), "s")
    yield Figure("load: commit of the last 100 documents", loads[-1].commit, "s")
    yield from measure_reading(warehouse, "before compaction")
    replaced = range(0, size, max(1, size // BATCH))[:BATCH]
    yield Figure("replace: commit of 100 documents", load_batch(warehouse, replaced, size, "engine").commit, "s")
    yield Figure("replace: commit of 1 document", load_batch(warehouse, replaced[:1], size + 1, "engine").commit, "s")
    yield from measure_disk(warehouse.root, "before compaction")
    yield Figure("compaction and purge", measure(lambda: warehouse.maintain(keep=1, retention_hours=0)), "s")
    yield Figure("compaction once more, nothing to do", measure(lambda: warehouse.maintain(keep=1, retention_hours=0)), "s")
    yield from measure_disk(warehouse.root, "after compaction")
    yield from measure_reading(warehouse, "after compaction")
    yield Figure("peak memory of this process so far", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")


@dataclass(frozen=True, slots=True)
class Load:
    """Seconds of one batch."""

    staging: float
    commit: float


def load_batch(warehouse: Warehouse, numbers: Sequence[int], attempt: int, reason: CommitReason) -> Load:
    """Stage and commit generated documents."""
    documents = [generate_document(number, attempt) for number in numbers]
    names = [document.processing_id for document in documents]
    staging = measure(lambda: [warehouse.stage(document) for document in documents])
    return Load(staging, measure(lambda: warehouse.commit(names, run_id="benchmark", reason=reason)))


def measure_reading(warehouse: Warehouse, when: str) -> Iterator[Figure]:
    """Opening the warehouse and the questions, each the better of two."""
    yield Figure(f"open and take a snapshot, {when}", measure(lambda: Warehouse.open(warehouse.root).snapshot()), "s")
    document_id = next(iter(warehouse.snapshot().commits))
    with closing(connect(warehouse)) as connection:
        for what, question in QUESTIONS.items():
            sql = question.format(document_id=document_id)
            yield Figure(f"{what}, {when}", min(measure(partial(ask, connection, sql)) for _ in range(2)), "s")
        (lines,) = connection.sql("SELECT count(*) FROM core_budget_lines").fetchall()[0]
    if when == "after compaction":
        yield Figure("rows in core_budget_lines", lines, "")


def ask(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """A question and its whole answer."""
    connection.sql(sql).fetchall()


def measure_disk(root: Path, when: str) -> Iterator[Figure]:
    """Bytes and files of the tables, what vacuum keeps for readers left out by asking for none."""
    files = [path for path in root.rglob("*") if path.is_file() and path.parts[len(root.parts)] != "staging"]
    yield Figure(f"bytes, {when}", sum(path.stat().st_size for path in files) / (1 << 20), "MiB")
    yield Figure(f"files, {when}", len(files), "")


@cache
def read_templates() -> tuple[CheckedDocument, ...]:
    """A few sample disclosures as the pipeline reads them."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for sample in sample_disclosures()[:TEMPLATES]:
            content = sample.draw()
            path = Path(folder) / f"{sample.id}.pdf"
            path.write_bytes(content)
            sha256 = hashlib.sha256(content).hexdigest()
            found.append(check_document(read_document(path, Sighting(sha256[:16], sha256, len(content), "local", path.name))))
    return tuple(found)


def generate_document(number: int, attempt: int, *, is_sound: bool = False) -> CheckedDocument:
    """Document `number`: one of the templates under another id, with another year, region, department and other amounts.

    `is_sound`: with the template's year and amounts, which pass every expectation.
    """
    template = read_templates()[number % TEMPLATES]
    document_id = hashlib.sha256(f"document {number}".encode()).hexdigest()[:16]
    processing_id = f"{document_id}-{ENGINE}-{attempt}"
    chance = Random(f"{number} {attempt}")  # noqa: S311  # repeatable, not secret
    facts: dict[str, object] = {
        "fiscal_year": chance.choice(YEARS),
        "region_code": chance.choice(REGIONS),
        "department_id": f"{number % 5000:05d}-department",
    }
    if is_sound:
        # Two of a department, as in a night: hundreds of documents of one would be compared with each other. Its name is
        # without digits, which would be taken for a code before it.
        department = number // 2
        letters = "".join("甲乙丙丁戊己庚辛壬癸"[int(digit)] for digit in str(department))
        region = Random(f"department {department}").choice(REGIONS)  # noqa: S311  # as above
        facts = {"region_code": region, "department_id": f"{region}-{department}", "department_name": f"示例{letters}局"}
    names = {template.processing_id: processing_id, template.document_id: document_id}
    tables = {name: _vary(table, names, facts, None if is_sound else chance) for name, table in template.tables.items()}
    return CheckedDocument(document_id, processing_id, template.status, tables, {})


def _vary(table: pa.Table, names: Mapping[str, str], facts: Mapping[str, object], chance: Random | None) -> pa.Table:
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        if field.name in facts:
            varied = pa.array([facts[field.name]] * table.num_rows, field.type)
        elif field.name == "amount_cny" and chance is not None:
            # Other digits everywhere: amounts that repeat from document to document would compress as real ones do not.
            factor = pa.scalar(chance.randrange(500, 2000))
            varied = pc.multiply(column.cast(pa.float64()), factor.cast(pa.float64()))
            varied = pc.round(pc.divide(varied, 1000.0), 2).cast(field.type, safe=False)
        elif pa.types.is_string(field.type):
            varied = _rename(column.combine_chunks(), names)
        elif pa.types.is_list(field.type) and pa.types.is_string(field.type.value_type):
            lists = column.combine_chunks()
            lists = pa.concat_arrays([lists])  # without an offset of its own
            varied = pa.ListArray.from_arrays(lists.offsets, _rename(lists.values, names), type=field.type)
        else:
            varied = column
        columns.append(varied)
    return pa.Table.from_arrays(columns, schema=table.schema)


def _rename(texts: pa.Array, names: Mapping[str, str]) -> pa.Array:
    for old, new in names.items():
        texts = pc.replace_substring(texts, old, new)
    return texts


def measure(work: Callable[[], object]) -> float:
    """Seconds of processor time."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def render_table(columns: Mapping[int, Sequence[Figure]]) -> Iterator[str]:
    """The figures as a Markdown table: a row each, a column a size, with the ratio to the size before."""
    sizes = list(columns)
    yield f"| {' | '.join(['what', *(f'{size:,} documents' for size in sizes)])} |"
    yield f"|---|{'---|' * len(sizes)}"
    ratios = [""] + [f" (×{later / earlier:.1f})" for earlier, later in pairwise(sizes)]
    yield f"| *size* | {' | '.join(f'{size:,}{ratio}' for size, ratio in zip(sizes, ratios, strict=True))} |"
    for rows in zip(*columns.values(), strict=True):
        cells, before = [], None
        for figure in rows:
            ratio = f" (×{figure.value / before:.1f})" if before else ""
            cells.append(f"{_format(figure)}{ratio}")
            before = figure.value
        yield f"| {rows[0].what} | {' | '.join(cells)} |"


def _format(figure: Figure) -> str:
    number = f"{figure.value:,.0f}" if figure.value >= 100 or not figure.unit else f"{figure.value:.3g}"
    return f"{number} {figure.unit}".rstrip()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", type=lambda text: sorted(int(part) for part in text.split(",")), default=[1000, 3000, 10000], metavar="N,N,N"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="build the warehouse here and leave it")
    return parser.parse_args()


if __name__ == "__main__":
    os.nice(10)
    raise SystemExit(main())
