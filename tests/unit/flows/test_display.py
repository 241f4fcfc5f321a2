import hashlib

import pytest

from flows.display import DocumentNotFoundError, find_document


def make_disclosure(content, **values):
    sha256 = hashlib.sha256(content).hexdigest()
    names = {"title": "某局2026年部门预算", "department_name": "某局", "url": "http://x/P01.pdf"}
    return names | {"document_id": sha256[:16], "sha256": sha256} | values


FIRST = make_disclosure(b"1")
SECOND = make_disclosure(b"2", title="另一局2025年决算", department_name="另一局", url="local name.pdf")
BOTH = [FIRST, SECOND]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (FIRST["document_id"], FIRST),
        (FIRST["document_id"][:6], FIRST),
        (FIRST["sha256"], FIRST),
        ("P01.pdf", FIRST),
        ("P01", FIRST),
        ("local name.pdf", SECOND),
        ("另一局", SECOND),
        ("2026年部门", FIRST),
    ],
)
def test_document_is_found_by(wanted, found):
    assert find_document(BOTH, wanted) == found


def test_file_on_disk_is_found_by_its_bytes_not_its_name(tmp_path):
    (tmp_path / "P01.pdf").write_bytes(b"2")
    assert find_document(BOTH, str(tmp_path / "P01.pdf")) == SECOND


def test_several_fitting_documents_are_named():
    with pytest.raises(DocumentNotFoundError, match=f"2 documents fit '局'.*{FIRST['document_id']}"):
        find_document(BOTH, "局")


def test_no_fitting_document():
    with pytest.raises(DocumentNotFoundError, match="no document fits"):
        find_document(BOTH, "第三局")


def test_the_nearest_documents_are_named():
    with pytest.raises(DocumentNotFoundError, match=f"nearest: {FIRST['document_id']} 某局2026年部门预算"):
        find_document([FIRST], "某局2026年预算书")
