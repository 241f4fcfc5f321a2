"""Who publishes a release, and at which address."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who answers for what is published. `address`: where the release folders can be fetched, None where nowhere yet."""

    name: str = "Yusuan 预算"
    email: str | None = None
    address: str | None = None

    def locate(self, version: str) -> str:
        """The address of a release's folder, with its slash; empty, so that references stay relative, where there is none."""
        return f"{self.address.rstrip('/')}/{version}/" if self.address else ""


def check_address(address: str) -> str:
    """The address itself. Raises ValueError for one that is no web address, or that holds a password."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected an address like https://data.example.org/yusuan")
    if parts.username or parts.password:
        raise ValueError("an address that is published may not hold a name and a password")
    return address
