"""The search index of the portal: plain files that a browser asks for only as far as a question needs them.

Promise: every entry is found by any two neighbouring Chinese characters of its words, and by any whole Latin word or number. A
file holds what its name's hash says and nothing else, so that a new disclosure changes only the files of its own words.

Form: `grams/N.json` gives for each gram the entries that have it, the best first, as one string of ids (10 hex digits each), and
their number; `entries/N.json` gives what is shown of an entry. N is a hash (FNV-1a, as in portal.js) over the number of files in
`index.json`.
"""

import hashlib
import json
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

EntryKind = Literal["department", "document", "function", "economic", "project", "dataset", "finding", "identity", "region"]
KINDS: tuple[EntryKind, ...] = get_args(EntryKind)
"""In the order in which results stand."""
LISTED = 2000
"""Entries of one gram that are listed; one that has more narrows nothing down: the browser looks at the words of the entries."""
PER_FILE = 64
MAX_FILES = 4096

_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found.

    `words`: what is shown, in Chinese and in English where they differ; `more`: what is searched as well and shown small;
    `also`: what is searched and not shown; `address`: within the language. Year, phase and region narrow results down.
    """

    kind: EntryKind
    words: tuple[str, ...]
    more: str
    address: str
    year: int | None = None
    phase: str | None = None
    region: str | None = None
    also: str = ""

    @property
    def key(self) -> str:
        """10 hex digits that stay from night to night."""
        return hashlib.sha256(f"{self.kind} {self.address} {self.words[0]}".encode()).hexdigest()[:10]

    @property
    def facets(self) -> tuple[str, ...]:
        """Grams that no text can have."""
        named = {"k": self.kind, "y": self.year, "p": self.phase, "r": self.region}
        return tuple(f"{letter}:{value}" for letter, value in named.items() if value is not None)

    @property
    def rank(self) -> tuple[int, int, str]:
        """Where it stands among results: by kind, the newest year first."""
        return KINDS.index(self.kind), -(self.year or 0), self.address


def cut_grams(text: str) -> set[str]:
    """Pairs of neighbouring Chinese characters (a lone one by itself), and Latin words and numbers, in lower case."""
    plain = unicodedata.normalize("NFKC", text).lower()
    grams = set(_WORD.findall(plain))
    for run in _CHINESE.findall(plain):
        grams.update({run} if len(run) == 1 else {run[index : index + 2] for index in range(len(run) - 1)})
    return grams


def hash_name(name: str) -> int:
    """FNV-1a of the UTF-8, 32 bits: the browser computes the same."""
    value = 0x811C9DC5
    for byte in name.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def make_index(entries: Iterable[Entry]) -> Iterator[tuple[str, bytes]]:
    """The files of the index by their names below its folder."""
    ordered = sorted({entry.key: entry for entry in entries}.values(), key=lambda entry: entry.rank)
    files = _choose_files(len(ordered))
    yield "index.json", _write({"files": files, "listed": LISTED, "entries": len(ordered)})
    yield from _write_grams(ordered, files)
    yield from _write_entries(ordered, files)


def _choose_files(count: int) -> int:
    """A power of two, so that it changes seldom."""
    files = 1
    while files * PER_FILE < count and files < MAX_FILES:
        files *= 2
    return files


def _write_grams(entries: Sequence[Entry], files: int) -> Iterator[tuple[str, bytes]]:
    places: dict[str, array[int]] = defaultdict(lambda: array("I"))
    for number, entry in enumerate(entries):
        for gram in cut_grams(" ".join((*entry.words, entry.more, entry.also))).union(entry.facets):
            places[gram].append(number)
    by_file: dict[int, list[str]] = defaultdict(list)
    for gram in sorted(places):
        by_file[hash_name(gram) % files].append(gram)
    for number in range(files):
        content = {
            gram: [len(places[gram]), "".join(entries[place].key for place in places[gram][:LISTED])]
            for gram in by_file.get(number, [])
        }
        yield f"grams/{number}.json", _write(content)


def _write_entries(entries: Sequence[Entry], files: int) -> Iterator[tuple[str, bytes]]:
    by_file: dict[int, dict[str, list[object]]] = defaultdict(dict)
    for entry in entries:
        facts = (entry.year, entry.phase, entry.region, entry.also)
        shown: list[object] = [entry.kind, list(entry.words), entry.more, entry.address, *facts]
        by_file[hash_name(entry.key) % files][entry.key] = shown
    for number in range(files):
        yield f"entries/{number}.json", _write(dict(sorted(by_file.get(number, {}).items())))


def _write(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
