"""The benchmark of pages weighs what a reader loads."""

from made_release import commit
from made_rows import document_id_of, make_document

from benchmarks.pages import weigh_pages
from transforms.portal.addresses import address_document
from warehouse.store import Warehouse


def test_a_page_weighs_what_it_loads(tmp_path):
    store = Warehouse.open(tmp_path / "warehouse")
    commit(store, make_document("甲"))
    weights = {address: weight for weight, address in weigh_pages(store)}
    assert len(weights) == 6  # the disclosure, its table and its page in two languages
    assert weights[f"zh/{address_document(document_id_of('甲'))}"] > 20_000
