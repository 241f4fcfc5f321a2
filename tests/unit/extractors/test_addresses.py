"""The crawler reaches public addresses only, whatever a name resolves to."""

import socket
import threading

import httpcore
import pytest

from extractors.addresses import ForbiddenAddressError, GuardedBackend, is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1"])
def test_unicast_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # an address to refuse, nothing listens on it
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_private_local_and_disguised_addresses_are_not(address):
    assert not is_public(address)


def accept_one(listener):
    listener.accept()[0].close()


@pytest.fixture
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server


def test_a_name_that_resolves_to_a_private_address_is_refused(listener):
    backend = GuardedBackend(resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(ForbiddenAddressError):
        backend.connect_tcp("portal.example", listener.getsockname()[1])


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    backend = GuardedBackend(resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(ForbiddenAddressError):
        backend.connect_tcp("portal.example", 80)


def test_the_connection_goes_to_the_address_that_was_checked(listener):
    """A second look at the name would find another address: there is no second look."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    port = listener.getsockname()[1]
    backend = GuardedBackend(private_hosts=frozenset({("portal.example", port)}), resolve=lambda host, _: next(answers))
    accepted = threading.Thread(target=accept_one, args=(listener,))
    accepted.start()
    backend.connect_tcp("portal.example", port, timeout=5).close()
    accepted.join(timeout=5)
    assert next(answers) == ["10.0.0.1"]


def test_a_private_host_is_allowed_at_its_own_port_only(listener):
    port = listener.getsockname()[1]
    backend = GuardedBackend(private_hosts=frozenset({("127.0.0.1", port + 1)}))
    with pytest.raises(ForbiddenAddressError):
        backend.connect_tcp("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example"])
def test_a_name_that_is_none_is_a_failed_connection(host):
    with pytest.raises(httpcore.ConnectError):
        GuardedBackend().connect_tcp(host, 80)
