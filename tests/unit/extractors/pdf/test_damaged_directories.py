"""Directories of packed objects that a damaged or hostile file makes: told as damage, never a defect of ours."""

import zlib

import pytest

from extractors.pdf.repair import BeyondRepairError, check_whole


def pack(directory, first=None):
    plain = directory + b"<< /Type /Catalog >>"
    packed = zlib.compress(plain)
    head = b"<< /Type /ObjStm /First %d /Filter /FlateDecode /Length %d >>" % (first or len(directory), len(packed))
    return b"%PDF-1.5\n1 0 obj\n" + head + b"\nstream\n" + packed + b"\nendstream\nendobj\n%%EOF\n"


def test_a_sound_directory_is_read():
    check_whole(pack(b"2 0 "))


@pytest.mark.parametrize(
    ("directory", "first"),
    [
        (b"2 0 ", 24),  # it runs into the objects
        (b"2 0 3 ", None),  # an object without a place
        (b"2 -1 ", None),
        (b"2 " + b"9" * 5000 + b" ", None),  # a number that Python refuses to read
    ],
)
def test_a_damaged_one_is_beyond_repair(directory, first):
    with pytest.raises(BeyondRepairError, match="directory of object stream 1 is damaged"):
        check_whole(pack(directory, first))
