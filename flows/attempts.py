"""Attempts: readings that were finished and yet were not committed, so that they are not repeated every night.

Promise: a document that an engine version could not read, and whose earlier rows therefore stay, is remembered here with the
reason; the newest line about a document and engine counts. A line torn by a crash is left out: the document is read again.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_FILE = "attempts.jsonl"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One finished reading that did not become visible."""

    document_id: str
    engine_version: str
    run_id: str
    reason: str


def record_attempts(warehouse_dir: Path, attempts: Iterable[Attempt]) -> None:
    """Append, and be sure that it is on the disk."""
    lines = [json.dumps(asdict(attempt), sort_keys=True) for attempt in attempts]
    if not lines:
        return
    with (warehouse_dir / _FILE).open("a", encoding="utf-8") as file:
        # A blank line first: should the last one be torn, the next does not grow onto it.
        file.write("\n" + "\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())


def load_attempts(warehouse_dir: Path) -> Mapping[str, Attempt]:
    """The newest attempt of each document."""
    path = warehouse_dir / _FILE
    if not path.is_file():
        return {}
    attempts = [_parse(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {attempt.document_id: attempt for attempt in attempts if attempt}


def _parse(line: str) -> Attempt | None:
    try:
        return Attempt(**json.loads(line))
    except (ValueError, TypeError):
        return None
