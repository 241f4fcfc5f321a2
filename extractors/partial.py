"""A file that came in part: what is there, and how to ask for the rest.

Promise: the rest is only asked for where the server can prove that it is the rest of the same file (RFC 9110: a strong ETag or a
Last-Modified under If-Range, no content coding); what comes back is only joined where it begins where ours ends. Otherwise the
file is fetched from its beginning.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)$")


@dataclass
class PartialFile:
    """The bytes of one address so far. `gained` counts those of the running request."""

    url: str = ""
    validator: str = ""
    content: bytearray = field(default_factory=bytearray)
    gained: int = 0
    total: int | None = None

    @property
    def is_resumable(self) -> bool:
        """There is something, and the server can prove what belongs to it."""
        return bool(self.validator and self.content)

    def ask_for_rest(self, url: str) -> dict[str, str]:
        """Request headers that ask for what is missing; none where all must come."""
        self.gained = 0
        if url != self.url or not self.is_resumable:
            return {}
        return {"Range": f"bytes={len(self.content)}-", "If-Range": self.validator, "Accept-Encoding": "identity"}

    def restart(self, url: str, headers: Mapping[str, str]) -> None:
        """The whole file comes: forget what was there, remember what proves the rest."""
        self.url, self.content, self.total = url, bytearray(), None
        self.validator = _read_validator(headers)

    def accepts(self, url: str, headers: Mapping[str, str]) -> bool:
        """True where the answer to a request for the rest goes on where ours ends, in the same file."""
        match = _RANGE.match(headers.get("content-range", ""))
        etag = headers.get("etag", "")
        is_other = self.validator.startswith('"') and etag not in ("", self.validator)
        if match is None or url != self.url or int(match[1]) != len(self.content) or is_other or "content-encoding" in headers:
            return False
        self.total = None if match[3] == "*" else int(match[3])
        return True

    def add(self, chunk: bytes) -> int:
        """Take in the next bytes; the size so far."""
        self.content += chunk
        self.gained += len(chunk)
        return len(self.content)


def _read_validator(headers: Mapping[str, str]) -> str:
    """A strong ETag, else Last-Modified; nothing where the server refuses ranges or codes the content."""
    if headers.get("accept-ranges", "").lower() == "none" or "content-encoding" in headers:
        return ""
    etag = headers.get("etag", "")
    return etag if etag.startswith('"') else headers.get("last-modified", "")
