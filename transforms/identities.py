"""The accounting identities as data: the models of `identities.yml`, and its loader.

Promise: a file that loads names only tables, columns and relations that exist; a slip of the pen fails here, not as a check
that silently never runs.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from transforms.shipped import load_shipped

Value = bool | int | str
Relation = Literal["equal", "at_most", "hint", "same_name"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(_Frozen):
    """A text in Chinese and English."""

    zh: str
    en: str


class Term(_Frozen):
    """A selection of lines whose amounts are added (`sign` 1) or subtracted (-1).

    `where` and `unless` compare columns of the described lines with a value or a list of values. `key` takes a column of the
    formula's `by` from another column: {row: parent_row} groups lines under their parent. A term that is not `required`
    counts 0 where nothing matches.
    """

    tables: tuple[str, ...] = ()
    where: dict[str, Value | list[Value]] = Field(default_factory=dict)
    unless: dict[str, Value | list[Value]] = Field(default_factory=dict)
    key: dict[str, str] = Field(default_factory=dict)
    sign: Literal[1, -1] = 1
    required: bool = True


class Sides(_Frozen):
    """Two sums that are compared. An empty right side is 0."""

    left: tuple[Term, ...]
    right: tuple[Term, ...]


class Condition(_Frozen):
    """What must be so in a set of tables for a formula to be claimed; `reason` says what is the case where it is not."""

    zero: Term | None = None
    nonzero: Term | None = None
    present: Term | None = None
    declared_empty: Term | None = None
    reason: str

    @model_validator(mode="after")
    def _has_one_test(self) -> "Condition":
        if sum(test is not None for test in (self.zero, self.nonzero, self.present, self.declared_empty)) != 1:
            raise ValueError("a condition has exactly one of zero, nonzero, present, declared_empty")
        return self


class Formula(Sides):
    """One way in which an identity shows: an instance per document, set of tables and value of the `by` columns."""

    name: str
    by: tuple[str, ...]
    alternatives: tuple[Sides, ...] = ()
    when: tuple[Condition, ...] = ()
    doubts: tuple[str, ...] = ()


class Identity(_Frozen):
    """One accounting identity with its formulas. `cuts_alone`: digits cut off are believed without the document's habit."""

    id: str
    group: Literal["A", "B", "C", "D", "E"]
    relation: Relation = "equal"
    cuts_alone: bool = False
    title: Text
    explanation: Text
    formulas: tuple[Formula, ...]


class Identities(_Frozen):
    """The whole file: identities in order, the short names of tables, and what each doubt means."""

    tables: dict[str, str]
    doubts: dict[str, str]
    identities: tuple[Identity, ...]

    @model_validator(mode="after")
    def _names_exist(self) -> "Identities":
        ids = [identity.id for identity in self.identities]
        if len(ids) != len(set(ids)):
            raise ValueError("two identities have the same id")
        for identity in self.identities:
            for formula in identity.formulas:
                self._check_formula(identity.id, formula)
        return self

    def _check_formula(self, identity: str, formula: Formula) -> None:
        terms = list_terms(formula) + [test for condition in formula.when for _, test in list_tests(condition)]
        for term in terms:
            unknown = [name for name in term.tables if name not in self.tables and name not in self.tables.values()]
            if unknown:
                raise ValueError(f"{identity}: unknown tables {unknown}; declared: {', '.join(self.tables)}")
            if not set(term.key) <= set(formula.by):
                raise ValueError(f"{identity}: a key is not among by: {sorted(set(term.key) - set(formula.by))}")
        unexplained = [doubt for doubt in formula.doubts if doubt not in self.doubts]
        if unexplained:
            raise ValueError(f"{identity}: doubts without an explanation: {unexplained}")

    def name_tables(self, term: Term) -> list[str]:
        """Full table types of a term, its short names resolved."""
        return [self.tables.get(name, name) for name in term.tables]


def list_terms(formula: Formula) -> list[Term]:
    """Every term of a formula, alternatives included."""
    return [term for sides in (formula, *formula.alternatives) for term in (*sides.left, *sides.right)]


def list_tests(condition: Condition) -> list[tuple[str, Term]]:
    """The condition's test as (kind, term)."""
    tests = {"zero": condition.zero, "nonzero": condition.nonzero, "present": condition.present}
    tests["declared_empty"] = condition.declared_empty
    return [(kind, term) for kind, term in tests.items() if term is not None]


@cache
def load_identities() -> Identities:
    """The identities that the project declares. Raises pydantic.ValidationError where the file is wrong."""
    text = files("transforms").joinpath("identities.yml").read_text(encoding="utf-8")
    document: dict[str, Any] = load_shipped(text)
    return Identities.model_validate(document)


@cache
def load_identities_text() -> Identities:
    """The identities of what text and performance sheets state (`identities_text.yml`), over facts instead of lines.

    Raises pydantic.ValidationError where the file is wrong.
    """
    text = files("transforms").joinpath("identities_text.yml").read_text(encoding="utf-8")
    document: dict[str, Any] = load_shipped(text)
    return Identities(tables={}, doubts=document["doubts"], identities=document["identities"])


@cache
def load_identities_across() -> Mapping[str, Identities]:
    """Identities between documents (`identities_across.yml`) by kind of comparison, with the tables and doubts of one document.

    Raises pydantic.ValidationError where the file is wrong.
    """
    text = files("transforms").joinpath("identities_across.yml").read_text(encoding="utf-8")
    document: dict[str, Any] = load_shipped(text)
    own = load_identities()
    doubts = {**own.doubts, **document["doubts"]}
    kinds: dict[str, Any] = document["comparisons"]
    return {kind: Identities(tables=own.tables, doubts=doubts, identities=entries) for kind, entries in kinds.items()}
