"""What the heaviest pages of the portal weigh: of the documents with the most in one table, on one page, and to be told.

Promise: every page of these documents is made, in both languages, as `yusuan portal build` makes it; a page's weight is its own
bytes with the style sheet and the script, without pictures. Exit code 1 where a page weighs more than it may.

    .venv/bin/python -m benchmarks.pages --warehouse data/corpus
"""

import argparse
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from flows.portal.documents import make_document_pages
from flows.portal.reading import read_disclosures, read_documents
from warehouse.reader import Reader
from warehouse.store import Warehouse

MOST_BYTES = 300_000
EACH = 4
"""Documents of each question."""
_MOST_OF_ALL = tuple(
    f"select document_id from {table} group by document_id, {part} order by count(*) desc, document_id limit {EACH}"  # noqa: S608  # names of this module
    for table, part in (
        ("core_budget_lines", "table_id"),
        ("core_budget_lines", "page"),
        ("core_findings", "document_id"),
        ("core_checks", "outcome"),
        ("core_statements", "document_id"),
        ("core_performance_targets", "document_id"),
    )
)
_LOADED = ("portal.css", "portal.js")


def main() -> int:
    """Print the heaviest pages; 1 where one is too heavy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, required=True)
    weights = sorted(weigh_pages(Warehouse.open(parser.parse_args().warehouse)), reverse=True)
    print(f"Heaviest of {len(weights):,} pages of the portal (at most {MOST_BYTES / 1000:,.0f} kB without pictures)")
    for weight, address in weights[:5]:
        print(f"  {weight / 1000:7,.1f} kB  {address}")
    return int(bool(weights) and weights[0][0] > MOST_BYTES)


def weigh_pages(store: Warehouse) -> Iterator[tuple[int, str]]:
    """Bytes and address of each page of the documents that have the most."""
    loaded = sum(len(files("flows.portal").joinpath("static", name).read_bytes()) for name in _LOADED)
    with Reader(store) as reader:
        largest = _list_largest(reader)
        chosen = [row for row in read_disclosures(store, reader.sequence) if row["document_id"] in largest]
        for rows in read_documents(store, reader.sequence, chosen):
            for address, page in make_document_pages(rows).items():
                if address.endswith(".html"):
                    yield len(page) + loaded, address


def _list_largest(reader: Reader) -> Sequence[str]:
    return sorted({row[0] for question in _MOST_OF_ALL for row in reader.duckdb.sql(question).fetchall()})


if __name__ == "__main__":
    raise SystemExit(main())
