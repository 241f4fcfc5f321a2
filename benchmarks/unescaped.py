"""Looks for what a hostile text left alive in a report.

Promise: a report is read as its reader's program would read it: HTML by an HTML parser, Markdown rendered with raw HTML allowed,
text for the characters that steer a terminal. A planted text carries PROBE as an element's name, as a handler, as a script and as
a link: whatever of that is alive is told with its place.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

PROBE = "yx7probe"
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_DANGEROUS = re.compile(r"\s*(javascript|vbscript|data|file):", re.IGNORECASE)

# A title of each kind. Each begins like a disclosure's, so that the crawl takes it for one.
PLANTED = (
    f"<script>{PROBE}(1)</script>",
    f'"><img src=x onerror={PROBE}(1)>',
    f"</title></script><{PROBE}>",
    f"'-->]]></textarea></style><{PROBE} onclick={PROBE}()>",
    f"<svg/onload={PROBE}(1)>",
    f"[{PROBE}](javascript:{PROBE}(1))",
    f"![{PROBE}](x&quot; onerror=&quot;{PROBE}(1))",
    f"&lt;script&gt;{PROBE}(1)&lt;/script&gt;",
    f"{{{{{PROBE}}}}}{{% raw %}}<{PROBE}>",
    f"\x1b]0;{PROBE}\x07\x1b[31m{PROBE}\x9b2J",
    f"\u202e{PROBE}\u202c\u2067{PROBE}",
    f"|x|</td><{PROBE}>|`</code>`",
    f"[red]{PROBE}[/red][link=file:///etc/passwd]{PROBE}[/link]",
    f"=HYPERLINK({PROBE})",
)


def find_alive(text: str) -> Iterator[str]:
    """What is alive of a planted text in a page of HTML."""
    for node in LexborHTMLParser(text).css("*"):
        tag, attributes = node.tag or "", node.attributes
        if tag == PROBE:
            yield f"an element <{tag}>"
        if tag == "script" and PROBE in node.text(deep=True):
            yield "inside a script"
        for name, value in attributes.items():
            if name.startswith("on") and PROBE in (value or ""):
                yield f"a handler {name} of <{tag}>"
            if (
                name in ("href", "src", "action", "formaction", "data")
                and _DANGEROUS.match(value or "")
                and PROBE in (value or "")
            ):
                yield f"a link {value!r} of <{tag}>"


def find_alive_in_markdown(text: str) -> Iterator[str]:
    """The same in Markdown, as a reader that lets raw HTML through shows it."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    # As the most careless of readers.
    reader.validateLink = lambda url: True  # type: ignore[method-assign]  # its own way to be told what links are good
    return find_alive(reader.render(text))


def find_steering(text: str) -> Iterator[str]:
    """Characters that steer a terminal or turn the direction of a line."""
    for match in _STEERING.finditer(text):
        yield f"the character {match[0]!r} before {text[match.start() + 1 : match.start() + 30]!r}"


def inspect_files(folder: Path) -> tuple[int, list[str]]:
    """Every page, Markdown and data file of a folder: how many were read, and what is alive in them with its place."""
    read, alive = 0, list[str]()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or "vendored" in path.parts:
            continue
        looks = {".html": [find_alive], ".md": [find_alive_in_markdown, find_steering], ".log": [find_steering]}
        looks |= {".txt": [find_steering], ".yml": [find_steering], ".json": [_find_script_end], ".jsonld": [_find_script_end]}
        if path.suffix not in looks:
            continue
        read += 1
        text = path.read_text(encoding="utf-8", errors="replace")
        name = path.relative_to(folder).as_posix()
        alive += [f"{name}: {seen}" for look in looks[path.suffix] for seen in look(text)]
    return read, alive


def _find_script_end(text: str) -> Iterator[str]:
    """JSON is no page: it must parse, so that nothing of it stands outside of its strings."""
    try:
        json.loads(text)
    except ValueError as error:
        yield f"no JSON ({error})"


def find_in_answers(answers: Any) -> Iterator[str]:
    """What is alive in the artifacts that a Prefect server keeps (their Markdown)."""
    for artifact in answers:
        data = artifact.get("data")
        if isinstance(data, str):
            for seen in (*find_alive_in_markdown(data), *find_steering(data)):
                yield f"artifact {artifact.get('key')}: {seen}"
