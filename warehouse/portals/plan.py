"""What publishing would change at a target, step by step.

Promise: a plan is made by reading alone; carrying it out does what it says, in its order, and nothing else. A plan of a target
that has the release already has no step. A step can be repeated: what was cut off is gone on with by planning again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from warehouse.catalogue.release import Catalogue

Verb = Literal["create", "update", "remove", "retire", "restore"]


class PublishError(RuntimeError):
    """A target that cannot be published to, or that refused; the message holds no token."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change. `subject`: the file, data set or resource; `reason`: why, where the verb does not say it."""

    verb: Verb
    subject: str
    act: Callable[[], None] = field(repr=False, compare=False)
    reason: str = ""
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes, in their order. `unchanged`: how many things are there already as they should be."""

    target: str
    version: str
    steps: tuple[Step, ...]
    unchanged: int


class Target(Protocol):
    """A place to publish at."""

    def plan(self, catalogue: Catalogue) -> Plan:
        """What would have to change there for it to hold this release. Raises PublishError."""
        ...


def apply_plan(plan: Plan, report: Callable[[Step], None]) -> None:
    """Carry out the steps, and report each when it is done. Raises PublishError at the first that fails."""
    for step in plan.steps:
        try:
            step.act()
        except OSError as error:
            # Of this machine: a file of the release that cannot be read, no room for what is unpacked.
            raise PublishError(f"{step.subject}: {error}") from error
        report(step)
