"""Which lines of the tables a stated amount speaks of.

Promise: the same statement leads to the same lines whatever the order of the rows; a name that is found nowhere leads nowhere,
and where one name stands in several rows the path above it decides, or all of them are readings. Nothing is chosen by its amount.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from transforms.board import Board, lay_out_board
from transforms.identities import Identities, Term, Value, load_identities
from transforms.shipped import load_shipped
from transforms.stated.facts import Source
from transforms.stated.numbers import Amount

MARKS = re.compile(r"[\W_]")
PATH = "/"
ITEMISED_FUNDS = ("general_public_budget", "appropriation")
PERSONNEL = ("301", "303")  # classes of personnel; the others are operating cost
ITEM_DIGITS = 5
KEYS = ("table", "holder", "lane", "fund", "kind", "basis", "block")


class Link(BaseModel):
    """One reading: a term of identities.yml; `named` asks for the subject's name too; a `loose` one may be wider."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: tuple[str, ...]
    where: dict[str, Value | list[Value]] = Field(default_factory=dict)
    named: bool = False
    loose: bool = False

    @property
    def term(self) -> Term:
        """The selection without the name."""
        return Term(tables=self.tables, where=self.where)


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    funds: dict[str, str]
    links: dict[str, tuple[Link, ...]]
    kinds: tuple[str, ...]
    sources: tuple[str, ...]
    items: tuple[str, ...]
    categories: tuple[str, ...]
    bases: dict[str, dict[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Linked:
    """One reading of a statement: the lines, and their amount where they are numbers; `is_loose`: they may be wider."""

    line_ids: tuple[str, ...]
    amount: Amount | None
    is_loose: bool = False


@cache
def load_bases() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """The bases of the lines that a period means, by phase."""
    return _load().bases


@cache
def load_links() -> Mapping[str, tuple[Link, ...]]:
    """The readings of every concept. Raises ValueError for a table that identities.yml does not know."""
    declared = _load()
    spelled: dict[str, tuple[Link, ...]] = {}
    words = {
        "FUND": declared.funds,
        "KIND": dict(zip(declared.kinds, declared.kinds, strict=True)),
        "SOURCE": dict(zip(declared.sources, declared.sources, strict=True)),
        "ITEM": dict(zip(declared.items, declared.items, strict=True)),
        "CATEGORY": dict(zip(declared.categories, declared.categories, strict=True)),
    }
    for concept, links in declared.links.items():
        word = next((word for word in words if word in concept), None)
        meanings = words[word] if word else {"": ""}
        for name, value in meanings.items():
            key = concept.replace(word, name) if word else concept
            own = tuple(_spell(link, word, value) if word else link for link in links)
            # 项目支出 alone is a kind, with a name it is one project: both stand under one key.
            spelled[key] = (*spelled.get(key, ()), *own)
    _check_tables(spelled)
    return spelled


@cache
def _load() -> _Declared:
    text = files("transforms").joinpath("stated/links.yml").read_text(encoding="utf-8")
    return _Declared(**load_shipped(text))


def _spell(link: Link, word: str, value: str) -> Link:
    def put(found: Value | list[Value]) -> Value | list[Value]:
        return [value if one == word else one for one in found] if isinstance(found, list) else value if found == word else found

    return link.model_copy(update={"where": {column: put(found) for column, found in link.where.items()}})


def _check_tables(spelled: Mapping[str, Sequence[Link]]) -> None:
    known = {*load_identities().tables, *load_identities().tables.values(), "purchased_services"}
    for concept, links in spelled.items():
        if unknown := [table for link in links for table in link.tables if table not in known]:
            raise ValueError(f"links.yml: {concept}: unknown tables {unknown}")


@dataclass(frozen=True, slots=True)
class Item:
    """A row that is not zero, by its name."""

    line_id: str
    label: str


class LineBoard:
    """The described lines of one document, ready to be asked for the lines of a statement."""

    def __init__(self, described: pd.DataFrame, phase: str) -> None:
        lines = described.reset_index(drop=True)
        self._phase = phase
        self._board: Board = lay_out_board(lines, _declare_nothing())
        self._has_several_sets = bool(lines["set"].nunique() > 1)
        code = lines["function"].where(lines["function"] != "", lines["econ_department_code"])
        # Plain lists: a document has hundreds of statements, and each is looked up in a handful of lines.
        self._lists = {
            column: lines[column].tolist() for column in (*KEYS, "row", "row_kind", "column_number", "line_id", "fen", "grain")
        }
        self._is_number = lines["is_number"].tolist()
        self._names = [name_key(name) for name in lines["line_label"]]
        self._codes = code.tolist()
        self._labels = lines["line_label"].tolist()
        self._found: dict[tuple[str, str, str], list[Linked]] = {}

    @property
    def has_several_sets(self) -> bool:
        """Whether the document prints the tables of several units."""
        return self._has_several_sets

    def find(self, concept: str, subject: str | None, period: str) -> list[Linked]:
        """The readings of a stated amount, in the declared order, each once; [] where no line is meant."""
        asked = (concept, subject or "", period)
        if asked not in self._found:
            self._found[asked] = self._look_up(*asked)
        return self._found[asked]

    def add_up_projects(self, line_ids: Sequence[str]) -> list[Amount]:
        """What lines of the table of projects may come to, of all money: together, the subtotals alone, the others alone.

        A project may stand below one of the same name, or once for each unit. [] where none of the lines is a number.
        """
        wanted = set(line_ids)
        projects = Link(tables=("projects",), where={"fund": "all", "is_main": True})
        places = [place for place in self._board.select(projects.term).tolist() if self._lists["line_id"][place] in wanted]
        is_subtotal = {place: self._lists["row_kind"][place] == "subtotal" for place in places}
        ways = (places, [p for p in places if is_subtotal[p]], [p for p in places if not is_subtotal[p]])
        found: dict[int, Amount] = {}
        for way in ways:
            if amount := self._read(way, is_loose=False).amount:
                found.setdefault(amount.value, amount)
        return list(found.values())

    def list_items(self, fund: str, kind: str) -> list[Item]:
        """The economic items of personnel or operating cost that are not zero, of the first table that prints them; [] where none
        does.

        Without a fund the general public budget's, else the appropriation's. A column of the kind decides, else the class.
        """
        for name in (fund,) if fund else ITEMISED_FUNDS:
            for link in load_links().get(f"{name}.basic.economic", ()):
                of_kind = self._select_items(link.model_copy(update={"where": {**link.where, "kind": kind}}))
                of_class = [place for place in self._select_items(link) if self._is_personnel(place) == (kind == "personnel")]
                if places := of_kind or of_class:
                    tables = [self._lists["table"][place] for place in places]
                    chosen = [place for place, table in zip(places, tables, strict=True) if table == tables[0]]
                    return [Item(self._lists["line_id"][place], self._labels[place]) for place in chosen]
        return []

    def _select_items(self, link: Link) -> list[int]:
        bases = load_bases()[self._phase]["current"]
        return [
            place
            for place in self._board.select(link.term).tolist()
            if len(self._codes[place]) >= ITEM_DIGITS and self._lists["fen"][place] != 0 and self._lists["basis"][place] in bases
        ]

    def _is_personnel(self, place: int) -> bool:
        return bool(self._codes[place].startswith(PERSONNEL))

    def _look_up(self, concept: str, subject: str, period: str) -> list[Linked]:
        bases = load_bases()[self._phase].get(period, ())
        found: dict[tuple[str, ...], Linked] = {}
        for link in load_links().get(concept, ()):
            if link.named != bool(subject):
                continue
            chosen = [place for place in self._board.select(link.term).tolist() if self._lists["basis"][place] in bases]
            for places in self._part(self._choose_named(chosen, subject) if link.named else chosen, link):
                linked = self._read(places, is_loose=link.loose)
                found.setdefault(linked.line_ids, linked)
        return list(found.values())

    def _part(self, places: Sequence[int], link: Link) -> Iterable[list[int]]:
        """One reading for each table (and row, where names are asked for): rows that are parts of one measure are added."""
        columns = [self._lists[column] for column in (("table", "row", "column_number") if link.named else KEYS)]
        parts: dict[tuple[Any, ...], list[int]] = {}
        for place in places:
            parts.setdefault(tuple(column[place] for column in columns), []).append(place)
        return parts.values()

    def _choose_named(self, places: Sequence[int], subject: str) -> list[int]:
        *above, last = (name_key(part) for part in subject.split(PATH))
        named = [place for place in places if self._names[place] == last]
        for parent in reversed(above):
            codes = tuple({self._codes[place] for place, name in enumerate(self._names) if name == parent and self._codes[place]})
            inside = [place for place in named if codes and self._codes[place].startswith(codes)]
            if inside:
                return inside
        return named

    def _read(self, places: Sequence[int], *, is_loose: bool) -> Linked:
        ids = self._lists["line_id"]
        numbers = [place for place in places if self._is_number[place]]
        line_ids = tuple(ids[place] for place in places)
        if not numbers:
            return Linked(line_ids, None, is_loose)
        fen, grain = (sum(self._lists[column][place] for place in numbers) for column in ("fen", "grain"))
        return Linked(line_ids, Amount(fen, grain, tuple(Source("line", ids[place]) for place in numbers)), is_loose)


@cache
def _declare_nothing() -> Identities:
    return Identities(tables=load_identities().tables, doubts={}, identities=())


def name_key(text: str) -> str:
    """Letters and digits in one width, without the code or number in front and a closing 支出: names as they are compared."""
    spelled = re.sub(r"^(?:\d+|[((]?[一二三四五六七八九十]+[、))])", "", unicodedata.normalize("NFKC", text))
    bare = MARKS.sub("", spelled)
    return bare.removesuffix("支出") or bare
