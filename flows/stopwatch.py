"""How long each step of a run took."""

import contextlib
import time
from collections.abc import Iterator, Mapping

from flows.progress import get_reporter


class Stopwatch:
    """Wall clock by step, in the order in which the steps began; a step that comes again adds up."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @property
    def seconds(self) -> Mapping[str, float]:
        """Seconds by step."""
        return dict(self._seconds)

    @contextlib.contextmanager
    def measure(self, step: str, total: int | None = None) -> Iterator[None]:
        """Time the block, and say that the step begins."""
        get_reporter().begin(step, total)
        started = time.monotonic()
        try:
            yield
        finally:
            self._seconds[step] = self._seconds.get(step, 0.0) + time.monotonic() - started
