"""Progress: a bar on a terminal, plain lines in a log.

Promise: whoever works only says what it is doing; how that is shown is decided once, where the command starts.
"""

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from transforms.plain_text import drop_steering


class Reporter(Protocol):
    """What work may say."""

    def say(self, text: str) -> None:
        """One line for people."""

    def begin(self, step: str, total: int | None = None) -> None:
        """A step starts; `total` where its pieces can be counted."""

    def advance(self, name: str) -> None:
        """One piece of the step is done."""


class SilentReporter:
    """Says nothing: for tests and for runs that a deployment starts."""

    def say(self, text: str) -> None:
        """Drop the line."""

    def begin(self, step: str, total: int | None = None) -> None:
        """Drop the step."""

    def advance(self, name: str) -> None:
        """Drop the piece."""


@dataclass
class LineReporter:
    """Plain lines, one for each step and each piece: what a log can hold."""

    console: Console
    _step: str = ""
    _total: int | None = None
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        """Print the line."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self, step: str, total: int | None = None) -> None:
        """Print the step's name and how much there is to do."""
        with self._lock:
            self._step, self._total, self._done = step, total, 0
        self.say(step if total is None else f"{step}: {total}")

    def advance(self, name: str) -> None:
        """Print the piece with its number."""
        with self._lock:
            self._done += 1
            place = f"{self._done}/{self._total}" if self._total else f"{self._done}"
        self.say(f"  [{place}] {name}")


class BarReporter:
    """A progress bar for each step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def say(self, text: str) -> None:
        """Print above the bar."""
        self._progress.console.print(text, markup=False, highlight=False)

    def begin(self, step: str, total: int | None = None) -> None:
        """Close the bar before and open one."""
        self.close_step()
        self._task = self._progress.add_task(step, total=total, piece="")

    def advance(self, name: str) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.update(self._task, advance=1, piece=drop_steering(name)[-40:])

    def close_step(self) -> None:
        """Fill the bar of a step that cannot be counted."""
        if self._task is None:
            return
        task = self._progress.tasks[self._task]
        self._progress.update(self._task, total=task.total or 1, completed=task.total or 1, piece="")


_SILENT = SilentReporter()
_reporter: ContextVar[Reporter] = ContextVar("reporter")


def get_reporter() -> Reporter:
    """The reporter of this context."""
    return _reporter.get(_SILENT)


@contextlib.contextmanager
def report_to(console: Console) -> Iterator[Reporter]:
    """Within it, `get_reporter()` shows progress on the console: bars on a terminal, lines elsewhere."""
    with contextlib.ExitStack() as stack:
        reporter: Reporter
        if console.is_terminal:
            reporter = bars = BarReporter(stack.enter_context(make_bars(console)))
            stack.callback(bars.close_step)
        else:
            reporter = LineReporter(console)
        token = _reporter.set(reporter)
        stack.callback(_reporter.reset, token)
        yield reporter


def make_bars(console: Console) -> Progress:
    """The bar's look."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TextColumn("{task.fields[piece]}", style="dim"), console=console)
