"""What in the settings nobody may read, and texts without it.

Promise: pure. Secret are the settings that are kept as secrets, and in every other one a password before a host and the value of
a key, token or signature in a query: people write them into addresses (`transforms.plain_text.hide_in_addresses`).
"""

from collections.abc import Iterator

from pydantic import SecretStr

from flows.settings import Settings
from transforms.plain_text import BLOT, hide_in_addresses


def hide_secrets(text: str, settings: Settings) -> str:
    """The text with every secret of the settings blotted out, and what looks like one in any address."""
    for secret in sorted(list_secrets(settings), key=len, reverse=True):
        text = text.replace(secret, BLOT)
    return hide_in_addresses(text)


def list_secrets(settings: Settings) -> Iterator[str]:
    """Every text of the settings that is a secret by itself."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and value.get_secret_value():
            yield value.get_secret_value()
