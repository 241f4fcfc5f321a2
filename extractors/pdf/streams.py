"""Streams of a PDF, unpacked without pdfium and never further than a limit.

Promise: no more than `limit` + 1 bytes are made of any stream in any step, so that a bomb is seen without going off.
"""

import base64
import binascii
import re
import zlib

FILTER = re.compile(rb"/Filter\s*(\[[^\]]*\]|/\w+)")
NAME = re.compile(rb"/(\w+)")
SHORT_NAMES = {b"Fl": b"FlateDecode", b"A85": b"ASCII85Decode", b"AHx": b"ASCIIHexDecode"}


class UnreadableStreamError(ValueError):
    """The stream is damaged or encrypted, or packed in a way that is not read here."""


def unpack_stream(body: bytes, stream: bytes, limit: int) -> bytes:
    """The stream as its dictionary `body` says, at most `limit` + 1 bytes of it. Raises UnreadableStreamError."""
    found = FILTER.search(body)
    for name in NAME.findall(found[1]) if found else ():
        stream = _unpack(SHORT_NAMES.get(name, name), stream, limit)
    return stream[: limit + 1]


def _unpack(name: bytes, stream: bytes, limit: int) -> bytes:
    try:
        if name == b"FlateDecode":
            return zlib.decompressobj().decompress(stream, limit + 1)
        if name == b"ASCII85Decode":
            return base64.a85decode(stream.strip().removeprefix(b"<~").removesuffix(b"~>"), ignorechars=b" \t\n\r\x0b\x00")
        if name == b"ASCIIHexDecode":
            return binascii.unhexlify(re.sub(rb"[\s>]", b"", stream))
    except (zlib.error, ValueError) as error:
        raise UnreadableStreamError(str(error)) from error
    raise UnreadableStreamError(f"filter {name.decode('ascii', 'replace')}")
