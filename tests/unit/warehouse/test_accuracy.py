"""The statement of accuracy counts what the tables say."""

import json

from made_rows import document_id_of, make_disclosure, make_document

from warehouse.accuracy import write_accuracy
from warehouse.metadata.schema import to_arrow_schema, to_arrow_table
from warehouse.release import build_release
from warehouse.store import Warehouse

COUNTS = {"agreed_count": 190, "proved_count": 150, "proved_twice_count": 100, "contradicted_count": 2, "misread_count": 1}


def make_rows(*documents):
    return [
        {**make_disclosure(name), "document_id": document_id_of(name), "processing_id": "p", **values}
        for name, values in documents
    ]


def write(*documents, checks=()):
    tables = {
        "core_disclosures": to_arrow_table("core_disclosures", make_rows(*documents)),
        "core_checks": to_arrow_table("core_checks", list(checks)) if checks else to_arrow_schema("core_checks").empty_table(),
    }
    return write_accuracy(tables)


def test_shares_are_of_the_amounts_of_all_documents():
    text = write(
        ("甲", {"line_count": 150, "unread_count": 1, "grade": "A", **COUNTS}),
        ("乙", {"line_count": 50, "unread_count": 1, "grade": "B", **dict.fromkeys(COUNTS, 0)}),
    )
    assert "amounts read | 200 |" in text
    assert "not read | 2 | 0.99 % |" in text
    assert "both readers see the same text | 190 | 95.00 % |" in text
    assert "proved by at least two | 100 | 50.00 % |" in text
    assert "| A | 1 |" in text
    assert "| C | 0 |" in text


def test_documents_without_counts_are_told_not_counted():
    text = write(("甲", {"line_count": 150, "grade": "A", **COUNTS}), ("乙", {"line_count": 50}))
    assert "amounts read | 150 |" in text
    assert "1 documents carry no such counts" in text


def test_refused_documents_are_counted_apart():
    text = write(("甲", {"status": "refused", "refusal": "scanned"}))
    assert "| – | 1 |" in text
    assert "amounts read | 0 | |" in text


def test_a_release_says_what_it_rests_on(tmp_path):
    warehouse = Warehouse.open(tmp_path / "w")
    document = make_document("甲")
    warehouse.stage(document)
    warehouse.commit([document.processing_id], run_id="run", reason="new")
    release = build_release(warehouse, tmp_path / "out", version="1")
    provenance = json.loads((release.path / "provenance.json").read_text(encoding="utf-8"))
    assert [entry["document_id"] for entry in provenance["documents"]] == [document.document_id]
    assert provenance["documents"][0]["sha256"].startswith(document.document_id)
    assert set(provenance["contract"]) == {"format", "metadata", "codes"}
    assert "ACCURACY.md" in (release.path / "SHA256SUMS").read_text(encoding="utf-8")
