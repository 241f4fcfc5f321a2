"""What is brought home, what is refused at the door, and what is kept though it cannot be read yet."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from extractors.collect import collect_disclosure
from extractors.discover import Disclosure, make_key
from extractors.fetch import Fetcher, FetchLimits, Politeness
from warehouse.archive import Archive

ODD = Path(__file__).parents[3].parent / "shared" / "corpus" / "odd"
PDF = b"%PDF-1.4\nbudget\n%%EOF\n"


class Handler(BaseHTTPRequestHandler):
    """Sends what stands in the server's `files` by path."""

    def do_GET(self):
        body = self.server.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.files = {}
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def bring(server, tmp_path):
    """Serve `files` and bring the disclosure at `path` home."""
    archive = Archive(tmp_path / "archive")

    def run(files, path="/a.pdf", **values):
        server.files = files
        base = f"http://127.0.0.1:{server.server_port}"
        known = {
            "source_id": "sample",
            "url": base + path,
            "key": make_key(base + path),
            "title": "示例局2026年部门预算",
            "kind": "file",
        }
        images = tuple(base + image for image in values.pop("images", ()))
        disclosure = Disclosure(**(known | {"landing_url": base, "region_code": "420103", "image_urls": images} | values))
        hosts = frozenset({("127.0.0.1", server.server_port)})
        with Fetcher(politeness=Politeness(delay_seconds=0), limits=FetchLimits(attempts=1), private_hosts=hosts) as fetcher:
            return collect_disclosure(disclosure, fetcher, archive)

    run.archive = archive
    return run


def test_a_pdf_is_new_and_can_be_processed(bring):
    item = bring({"/a.pdf": PDF}, department_name="示例局")
    assert (item.state, item.finding) == ("new", None)
    assert item.sighting.sha256 == item.files[0].sha256
    assert (item.sighting.source_id, item.sighting.title, item.sighting.department_name) == (
        "sample",
        "示例局2026年部门预算",
        "示例局",
    )


def test_the_same_bytes_without_a_validator_are_unchanged(bring):
    bring({"/a.pdf": PDF})
    assert bring({"/a.pdf": PDF}).state == "unchanged"


def test_known_bytes_at_a_new_address_are_nothing_new_to_read(bring):
    bring({"/a.pdf": PDF})
    item = bring({"/b.pdf": PDF}, path="/b.pdf")
    assert item.state == "unchanged"
    assert len(bring.archive.sightings()) == 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty-file"),
        (b"<html><body>moved</body></html>", "not-a-pdf"),
        (b"<html><script>EO_Bot_Ssid=1</script></html>", "blocked"),
        (b"<meta http-equiv=Refresh content='0; url=./x/'>", "not-a-pdf"),
    ],
)
def test_what_is_no_document_is_refused_and_replaces_nothing(bring, content, kind):
    good = bring({"/a.pdf": PDF})
    item = bring({"/a.pdf": content})
    assert (item.state, item.files, item.finding["finding_kind"]) == ("failed", (), kind)
    assert bring.archive.previous(item.disclosure.key).sha256 == good.files[0].sha256


@pytest.mark.parametrize(
    ("path", "content", "file_kind"),
    [
        ("/a.rar", b"Rar!\x1a\x07\x00...", "archive"),
        ("/a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "word"),
        ("/a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "html"),
        ("/a.pdf", b"\xff\xd8\xff\xe0 a photograph", "image"),
    ],
)
def test_what_cannot_be_read_yet_is_kept_and_told(bring, path, content, file_kind):
    item = bring({path: content}, path=path)
    assert (item.state, item.sighting, item.finding["finding_kind"]) == ("new", None, "unread-format")
    assert item.files[0].file_kind == file_kind


def test_an_article_that_is_the_document_is_kept_as_one(bring):
    item = bring({"/a.html": b"<html><table></table></html>"}, path="/a.html", kind="page")
    assert (item.state, item.finding["finding_kind"]) == ("new", "unread-format")
    assert [row["file_kind"] for row in bring.archive.sightings()] == ["html"]


def test_page_images_are_kept_in_their_order(bring):
    files = {f"/W{n}.jpg": b"\xff\xd8\xff" + bytes([n]) for n in (1, 2, 3)}
    item = bring(files, path="/a.html", kind="images", images=("/W2.jpg", "/W1.jpg", "/W3.jpg"))
    assert item.state == "new"
    assert [bring.archive.path_of(file.sha256).read_bytes()[-1] for file in item.files] == [2, 1, 3]
    assert "3 page images" in item.finding["message"]
    again = bring(files, path="/a.html", kind="images", images=("/W2.jpg", "/W1.jpg", "/W3.jpg"))
    assert again.state == "unchanged"


def test_a_missing_page_image_fails_the_document(bring):
    item = bring({"/W1.jpg": b"\xff\xd8\xff1"}, path="/a.html", kind="images", images=("/W1.jpg", "/W2.jpg"))
    assert (item.state, item.finding["finding_kind"]) == ("failed", "http-error")


@pytest.mark.corpus
@pytest.mark.skipif(not ODD.is_dir(), reason="../shared/corpus/odd is not here: odd files as portals send them are not tried")
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("antibot_called.pdf", "blocked"),
        ("html_article_called.pdf", "not-a-pdf"),
        ("html_listing_called.pdf", "not-a-pdf"),
        ("meta_refresh_called.pdf", "not-a-pdf"),
        ("empty.pdf", "empty-file"),
        ("html_table_called.xls", "html"),
        ("budget.xls", "workbook"),
        ("department_budget.xlsx", "workbook"),
        ("state_council_guide.docx", "word"),
        ("disclosure_gbk_names.zip", "archive"),
        ("zip_called.rar", "archive"),
        ("truncated.zip", "archive"),
        ("junk_before_header.pdf", "pdf"),
        ("no_xref.pdf", "pdf"),
        ("truncated_budget.pdf", "pdf"),
        ("encrypted_user_password.pdf", "pdf"),
    ],
)
def test_odd_files_as_portals_send_them(bring, name, outcome):
    item = bring({f"/{name}": (ODD / name).read_bytes()}, path=f"/{name}")
    seen = item.files[0].file_kind if item.files else item.finding["finding_kind"]
    assert seen == outcome
