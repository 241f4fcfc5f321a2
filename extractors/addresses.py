"""Which network addresses the crawler may reach, enforced where the connection is made.

Promise: a host name is resolved once, every address it has is checked, and the connection goes to a checked address: a name that
resolves to something else a moment later (DNS rebinding) gains nothing. A link on a page never reaches the operator's network,
except for the hosts that a source's YAML names. The time that a request may take in all is enforced here too, at every read.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import httpcore

Resolve = Callable[[str, int], list[str]]
HostPort = tuple[str, int]

DEADLINE: ContextVar[float | None] = ContextVar("deadline", default=None)
"""Monotonic time at which the running request must be over, set by the fetcher."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddressError(Exception):
    """The link leads to an address that is not public and that the source does not allow."""


def resolve_host(host: str, port: int) -> list[str]:
    """Addresses of a host name, in the resolver's order. Raises httpcore.ConnectError where there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} is not known ({error})") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """True for a unicast address of the public internet, also looking inside IPv6 forms that carry an IPv4 address."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        carried = _carried_ipv4(ip)
        if carried is not None:
            return is_public(str(carried))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _carried_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.teredo is not None:
        return ip.teredo[1]
    return ip.ipv4_mapped or ip.sixtofour


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections for httpcore, to checked addresses only. `private_hosts`: (host, port) that may be private; `network`:
    what connects to an address once it is checked."""

    def __init__(
        self,
        *,
        private_hosts: frozenset[HostPort] = frozenset(),
        resolve: Resolve = resolve_host,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._private_hosts = private_hosts
        self._resolve = resolve
        self._backend = network or httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check all, connect to the first that answers. Raises ForbiddenAddressError, httpcore.ConnectError."""
        addresses = self._resolve(host, port)
        if (host, port) not in self._private_hosts:
            self._refuse_private(host, addresses)
        failure: httpcore.ConnectError | httpcore.ConnectTimeout = httpcore.ConnectError(f"the name {host} has no address")
        for address in addresses:
            try:
                stream = self._backend.connect_tcp(address, port, _time_left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _TimedStream(stream)
        raise failure

    def _refuse_private(self, host: str, addresses: list[str]) -> None:
        for address in addresses:
            if not is_public(address):
                raise ForbiddenAddressError(f"{host} is {address}, which is not a public address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never: a portal is not a file."""
        raise ForbiddenAddressError(f"a local socket is no portal: {path}")

    def sleep(self, seconds: float) -> None:
        """Wait, for httpcore's own retries (not used)."""
        time.sleep(seconds)


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every step is bounded by what is left of the request's time: dripping bytes cannot hold it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _time_left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _time_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _time_left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _time_left(timeout: float | None) -> float | None:
    deadline = DEADLINE.get()
    if deadline is None:
        return timeout
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the request's time is over")
    return left if timeout is None else min(left, timeout)
