"""One store's HTTP: the ``woocommerce`` library builds and signs each request, our session sends it to a checked address.

The library sends with the module-level ``requests.request``: a new connection each time, redirects followed, no way to pin
an address. Its one sending seam is replaced here; the URL, the Basic, query and OAuth 1.0a modes stay the library's own.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from json import dumps
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from woocommerce import API
from woocommerce.oauth import OAuth

from plugin_core.addresses import Resolver, SiteAddress, resolve

Params = Mapping[str, str | int]

_CHUNK = 65_536


class RawAnswer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class TooLarge(Exception):
    """The answer went past the size or time we allow it."""


class PinnedAdapter(HTTPAdapter):
    """Connects to addresses that were checked once, while certificate and Host header stay those of the name.

    A name that answers with a public address first and a private one later (DNS rebinding) gets no second look-up.
    """

    def __init__(self, *, allow_private: bool, resolver: Resolver | None = None) -> None:
        self._allow_private = allow_private
        self._resolver = resolver
        self._pins: dict[tuple[str, int], list[str]] = {}
        super().__init__(pool_connections=2, pool_maxsize=2, max_retries=0)

    def build_connection_pool_key_attributes(self, request: requests.PreparedRequest, verify: Any, cert: Any = None) -> Any:
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
        scheme, host = host_params["scheme"], host_params["host"]
        port = host_params["port"] or (443 if scheme == "https" else 80)
        pins = self._pins.get((host, port))
        if pins is None:
            pins = self._pins[(host, port)] = resolve(
                host.strip("[]"), port, allow_private=self._allow_private, resolver=self._resolver
            )
        host_params["host"] = pins[0]
        if scheme == "https":
            named: dict[str, Any] = {**pool_kwargs, "server_hostname": host, "assert_hostname": host}
            return host_params, named
        return host_params, pool_kwargs

    def try_next_address(self) -> None:
        """After a failed connection: the host's other addresses get their turn."""
        for pins in self._pins.values():
            pins.append(pins.pop(0))


class SignedApi(API):  # type: ignore[misc]  # the library carries no types
    """The library's client on a reused, pinned session that follows no redirect."""

    def __init__(
        self, site: SiteAddress, key: str, secret: str, *, user_agent: str, allow_private: bool, resolver: Resolver | None = None
    ) -> None:
        super().__init__(site.url, key, secret, version="wc/v3", user_agent=user_agent)
        self.site = site
        self.clock_skew = 0.0  # seconds the store's clock is ahead of ours, once it refused a signature for it
        self.adapter = PinnedAdapter(allow_private=allow_private, resolver=resolver)
        self.session = requests.Session()
        self.session.trust_env = False  # a proxy would undo the pinning, a .netrc entry would replace the signature
        self.session.mount("https://", self.adapter)
        self.session.mount("http://", self.adapter)

    def _API__request(  # noqa: N802 - the library's own seam, under the name Python gives it
        self, method: str, endpoint: str, data: object, params: Params | None = None, **kwargs: Any
    ) -> requests.Response:
        url: str = self._API__get_url(endpoint)
        query = dict(params or {})  # a copy: the library would write the secret into the caller's own dict
        auth = None
        if not self.is_ssl:
            url, query = self._signed(f"{url}?{urlencode(query)}" if query else url, method), {}  # the library sends them twice
        elif self.query_string_auth:
            query |= {"consumer_key": self.consumer_key, "consumer_secret": self.consumer_secret}
        else:
            auth = HTTPBasicAuth(self.consumer_key, self.consumer_secret)
        headers = {"User-Agent": self.user_agent, "Accept": "application/json", "Host": self.site.netloc}
        body = None
        if data is not None:
            body = dumps(data, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json;charset=utf-8"
        return self.session.request(
            method, url, params=query, data=body, headers=headers, auth=auth, allow_redirects=False, stream=True, **kwargs
        )

    def _signed(self, url: str, method: str) -> str:
        stamp = int(time.time() + self.clock_skew)
        oauth = OAuth(url, self.consumer_key, self.consumer_secret, version=self.version, method=method, oauth_timestamp=stamp)
        # The library draws its nonce from eight digits of the global generator: seeded or forked processes repeat each other.
        oauth.generate_nonce = lambda: secrets.token_hex(20)
        return str(oauth.get_oauth_url())

    def send(
        self, method: str, endpoint: str, params: Params | None, data: object, timeout: tuple[float, float], limit: int
    ) -> RawAnswer:
        """One attempt. Requests' own exceptions pass through; the caller must not let their text out (it holds the query)."""
        verb = getattr(self, method.lower())
        response = verb(endpoint, params=params, timeout=timeout, **({} if data is None else {"data": data}))
        return _read(response, limit, deadline=timeout[1] * 4)

    def index(self, timeout: tuple[float, float], limit: int) -> RawAnswer:
        """WordPress' own public index, without our keys: the site's name, address and time zone."""
        headers = {"User-Agent": self.user_agent, "Accept": "application/json", "Host": self.site.netloc}
        response = self.session.get(
            f"{self.site.url}/wp-json/", headers=headers, timeout=timeout, allow_redirects=False, stream=True
        )
        return _read(response, limit, deadline=timeout[1] * 4)

    def close(self) -> None:
        self.session.close()


def store_time(headers: Mapping[str, str]) -> float | None:
    """The store's clock, seconds since 1970, as its Date header tells it."""
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except ValueError:
        return None


def site_of(location: str, site: SiteAddress) -> str:
    """Where a redirect leads, as an address to connect with: no query (it may hold keys), nothing from /wp-json on."""
    parts = urlsplit(location)
    path = parts.path.split("/wp-json", 1)[0].rstrip("/")
    return f"{parts.scheme or site.scheme}://{parts.netloc.rpartition('@')[2] or site.netloc}{path}"


def _read(response: requests.Response, limit: int, *, deadline: float) -> RawAnswer:
    started = time.monotonic()
    body = bytearray()
    with response:
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > limit or time.monotonic() - started > deadline:
                raise TooLarge
    return RawAnswer(response.status_code, response.headers, bytes(body))


def _without_query(record: logging.LogRecord) -> bool:
    """urllib3 writes each request's path at debug level, and with query authentication the secret stands in it."""
    if isinstance(record.args, tuple):
        record.args = tuple(part.split("?", 1)[0] if isinstance(part, str) else part for part in record.args)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_query)
