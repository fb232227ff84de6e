"""Names and sockets that lead inside are refused, whoever asks."""

import socket
from typing import Any

import pytest

from streams.photos.address_guard import AddressGuard, RefusedAddressError


def answers(*addresses: str) -> Any:
    """A lookup that gives these for every name."""

    def lookup(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        family = {False: socket.AF_INET, True: socket.AF_INET6}
        return [
            (family[":" in a], socket.SOCK_STREAM, 6, "", (a, port) if ":" not in a else (a, port, 0, 0))
            for a in addresses
        ]

    return lookup


async def test_a_name_gives_its_public_addresses_only() -> None:
    guard = AddressGuard(lookup=answers("10.0.0.1", "93.184.216.34", "::1", "2606:4700::1111"))
    found = await guard.resolve("mixed.example", 443)
    assert [(entry["host"], entry["port"]) for entry in found] == [
        ("93.184.216.34", 443),
        ("2606:4700::1111", 443),
    ]
    inside = AddressGuard(lookup=answers("10.0.0.1", "::1"))
    with pytest.raises(RefusedAddressError, match=r"intranet.example is 10.0.0.1, ::1"):
        await inside.resolve("intranet.example", 443)
    with pytest.raises(RefusedAddressError, match="nothing"):
        await AddressGuard(lookup=answers()).resolve("nobody.example", 443)


@pytest.mark.parametrize("name", ["localhost", "127.1", "0x7f000001", "2130706433", "017700000001"])
async def test_the_systems_own_resolver_leads_inside_and_is_refused(name: str) -> None:
    guard = AddressGuard()
    with pytest.raises(RefusedAddressError):
        await guard.resolve(name, 80)
    await guard.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254"])
def test_the_socket_is_refused_whoever_asks(address: str) -> None:
    guard = AddressGuard()
    with pytest.raises(RefusedAddressError, match=address):
        guard.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)))
    with guard.open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))) as opened:
        assert opened.family == socket.AF_INET
