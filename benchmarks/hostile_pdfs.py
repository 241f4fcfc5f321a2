"""PDF files as an attacker or a bad line makes them: sound ones with bytes flipped, cut, spliced, zeroed, their numbers changed.

Promise: the same seed gives the same bytes; each file tells in its name what was done to which file.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from samples.library import sample_disclosures

REAL = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "disclosures"
# A night of hundreds stays short with files of this size, and small files are damaged more by the same number of bytes.
LARGEST_REAL = 400_000
_NUMBER = re.compile(rb"(?<=[ \[/>])\d{1,10}(?=[ \]/>\r\n])")
_NUMBERS = (b"0", b"-1", b"4294967295", b"99999999999999999999", b"1e308", b"2147483648")
_NESTED = (b"[" * 100_000, b"<<" * 50_000, b"(" * 100_000, b"1 0 obj" * 20_000, b"q " * 100_000, b"/A" * 50_000)


def load_sound_files() -> dict[str, bytes]:
    """Sound files by name: the samples, and the smaller real disclosures where they are."""
    sound = {sample.id: sample.draw() for sample in sample_disclosures()}
    real = [path for path in sorted(REAL.rglob("*.pdf")) if path.stat().st_size <= LARGEST_REAL] if REAL.is_dir() else []
    return sound | {path.stem: path.read_bytes() for path in real}


def mutate_files(sound: Mapping[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` spoilt files as (name, bytes): each way in turn, the sound file by chance."""
    chance = Random(seed)  # noqa: S311  # repeatable, not secret
    names = sorted(sound)
    for number in range(count):
        way = list(WAYS)[number % len(WAYS)]
        name, other = chance.choice(names), chance.choice(names)
        yield f"{number:03d}-{way}-{name}.pdf", WAYS[way](sound[name], sound[other], chance)


def _flip(content: bytes, _: bytes, chance: Random) -> bytes:
    spoilt = bytearray(content)
    for _number in range(chance.choice((1, 4, 16, 64, 256))):
        spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def _cut(content: bytes, _: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content))]


def _drop(content: bytes, _: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randrange(1, 1 + len(content) // 4) :]


def _splice(content: bytes, other: bytes, chance: Random) -> bytes:
    at, start = chance.randrange(len(content)), chance.randrange(len(other))
    return content[:at] + other[start : start + chance.randrange(1, 1 + len(other) // 2)] + content[at:]


def _join(content: bytes, other: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content))] + other[chance.randrange(len(other)) :]


def _zero(content: bytes, _: bytes, chance: Random) -> bytes:
    start = chance.randrange(len(content))
    length = min(chance.choice((16, 512, 8192)), len(content) - start)
    return content[:start] + bytes(length) + content[start + length :]


def _renumber(content: bytes, _: bytes, chance: Random) -> bytes:
    """Some of the numbers of the plain objects: lengths, counts, references, sizes of pages."""
    share = chance.choice((0.002, 0.02, 0.2))
    return _NUMBER.sub(lambda match: chance.choice(_NUMBERS) if chance.random() < share else match[0], content)


def _nest(content: bytes, _: bytes, chance: Random) -> bytes:
    """Something nested without end where an object begins."""
    starts = [match.start() for match in re.finditer(rb"<<", content)] or [0]
    at = chance.choice(starts)
    return content[:at] + chance.choice(_NESTED) + content[at:]


WAYS: Mapping[str, Callable[[bytes, bytes, Random], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "drop": _drop,
    "splice": _splice,
    "join": _join,
    "zero": _zero,
    "renumber": _renumber,
    "nest": _nest,
}


def write_files(files: Sequence[tuple[str, bytes]], folder: Path) -> None:
    """Into a folder that is made."""
    folder.mkdir(parents=True)
    for name, content in files:
        (folder / name).write_bytes(content)
