"""Output of a rich console whose texts, whoever wrote them, steer no terminal.

Promise: colours and movements that rich makes itself stay; the text between them has no control characters.
"""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.segment import Segment

from transforms.plain_text import drop_steering


class PlainOutput(RenderHook):
    """For `Console.push_render_hook`."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Each as it is, with its text made plain when it is drawn."""
        return [_Plain(renderable) for renderable in renderables]


class _Plain:
    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(drop_steering(segment.text), segment.style)
