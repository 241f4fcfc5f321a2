"""Which stated things are parts of which: the models of `families.yml`, and its loader.

Promise: a file that loads has every way of listing parts under a topic that the identities know by name.
"""

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from transforms.shipped import load_shipped


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Family(_Frozen):
    """A whole and its parts; `needs`: so many parts must be stated before a sum is claimed without doubt.

    `is_open`: kinds may be left unnamed, so that only parts that are more than the whole are an error.
    """

    topic: str
    whole: str
    parts: tuple[str, ...]
    unit: str
    needs: int
    is_open: bool = False
    other_ways: tuple[tuple[str, ...], ...] = Field(default=(), alias="or")


class Listing(_Frozen):
    """A whole whose parts are told apart by their subjects."""

    whole: str
    parts: str


class ShareRule(_Frozen):
    """What a share is a share of, by the beginning of its concept."""

    part: str
    wholes: tuple[str, ...]


class Families(_Frozen):
    """The whole file."""

    families: tuple[Family, ...]
    lists: tuple[Listing, ...]
    shares: tuple[ShareRule, ...]
    products: tuple[str, ...]
    current: str

    def name_wholes(self, concept: str) -> tuple[str, ...]:
        """The concepts that may be the whole of a part, likeliest first."""
        return next((rule.wholes for rule in self.shares if concept.startswith(rule.part)), ())


@cache
def load_families() -> Families:
    """The declared families. Raises pydantic.ValidationError where the file is wrong."""
    text = files("transforms").joinpath("stated/families.yml").read_text(encoding="utf-8")
    return Families(**load_shipped(text))
