"""The portal made from a warehouse of made rows, brought up to date, and served."""

import dataclasses
import json
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import pytest
from made_release import commit
from made_rows import FUNCTION_ROWS, document_id_of, make_coded_table, make_document
from portal_links import Links
from portal_server import run_app
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from flows.portal.build import build_portal
from flows.portal.folder import MANIFEST, NotAPortalError
from flows.portal.serve import make_app
from transforms.portal.addresses import LANGUAGES, address_document, address_unit
from warehouse.catalogue.publisher import Publisher
from warehouse.issues import make_finding
from warehouse.release import build_release
from warehouse.store import Warehouse

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def build(store: Warehouse, root: Path, releases: Path):
    return build_portal(store, releases, root, pictures=None, publisher=Publisher(), tell=lambda words: None)


@pytest.fixture
def place(tmp_path):
    """A warehouse of two documents, the folder of its releases (one), and where its portal goes."""
    store = Warehouse.open(tmp_path / "warehouse")
    for name in ("甲", "乙"):
        commit(store, make_document(name))
    build_release(store, tmp_path / "releases", version="2026.11.26-2")
    return store, tmp_path / "portal", tmp_path / "releases"


def read_pages(root: Path) -> dict[str, Links]:
    return {
        path.relative_to(root).as_posix(): Links(path.read_text("utf-8"))
        for path in root.rglob("*.html")
        if "releases" not in path.parts
    }


def test_every_link_leads_to_a_page_and_its_anchor(place):
    store, root, releases = place
    build(store, root, releases)
    pages = read_pages(root)
    assert len(pages) > 40
    for page, links in pages.items():
        for address in links.addresses:
            parts = urlsplit(urljoin(f"http://portal/{page}", address))
            if parts.netloc != "portal":
                # Only what a document or a licence names, never what a page loads.
                assert address.startswith("https://")
                continue
            target = unquote(parts.path).lstrip("/")
            if target.startswith("pictures/"):
                continue  # drawn by `serve`
            assert (root / target).is_file(), f"{page} -> {address}"
            if parts.fragment:
                assert parts.fragment in pages[target].ids, f"{page} -> {address}"


def test_a_second_build_writes_nothing(place):
    store, root, releases = place
    build(store, root, releases)
    done = build(store, root, releases).written
    assert (done.written, done.removed, done.made) == (0, 0, [])


def test_a_new_document_changes_only_what_depends_on_it(place):
    store, root, releases = place
    build(store, root, releases)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    next_year = [{**line, "fiscal_year": 2021, "region_code": "110000"} for line in make_coded_table("丙", FUNCTION_ROWS[:3])]
    commit(store, make_document("丙", lines=next_year, disclosure={"fiscal_year": 2021, "region_code": "110000"}))
    done = build(store, root, releases).written
    assert f"document:{document_id_of('丙')}" in done.made
    for name in ("甲", "乙"):
        assert f"document:{document_id_of(name)}" not in done.made
        folder = root / "zh" / address_unit("documents", document_id_of(name))
        assert all(path.read_bytes() == before[path] for path in folder.rglob("*.html"))
    assert "list:years/2020" not in done.made


def test_a_withdrawn_document_is_gone_from_every_page(place):
    store, root, releases = place
    build(store, root, releases)
    gone = document_id_of("乙")
    pictures = root / "pictures" / gone
    pictures.mkdir(parents=True)
    (pictures / "1.webp").write_bytes(b"picture")
    store.withdraw([gone], run_id="run")
    build(store, root, releases)
    assert not pictures.exists()
    assert not (root / "zh" / address_document(gone)).exists()
    named = [
        path for path in root.rglob("*") if path.is_file() and "releases" not in path.parts and gone.encode() in path.read_bytes()
    ]
    # The data sets are those of the release that is there.
    assert all("datasets" in path.parts for path in named)


def test_what_was_cut_off_is_made_by_the_next_build(place):
    store, root, releases = place
    build(store, root, releases)
    page = root / "zh" / address_document(document_id_of("甲"))
    whole = page.read_bytes()
    manifest = json.loads((root / MANIFEST).read_text("utf-8"))
    del manifest["units"][f"document:{document_id_of('甲')}"]
    (root / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    page.write_bytes(whole[:100])
    build(store, root, releases)
    assert page.read_bytes() == whole


def test_a_folder_with_other_things_is_left_alone(place, tmp_path):
    store, _, releases = place
    other = tmp_path / "photos"
    other.mkdir()
    (other / "a.jpg").write_bytes(b"picture")
    with pytest.raises(NotAPortalError, match=r"photos holds other things"):
        build(store, other, releases)
    assert [path.name for path in other.iterdir()] == ["a.jpg"]


def test_what_a_document_is_called_is_never_markup(place):
    store, root, releases = place
    lines = [{**line, "line_label": EVIL, "department_name": EVIL} for line in make_coded_table("丁", FUNCTION_ROWS)]
    finding = {**make_finding("unread-amount", text=EVIL, page=1), "finding_number": 1}
    disclosure = {"title": EVIL, "department_name": EVIL, "department_id": f"420103-{EVIL}", "url": "javascript:alert(3)"}
    commit(store, make_document("丁", lines=lines, disclosure=disclosure, findings=[finding]))
    build(store, root, releases)
    for page, links in read_pages(root).items():
        # One script of ours a page, and on a data set's page its description as data.
        assert links.tags.count("script") <= (2 if "/datasets/" in page else 1), page
        assert not [address for address in links.addresses if address.startswith("javascript:")], page
        assert "x" not in links.addresses, page
    assert not re.search("alert", " ".join(path.name for path in root.rglob("*")))


def test_pages_say_so_where_nothing_was_released(place, tmp_path):
    store, root, _ = place
    build(store, root, tmp_path / "none")
    assert "yusuan release" in (root / "en/datasets/index.html").read_text("utf-8")


def test_without_a_document_there_are_pages(tmp_path):
    build(Warehouse.open(tmp_path / "warehouse"), tmp_path / "portal", tmp_path / "releases")
    for language in LANGUAGES:
        assert (tmp_path / "portal" / language / "index.html").is_file()


def test_the_release_costs_no_second_copy(place):
    store, root, releases = place
    build(store, root, releases)
    name = "2026.11.26-2/datapackage.json"
    assert (root / "releases" / name).samefile(releases / name)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A client of the served portal of one document; another application stands at /api."""
    folder = tmp_path_factory.mktemp("served")
    store = Warehouse.open(folder / "warehouse")
    commit(store, make_document("甲"))
    build_release(store, folder / "releases", version="2026.11.26-1")
    build(store, folder / "portal", folder / "releases")
    api = Starlette(routes=[Route("/api/v1", lambda request: PlainTextResponse("here"))])
    with (
        run_app(make_app(folder / "portal", None, [("/api", api)])) as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        yield client


def test_pages_carry_strict_headers_and_are_asked_about_again(client):
    answer = client.get("/zh/index.html")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert client.get("/zh/index.html", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_part_of_a_release_can_be_asked_for(client):
    address = "/releases/2026.11.26-1/data/core_budget_lines.csv.gz"
    whole = client.get(address)
    part = client.get(address, headers={"Range": "bytes=2-9"})
    assert (part.status_code, part.content) == (206, whole.content[2:10])
    assert "immutable" in whole.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/portal.json",
        "/.run-lock",
        "/%2e%2e/warehouse/warehouse.json",
        "/pictures/0000000000000000/1.webp",
        f"/pictures/{document_id_of('甲')}/1.webp",
        f"/pictures/{document_id_of('甲')}/99.webp",
        "/pictures/x/1.webp",
        "/zh/none.html",
    ],
)
def test_what_is_no_page_is_not_found(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_another_application_stands_beside_the_pages(client):
    assert client.get("/api/v1").text == "here"
    assert client.get("/en/index.html").status_code == 200


def test_a_check_of_names_says_which_and_shows_no_equal_amounts_as_different(tmp_path):
    store = Warehouse.open(tmp_path / "warehouse")
    made = make_document("甲")
    sides = {"left_cny": Decimal(0), "right_cny": Decimal(0), "difference_cny": Decimal(0), "envelope_cny": Decimal(0)}
    lists = {"left_line_ids": [], "right_line_ids": [], "table_ids": []}
    names = {"check_id": "code_name", "check_subject": "functions · 222", "reason": "粮油储备 / 粮油管理"}
    check = {"document_id": document_id_of("甲"), "check_number": 1, "outcome": "violated", **sides, **lists, **names}
    commit(store, dataclasses.replace(made, rows={**made.rows, "core_checks": [check]}))
    build(store, tmp_path / "portal", tmp_path / "none")
    for address in (address_document(document_id_of("甲")), f"{address_unit('identities', 'code_name')}/index.html"):
        page = (tmp_path / "portal" / "en" / address).read_text("utf-8")
        assert "粮油储备 / 粮油管理" in page
        assert "0.00 ≠ 0.00" not in page
        assert ">0.00</td>" not in page


def test_a_finding_is_told_in_the_language_of_the_page(tmp_path):
    store = Warehouse.open(tmp_path / "warehouse")
    found = {"document_id": document_id_of("甲"), "finding_number": 1, **make_finding("unreadable-amount", page=1, text="1O0")}
    commit(store, make_document("甲", findings=[found]))
    build(store, tmp_path / "portal", tmp_path / "none")
    for address in (address_document(document_id_of("甲")), "findings/unreadable-amount/index.html"):
        chinese, english = ((tmp_path / "portal" / language / address).read_text("utf-8") for language in LANGUAGES)
        assert "应为金额，所见为：1O0" in chinese and "expected an amount" not in chinese
        assert "expected an amount, saw 1O0" in english
