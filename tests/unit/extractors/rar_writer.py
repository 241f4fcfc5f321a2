"""A writer of RAR 5 files that stores without packing: no free program writes them, and the readers want real ones."""

import zlib

SIGNATURE = b"Rar!\x1a\x07\x01\x00"
MAIN, FILE, END = 1, 2, 5


def make_rar(files: dict[str, bytes]) -> bytes:
    """A RAR 5 archive of the files, as the format's public description has it."""
    blocks = [_block(MAIN, b"", _number(0))]
    for name, content in files.items():
        raw = name.encode()
        has_crc, unix, regular = 4, 1, 0o100644
        fields = _number(has_crc) + _number(len(content)) + _number(regular) + zlib.crc32(content).to_bytes(4, "little")
        fields += _number(0) + _number(unix) + _number(len(raw)) + raw
        blocks.append(_block(FILE, content, fields))
    return SIGNATURE + b"".join(blocks) + _block(END, b"", _number(0))


def _block(kind: int, data: bytes, fields: bytes) -> bytes:
    head = _number(kind) + (_number(2) + _number(len(data)) if data or kind == FILE else _number(0)) + fields
    sized = _number(len(head)) + head
    return zlib.crc32(sized).to_bytes(4, "little") + sized + data


def _number(value: int) -> bytes:
    """RAR's variable length integer: seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
