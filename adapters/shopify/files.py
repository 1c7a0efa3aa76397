"""Files that Shopify keeps elsewhere: results of bulk operations to fetch, uploads to send. Our token never goes along."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests

from adapters.shopify.options import ShopifyOptions
from plugin_core.addresses import normalise_url, resolve
from plugin_core.errors import InvalidInput, Transient, Unreachable, WrongAddress

log = logging.getLogger(__name__)

TIMEOUTS = (5.0, 30.0)


class FileAccess:
    def __init__(self, store: str, shop: str, options: ShopifyOptions) -> None:
        self.store = store
        self._shop = shop
        self._options = options
        self._session = requests.Session()

    @contextmanager
    def get(self, url: str, *, start: int = 0) -> Iterator[requests.Response]:
        """The file from byte ``start`` on, as it is (not compressed). The status is the caller's to judge."""
        address, headers = self._address(url)
        headers["Accept-Encoding"] = "identity"
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            response = self._session.get(address, headers=headers, timeout=TIMEOUTS, allow_redirects=False, stream=True)
        except requests.RequestException as problem:
            raise self._unreachable() from problem
        with response:
            yield response

    def upload(self, url: str, fields: Mapping[str, str], filename: str, content: bytes) -> None:
        address, headers = self._address(url)
        try:
            response = self._session.post(
                address,
                data=dict(fields),
                files={"file": (filename, content, "text/jsonl")},
                headers=headers,
                timeout=TIMEOUTS,
                allow_redirects=False,
            )
        except requests.RequestException as problem:
            raise self._unreachable() from problem
        if response.status_code >= 300:
            raise Transient(f"the upload of a batch was answered with HTTP {response.status_code}.", store=self.store)

    def _address(self, url: str) -> tuple[str, dict[str, str]]:
        """The address to connect to: the shop's own is replaced by ``origin``, any other must be fit to be fetched from."""
        own = f"https://{self._shop}"
        origin = (self._options.origin or own).rstrip("/")
        if url.startswith((f"{own}/", f"{origin}/")):
            return origin + url[len(own) if url.startswith(f"{own}/") else len(origin) :], {"Host": self._shop}
        allow = self._options.allow_private
        try:
            site = normalise_url(url, allow_private=allow)
            if not allow:
                resolve(site.host, site.port)
        except InvalidInput as problem:
            raise WrongAddress(
                f"Shopify named a file at an address that is not fit to fetch from: {problem}", store=self.store
            ) from problem
        except OSError as problem:
            raise self._unreachable(urlsplit(url).hostname or "") from problem
        return url, {}

    def _unreachable(self, host: str = "") -> Unreachable:
        where = f" ({host})" if host else ""
        return Unreachable(
            f"the file server of Shopify{where} can't be reached.", store=self.store, mend="It is tried again later."
        )

    def close(self) -> None:
        self._session.close()
