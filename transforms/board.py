"""Described lines as whole numbers, so that the many selections and groupings of the identities stay cheap.

Promise: equal texts have equal numbers in every column (a key may be taken from another column), and the numbers sort as the
texts do; whole-number columns are kept as they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.identities import Identities, Term, Value

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Board:
    """`columns`: int64 arrays of one length, one entry per line; `words`: the number of every text in them.

    `scopes`: document and set of every scope (one set of tables of one document), by the number in the column `scope`.

    `tables` and `doubts` are the short names and the explanations that the identities declare.
    """

    columns: Mapping[str, Ints]
    words: Mapping[str, int]
    scopes: Mapping[str, Ints]
    tables: Mapping[str, str]
    doubts: Mapping[str, str]

    def select(self, term: Term) -> Ints:
        """Positions of the lines that a term means, ascending. Raises KeyError for a column that lines do not have."""
        mask = np.ones(len(self.columns["fen"]), dtype=bool)
        if term.tables:
            mask &= self._equals("table_type", [self.tables.get(name, name) for name in term.tables])
        for column, value in term.where.items():
            mask &= self._equals(column, value if isinstance(value, list) else [value])
        for column, value in term.unless.items():
            mask &= ~self._equals(column, value if isinstance(value, list) else [value])
        return np.flatnonzero(mask)

    def _equals(self, column: str, values: Iterable[Value]) -> Bools:
        numbers = [self.words.get(value, -1) if isinstance(value, str) else int(value) for value in values]
        found = np.zeros(len(self.columns["fen"]), dtype=bool)
        for number in numbers:
            found |= self.columns[column] == number
        return found


def lay_out_board(described: pd.DataFrame, identities: Identities) -> Board:
    """The board of described lines, all columns included."""
    texts = [c for c in described if not pd.api.types.is_numeric_dtype(described[c].dtype) and c != "amount_cny"]
    flat = np.concatenate([described[c].to_numpy(dtype=object) for c in texts]) if texts else np.array([], dtype=object)
    numbers, words = pd.factorize(flat, sort=True)
    columns: dict[str, Ints] = dict(zip(map(str, texts), np.split(numbers.astype("int64"), len(texts)), strict=True))
    columns |= {str(c): described[c].to_numpy(dtype="int64") for c in described if c not in texts and c != "amount_cny"}
    pairs, scope = np.unique(np.column_stack([columns["document"], columns["set"]]), axis=0, return_inverse=True)
    columns["scope"] = scope.reshape(-1).astype("int64")
    scopes = {"document": pairs[:, 0], "set": pairs[:, 1]}
    return Board(columns, {str(word): number for number, word in enumerate(words)}, scopes, identities.tables, identities.doubts)
