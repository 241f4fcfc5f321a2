"""The hand-checked statements of `../shared/gold_statements`, by the scorer that stands there: from the bytes of the PDFs."""

import csv
import hashlib
import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pypdfium2 as pdfium
import pytest

from extractors.pdf.captions import make_lines
from extractors.pdf.grids import find_grids
from extractors.pdf.pages import read_pages
from transforms.codes import make_code_book
from transforms.narrative.statement_rows import read_statements
from warehouse.codes import load_code_list
from warehouse.records import PageFacts, RawDocument, Row, TextLine

SHARED = Path(__file__).resolve().parents[4] / "shared"
GOLD = sorted((SHARED / "gold_statements").glob("*.csv"))
MIN_RECALL, MIN_PRECISION = 0.95, 0.97

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not GOLD, reason="no gold statements: gold_statements stands in ../shared, which is not here"),
]


def read_lines(path: Path) -> RawDocument:
    """Pages and lines of a PDF, as the readers see them; its tables are not needed."""
    pages: list[PageFacts] = []
    lines: list[TextLine] = []
    with pdfium.PdfDocument(path) as document:
        for page in read_pages(document):
            grids, loose = find_grids(page)
            lines.extend(make_lines(page.number, loose))
            kind = "table" if grids else "narrative"
            pages.append(PageFacts(page.number, page.width, page.height, kind, len(page.glyphs), 0, len(grids), page.has_image))
    return RawDocument(hashlib.sha256(path.read_bytes()).hexdigest()[:16], tuple(pages), tuple(lines), ())


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    """The scorer of the shared folder."""
    spec = importlib.util.spec_from_file_location("score_statements", SHARED / "evaluate/score_statements.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_product(file: str) -> tuple[Row, ...]:
    """What we read of a document of the corpus; the year stands in its name, the kind in the manifest."""
    with (SHARED / "corpus/disclosures/manifest.csv").open(encoding="utf-8") as manifest:
        entry = next(row for row in csv.DictReader(manifest) if row["file"] == file)
    book = make_code_book({scheme: load_code_list(scheme) for scheme in ("function", "econ_department", "econ_government")})
    phase = "final" if "final" in entry["kind"] else "budget"
    return read_statements(read_lines(SHARED / "corpus/disclosures" / file), int(entry["year"][:4]), phase, book).statements


def test_recall_and_precision_on_the_hand_checked_documents(scorer: ModuleType) -> None:
    total: Counter[str] = Counter()
    for path in GOLD:
        gold = scorer.load(path)
        product = [scorer.statement_row(row) for row in read_product(gold[0]["file"])]
        hand = [scorer.statement_row(row) for row in gold]
        total += scorer.score(gold[0]["file"], hand, product, scorer.same_statement, 5)
    assert total["found"] / total["gold"] >= MIN_RECALL
    assert total["right"] / total["product"] >= MIN_PRECISION
