"""Files as portals send them, made here: what each is told to be, and that nothing cut off passes as whole."""

import io
import zlib
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from extractors.pdf.opening import OpenedPdf, OpeningLimits, check_file, open_pdf

TEXTS = ("Revenue 1,683.45", "Expenditure 1,683.45", "Three public expenses 0.00")


def draw_pdf(
    texts: Sequence[str] = TEXTS, *, size: tuple[float, float] = (595, 842), cipher: StandardEncryption | None = None
) -> bytes:
    """One page a text; an empty text is a page with a picture and nothing else."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=size, encrypt=cipher, pageCompression=1)
    for text in texts:
        if text:
            canvas.drawString(72, 72, text)
        else:
            canvas.drawImage(ImageReader(Image.new("RGB", (8, 8), "gray")), 0, 0, 300, 300)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def write_objects(bodies: dict[int, bytes]) -> bytes:
    return b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%b\nendobj\n" % item for item in bodies.items())


def read_texts(opened: OpenedPdf) -> list[str]:
    return [opened.document[i].get_textpage().get_text_range().strip() for i in range(opened.page_count)]


def kinds_of(tmp_path: Path, content: bytes, limits: OpeningLimits | None = None) -> list[str]:
    path = tmp_path / "document.pdf"
    path.write_bytes(content)
    return [finding["finding_kind"] for finding in check_file(path, limits or OpeningLimits())]


def message_of(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "document.pdf"
    path.write_bytes(content)
    (finding,) = check_file(path)
    return str(finding["message"])


def test_sound_pdf_has_nothing_to_tell(tmp_path: Path) -> None:
    assert kinds_of(tmp_path, draw_pdf()) == []


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"<html><head><title>2026\xe5\xb9\xb4\xe9\xa2\x84\xe7\xae\x97</title></head><body>x</body></html>", "titled 2026年预算"),
        ("<!DOCTYPE html><title>财政局</title><p>公开".encode("gb18030"), "titled 财政局"),
        (b"<script>document.cookie='a=1';setTimeout(go, 1200)</script>", "challenge page"),
        (b"<html><head><meta http-equiv='Refresh' content='0;URL=./t1.html'/></head></html>", "sends the visitor on"),
        (b"<html><body>404</body></html>", "without a title"),
        (b"PK\x03\x04 not really a zip", "an archive"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
        (b"{'error': 500}", "no known kind"),
        (b"\x00" * 4096, "all blank"),
    ],
)
def test_what_is_no_pdf_is_named(tmp_path: Path, content: bytes, seen: str) -> None:
    assert kinds_of(tmp_path, content) == ["not-a-pdf"]
    assert seen in message_of(tmp_path, content)


def test_empty_file(tmp_path: Path) -> None:
    assert kinds_of(tmp_path, b"") == ["empty-file"]


@pytest.mark.parametrize(
    "junk", [b"\xef\xbb\xbf\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\r\n" * 1500], ids=["bom", "headers", "beyond-pdfium"]
)
def test_junk_before_the_header_is_passed_over(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(junk + draw_pdf())
    opened = open_pdf(path)
    assert isinstance(opened, OpenedPdf)
    with opened:
        assert read_texts(opened) == list(TEXTS)


def test_lost_index_is_made_anew_and_told(tmp_path: Path) -> None:
    whole = draw_pdf()
    path = tmp_path / "document.pdf"
    path.write_bytes(whole[: whole.rindex(b"xref\n", 0, whole.rindex(b"startxref"))])
    opened = open_pdf(path)
    assert isinstance(opened, OpenedPdf)
    with opened:
        assert [finding["finding_kind"] for finding in opened.findings] == ["repaired-pdf"]
        assert read_texts(opened) == list(TEXTS)
        usable = opened.write_usable(tmp_path)
    assert usable != path
    assert len(pdfium.PdfDocument(usable)) == len(TEXTS)


def test_lost_index_of_packed_objects_is_made_anew(tmp_path: Path) -> None:
    packed = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>"}
    heads = b"1 0 2 %d " % (len(packed[1]) + 1)
    stream = zlib.compress(heads + b" ".join(packed.values()))
    content = write_objects(
        {
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>",
            4: b"<</Length 14>>\nstream\n0 0 m 9 9 l S \nendstream",
            5: b"<</Type/ObjStm/N 2/First %d/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream"
            % (len(heads), len(stream), stream),
        }
    )
    path = tmp_path / "document.pdf"
    path.write_bytes(content)
    opened = open_pdf(path)
    assert isinstance(opened, OpenedPdf)
    with opened:
        assert opened.page_count == 1
        assert opened.document.get_page_size(0) == (200, 200)


def test_pdf_cut_off_anywhere_is_damaged_or_complete(tmp_path: Path) -> None:
    whole = draw_pdf()
    path = tmp_path / "document.pdf"
    outcomes = set()
    for cut in range(8, len(whole) - 8, 7):
        path.write_bytes(whole[:cut])
        opened = open_pdf(path)
        if isinstance(opened, OpenedPdf):
            with opened:
                assert read_texts(opened) == list(TEXTS), f"cut after {cut} of {len(whole)} bytes"
            outcomes.add("complete")
        else:
            assert [finding["finding_kind"] for finding in opened] == ["damaged-pdf"]
            outcomes.add("damaged")
    assert outcomes == {"complete", "damaged"}


def test_pdf_that_pdfium_opens_without_its_last_pages_is_damaged(tmp_path: Path) -> None:
    """As a linearised file that was cut off: the index of the first page stands before the rest."""
    content = write_objects(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
        }
    )
    content += b"trailer\n<</Root 1 0 R/Size 7>>\nstartxref\n0\n%%EOF\n6 0 obj\n<</Length 500>>\nstream\nq 1 0 0"
    path = tmp_path / "document.pdf"
    path.write_bytes(content)
    assert len(pdfium.PdfDocument(path)) == 2  # pdfium alone says nothing
    assert kinds_of(tmp_path, content) == ["damaged-pdf"]


def test_missing_page_is_told_with_its_number(tmp_path: Path) -> None:
    content = write_objects(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
        }
    )
    content += b"trailer\n<</Root 1 0 R/Size 7>>\nstartxref\n0\n%%EOF\n"
    assert "page 2 of 2 is missing" in message_of(tmp_path, content)


def test_user_password_refuses(tmp_path: Path) -> None:
    cipher = StandardEncryption(userPassword="secret", ownerPassword="owner", strength=128)
    assert kinds_of(tmp_path, draw_pdf(cipher=cipher)) == ["encrypted-pdf"]


def test_owner_password_alone_opens(tmp_path: Path) -> None:
    cipher = StandardEncryption(userPassword="", ownerPassword="owner", canCopy=0, strength=128)
    assert kinds_of(tmp_path, draw_pdf(cipher=cipher)) == []


def test_lost_index_of_an_encrypted_file_is_not_guessed(tmp_path: Path) -> None:
    cipher = StandardEncryption(userPassword="", ownerPassword="owner", strength=128)
    whole = draw_pdf(cipher=cipher)
    assert kinds_of(tmp_path, whole[: whole.rindex(b"xref\n", 0, whole.rindex(b"startxref"))]) == ["damaged-pdf"]


def test_pdf_without_pages(tmp_path: Path) -> None:
    target = io.BytesIO()
    pdfium.PdfDocument.new().save(target)
    assert kinds_of(tmp_path, target.getvalue()) == ["no-pages"]


def test_scan_is_told_once(tmp_path: Path) -> None:
    assert kinds_of(tmp_path, draw_pdf(("", "", ""))) == ["scanned"]


def test_scanned_page_among_others_is_told_with_its_page(tmp_path: Path) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(draw_pdf(("Title", "", "Text")))
    (finding,) = check_file(path)
    assert (finding["finding_kind"], finding["page"]) == ("scanned-page", 2)


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (OpeningLimits(max_bytes=500), "bytes"),
        (OpeningLimits(max_pages=2), "pages"),
        (OpeningLimits(max_points=800), "points on page 1"),
        (OpeningLimits(max_objects=5), "objects"),
        (OpeningLimits(max_stream_bytes=20), "bytes in one stream"),
        (OpeningLimits(max_page_characters=5), "characters on page 1"),
    ],
)
def test_each_limit_is_named(tmp_path: Path, limits: OpeningLimits, what: str) -> None:
    path = tmp_path / "document.pdf"
    path.write_bytes(draw_pdf())
    (finding,) = check_file(path, limits)
    assert finding["finding_kind"] == "too-large"
    assert f"over the limit: {what} " in finding["message"]


def test_page_of_many_objects(tmp_path: Path) -> None:
    target = io.BytesIO()
    canvas = Canvas(target)
    for y in range(30):
        canvas.line(0, y, 100, y)
    canvas.save()
    assert kinds_of(tmp_path, target.getvalue(), OpeningLimits(max_page_objects=20)) == ["too-large"]
    assert kinds_of(tmp_path, target.getvalue()) == []


def test_huge_page_is_over_the_default_limit(tmp_path: Path) -> None:
    assert kinds_of(tmp_path, draw_pdf(size=(20_000, 20_000))) == ["too-large"]


def test_stream_that_inflates_beyond_measure_is_refused_unread(tmp_path: Path) -> None:
    bomb = zlib.compress(b"0 0 m 9 9 l S\n" * 10_000_000, 1)
    content = write_objects(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>",
            4: b"<</Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (len(bomb), bomb),
        }
    )
    content += b"trailer\n<</Root 1 0 R/Size 5>>\nstartxref\n0\n%%EOF\n"
    assert len(content) < 2_000_000
    assert kinds_of(tmp_path, content) == ["too-large"]
