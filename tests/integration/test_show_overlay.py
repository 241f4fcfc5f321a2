"""`yusuan show --overlay` by subprocess: the pictures of a processed document, from the warehouse and its archive alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from samples.library import sample_disclosures

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

YUSUAN = Path(sys.executable).with_name("yusuan")


def yusuan(*arguments, cwd):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YUSUAN_")}
    return subprocess.run([str(YUSUAN), *arguments], cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A warehouse with one sample and one page of HTML; the files themselves are gone."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "jianghan.pdf").write_bytes(sample_disclosures()[0].draw())
    (folder / "page.pdf").write_text("<!DOCTYPE html><html><body>moved</body></html>")
    yusuan("process", "jianghan.pdf", "page.pdf", cwd=folder)
    (folder / "jianghan.pdf").unlink()
    return folder


def test_pages_with_tables_are_drawn(office):
    result = yusuan("show", "jianghan.pdf", "--overlay", "pictures", cwd=office)
    assert result.returncode == 0, result.stderr
    pictures = sorted((office / "pictures").iterdir())
    assert f"{len(pictures)} pages drawn into pictures" in result.stdout
    assert len(pictures) >= 9
    with Image.open(pictures[0]) as picture:
        assert min(picture.size) > 500


def test_a_document_without_tables_gives_one_sentence(office):
    result = yusuan("show", "page.pdf", "--overlay", "none", cwd=office)
    assert result.returncode == 2
    assert "there is nothing to draw" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (office / "none").exists()


def test_a_file_is_no_folder(office):
    result = yusuan("show", "jianghan.pdf", "--overlay", "page.pdf", cwd=office)
    assert result.returncode == 2
    assert "page.pdf" in result.stderr
    assert "Traceback" not in result.stderr
