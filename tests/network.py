"""The tests' network ends at this machine: anything but loopback and unix sockets fails at once."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


class OutsideWorld(AssertionError):
    """A test tried to reach a machine that is not this one."""


def close_the_door(patch: pytest.MonkeyPatch) -> None:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse(self.family, address)
        return connect_ex(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name.rstrip(".").endswith(".invalid"):
            # RFC 6761: never resolves, anywhere. The honest way for a test to name a store that is not there.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name and not is_here(name):
            raise OutsideWorld(f"a test asked for the address of {name}")
        return getaddrinfo(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)


def is_closed() -> bool:
    return socket.socket.connect.__module__ == __name__ and socket.getaddrinfo.__module__ == __name__


def is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(family: int, address: Any) -> None:
    if family in {socket.AF_INET, socket.AF_INET6} and not is_here(str(address[0])):
        raise OutsideWorld(f"a test tried to connect to {address[0]}")
