"""Check an address a merchant typed before we connect to it: normalise, resolve, and refuse networks that are ours alone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from plugin_core.errors import InvalidInput

Resolver = Callable[[str, int], list[str]]

_NAT64 = IPv6Network("64:ff9b::/96")
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))  # the protocols' own, and relays nobody runs any more
_OWN_NETWORK = "; for one on your own network set COMEBACK_ALLOW_PRIVATE_STORES=true."
_DEFAULT_PORTS = {"https": 443, "http": 80}


class SiteAddress(NamedTuple):
    """``path`` has no trailing slash and is empty at the root of the host."""

    scheme: str
    host: str  # lower case, ASCII (IDNA), without brackets
    port: int
    path: str

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if _DEFAULT_PORTS[self.scheme] == self.port else f"{host}:{self.port}"


def normalise_url(text: str, *, allow_private: bool = False) -> SiteAddress:
    """``" Shop.Example/blog/ "`` -> https://shop.example/blog. Query and fragment are dropped.

    InvalidInput where it is no web address, carries a password, or is plain HTTP (unless ``allow_private``). No look-up is made.
    """
    cleaned = text.strip()
    if not cleaned or any(ord(letter) <= ord(" ") for letter in cleaned):
        raise InvalidInput("That is not a web address.", mend="Give the shop's address, e.g. https://shop.example.")
    if "://" not in cleaned:
        cleaned = f"https://{cleaned}"
    try:
        parts = urlsplit(cleaned)
        scheme, port = parts.scheme.lower(), parts.port
        host = _ascii_host(parts.hostname or "")
    except ValueError as problem:
        raise InvalidInput("That is not a web address.", mend="Give the shop's address, e.g. https://shop.example.") from problem
    if scheme not in _DEFAULT_PORTS or not host:
        raise InvalidInput("That is not a web address.", mend="It has to begin with https://, e.g. https://shop.example.")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(
            "A web address with a user name or password in it is not accepted.", mend="Leave out what stands before @."
        )
    if scheme == "http" and not allow_private:
        raise InvalidInput(f"{host} would be reached without encryption.", mend=f"Use https://{host}{_OWN_NETWORK}")
    if not allow_private and "." not in host and ":" not in host:
        raise InvalidInput(f"{host!r} is not a public host name.", mend="Give the full address, e.g. https://shop.example.")
    return SiteAddress(scheme, host, port or _DEFAULT_PORTS[scheme], _clean_path(parts.path))


def resolve(host: str, port: int, *, allow_private: bool = False, resolver: Resolver | None = None) -> list[str]:
    """All addresses of ``host``, each of them fit to connect to; connect to these and not to the name again.

    One bad address refuses the host as a whole, so that a name cannot mix public and private answers.
    OSError where the name does not resolve.
    """
    addresses = (resolver or look_up)(host, port)
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise InvalidInput(
                    f"{host} leads to {address}, an address that is not on the public internet.",
                    mend=f"Give the shop's public address{_OWN_NETWORK}",
                )
    return addresses


def look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).split("%", 1)[0] for entry in found))


def is_public(address: str) -> bool:
    """False for private, loopback, link-local, shared (CGNAT), reserved and multicast ones, also when wrapped in IPv6."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = _wrapped(ip)
        if inner is not None:
            return ip.sixtofour is None and ip.teredo is None and is_public(str(inner))
    site_local = isinstance(ip, IPv6Address) and ip.is_site_local
    return (
        ip.is_global
        and not ip.is_multicast
        and not ip.is_reserved
        and not site_local
        and not any(ip in each for each in _SPECIAL)
    )


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _ascii_host(host: str) -> str:
    host = host.rstrip(".")
    if ":" in host:
        return str(IPv6Address(host))
    return host.encode("idna").decode("ascii").lower() if host else ""


def _clean_path(path: str) -> str:
    kept = [part for part in path.split("/") if part]
    if any(part in (".", "..") for part in kept):
        raise InvalidInput(
            "That web address has '..' in it.", mend="Give the address as it stands in the browser on the shop's home page."
        )
    return "".join(f"/{part}" for part in kept)
