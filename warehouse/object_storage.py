"""S3-compatible storage: what a program must know to reach it, told to each library in its own words.

Promise: keys are never part of a text that is made here but of what the libraries are given (`for_…`): not of
`repr`, not of a message. What is not given (keys of a machine's role, a profile) is left to the libraries' own search.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Self

Addressing = Literal["path", "virtual"]

_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(?:/[^/]+)*)/?")


class ObjectUrlError(ValueError):
    """An address that is no `s3://bucket/prefix`."""


class StorageError(Exception):
    """Object storage cannot be reached, or refuses; the message names the place and never a key."""


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """An S3-compatible server. `addressing`: the bucket in the path, or in the host name (Alibaba Cloud OSS wants that)."""

    endpoint: str = ""
    region: str = ""
    access_key_id: str = field(default="", repr=False)
    secret_access_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    addressing: Addressing = "path"

    def for_fsspec(self) -> dict[str, Any]:
        """Keyword arguments of `s3fs.S3FileSystem`. Listings are never kept: other writers may be at work."""
        client = {"endpoint_url": self.endpoint, "region_name": self.region}
        keys = {"key": self.access_key_id, "secret": self.secret_access_key, "token": self.session_token}
        return {
            **_given(keys),
            "client_kwargs": _given(client),
            # Newer checksums only where the server asks: not every S3-compatible one knows them. Writers send an MD5 of
            # their own.
            "config_kwargs": {
                "s3": {"addressing_style": self.addressing},
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
            "use_listings_cache": False,
            "skip_instance_cache": True,
        }

    def for_delta(self) -> dict[str, str]:
        """`storage_options` of deltalake, and of everything else that is built on object_store."""
        return _given(
            {
                "aws_endpoint": self.endpoint,
                "aws_region": self.region,
                "aws_access_key_id": self.access_key_id,
                "aws_secret_access_key": self.secret_access_key,
                "aws_session_token": self.session_token,
                "aws_virtual_hosted_style_request": "true" if self.addressing == "virtual" else "",
                "aws_allow_http": "true" if self.endpoint.startswith("http://") else "",
            }
        )

    def for_arrow(self) -> dict[str, Any]:
        """Keyword arguments of `pyarrow.fs.S3FileSystem`."""
        scheme, _, host = self.endpoint.rpartition("://")
        words = {
            "endpoint_override": host,
            "scheme": scheme,
            "region": self.region,
            "access_key": self.access_key_id,
            "secret_key": self.secret_access_key,
            "session_token": self.session_token,
        }
        return {**_given(words), "force_virtual_addressing": self.addressing == "virtual"}


@dataclass(frozen=True, slots=True)
class ObjectPlace:
    """A prefix in a bucket, and the server that it is on: what a folder is on a disk."""

    bucket: str
    prefix: str
    storage: ObjectStorage

    @classmethod
    def parse(cls, url: str, storage: ObjectStorage) -> Self:
        """The place of an `s3://bucket/prefix`. Raises ObjectUrlError."""
        found = _URL.fullmatch(url)
        if found is None:
            raise ObjectUrlError(f"no address of the form s3://bucket/prefix: {url}")
        return cls(found["bucket"], found["prefix"].strip("/"), storage)

    @property
    def url(self) -> str:
        """The address without a slash at its end; it holds no keys."""
        return f"s3://{self.path}"

    @property
    def path(self) -> str:
        """Bucket and prefix, as fsspec names it."""
        return f"{self.bucket}/{self.prefix}".rstrip("/")

    def __str__(self) -> str:
        return self.url


@cache
def open_filesystem(storage: ObjectStorage) -> Any:
    """The storage as fsspec's file system, one for all threads of a process. Raises StorageError without the extra `s3`."""
    try:
        import s3fs  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise StorageError("s3:// needs the extra: pip install 'yusuan[s3]'") from error
    return s3fs.S3FileSystem(**storage.for_fsspec())


def is_object_url(location: str) -> bool:
    """True for an address on object storage, false for a folder."""
    return location.startswith("s3://")


def _given(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
