"""What the documentation shows as code: fenced blocks with the lines they stand in, and code in running text."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md")
_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# What may stand before a command: an environment, a place, a variable of its own.
_BEFORE = re.compile(r"^(?:\$ )?(?:\w+=\S+ +)*(?:\.venv/bin/)?(?=(?:yusuan|make) )")


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of code of a page. `language` is that of its fence, "inline" in running text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def list_blocks(page: Path) -> Iterator[Code]:
    """The fenced blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        yield Code(page, text.count("\n", 0, match.start("text")) + 1, match["language"], match["text"])


def list_inline(page: Path) -> Iterator[Code]:
    """The code in the running text of a page."""
    text = _FENCE.sub(lambda match: "\n" * match[0].count("\n"), page.read_text(encoding="utf-8"))
    for match in _INLINE.finditer(text):
        yield Code(page, text.count("\n", 0, match.start()) + 1, "inline", match[1])


def list_commands(code: Code) -> Iterator[tuple[Code, list[str]]]:
    """The `yusuan` and `make` commands of a piece of code, in words as a shell would split them."""
    for number, line in enumerate(code.text.splitlines()):
        found = _BEFORE.match(line)
        if not found or code.language not in {"", "inline", "sh", "bash", "console"}:
            continue
        where = Code(code.page, code.line + number, code.language, line)
        words = shlex.split(line[found.end() :], comments=code.language != "inline")
        # What stands behind a pipe is another program's.
        yield where, list(takewhile(lambda word: word != "|", words))
