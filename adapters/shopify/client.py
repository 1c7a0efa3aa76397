"""Talks to one Shopify store: the port of the core, put together from the parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from adapters.shopify import codes, consent, cursors, facts, fields, writes
from adapters.shopify.bulk_writes import BulkWriter
from adapters.shopify.checkouts import with_coverage
from adapters.shopify.code_usage import look_up_codes
from adapters.shopify.files import FileAccess
from adapters.shopify.options import ShopifyOptions
from adapters.shopify.pull import Puller
from adapters.shopify.read import Known
from adapters.shopify.transport import PATIENCE, AdminTransport
from adapters.shopify.walk import ROOTS, PageReader
from plugin_core.clock import to_us, utc_now
from plugin_core.errors import InvalidInput
from plugin_core.platforms import (
    CodeSpec,
    CodeStanding,
    ConnectionInfo,
    CreatedCode,
    MadeCode,
    ProfileWrite,
    StoreFacts,
    WebhookChanges,
    WriteResult,
)
from plugin_core.records import Deletion, Page

KnownRecords = Callable[[str, Sequence[str]], Mapping[str, tuple[int, str]]]

TAG_PREFIX = "cb:"


class ShopifyClient:
    """``known(resource, external_ids)`` may be set: records it knows with the same time and hash are left out of a pull."""

    known: KnownRecords | None = None

    def __init__(
        self,
        connection: ConnectionInfo,
        options: ShopifyOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], int] = lambda: to_us(utc_now()),
        patience: float = PATIENCE,
    ) -> None:
        self._connection = connection
        self._now = now
        self._transport = AdminTransport(connection, options, clock=clock, sleep=sleep, patience=patience)
        self._files = FileAccess(connection.store, connection.address, options)
        self._pages = PageReader(self._transport, connection.currency)
        self._puller = Puller(self._transport, self._files, self._pages, options.spool_dir, connection.currency)
        self._bulk_writer = BulkWriter(self._transport, self._files, options.spool_dir)

    @property
    def calls(self) -> int:
        """Requests sent to the store's API so far."""
        return self._transport.calls

    def facts(self) -> StoreFacts:
        return facts.shop_facts(self._transport)

    def pull(self, resource: str, cursor: Mapping[str, object] | None, *, full: bool = False) -> Iterator[Page]:
        self._check(resource)
        place = cursors.load(cursor, store=self._connection.store)
        for page in self._puller.pull(resource, place, self._known(resource), full=full):
            yield (
                page
                if resource != "checkouts"
                else page._replace(records=with_coverage(self._transport, page.records, self._now()))
            )

    def fetch(self, resource: str, external_ids: Sequence[str]) -> Page:
        self._check(resource)
        batch, gone = self._pages.named(resource, external_ids)
        records = with_coverage(self._transport, batch.records, self._now()) if resource == "checkouts" else batch.records
        return Page(
            [*records, *(Deletion(resource, each, self._now()) for each in gone)],
            {},
            batch.rejected,
            len(external_ids),
            last=True,
        )

    def create_code(self, spec: CodeSpec) -> CreatedCode:
        return codes.create_code(self._transport, spec, self._connection.currency)

    def delete_code(self, created: CreatedCode) -> None:
        codes.delete_code(self._transport, created)

    def look_up_codes(self, made: Sequence[MadeCode]) -> list[CodeStanding]:
        return look_up_codes(self._transport, made)

    def write_profiles(self, profile_writes: Sequence[ProfileWrite]) -> list[WriteResult]:
        prefix = str(self._connection.settings.get("tag_prefix") or TAG_PREFIX)
        former = self._connection.settings.get("former_tag_prefixes") or ()
        assert isinstance(former, Sequence)  # noqa: S101 - ConnectionInfo.settings says so
        return writes.write_profiles(self._transport, self._bulk_writer, profile_writes, prefix, former=tuple(map(str, former)))

    def define_fields(self) -> None:
        """Gives our fields their names in the shop's admin; once is enough, more does no harm."""
        fields.define(self._transport)

    def write_consent(self, customer_id: str, channel: str, state: str, at: int) -> None:
        consent.write_consent(self._transport, customer_id, channel, state, at)

    def ensure_webhooks(
        self,
        url: str,  # noqa: ARG002
        secret: str,  # noqa: ARG002
        topics: Sequence[str],  # noqa: ARG002
        *,
        renew: bool = False,  # noqa: ARG002
    ) -> WebhookChanges:
        """Nothing: the app's configuration subscribes every shop that installs it."""
        return WebhookChanges()

    def remove_setup(self, webhook_path: str) -> list[str]:  # noqa: ARG002 - Shopify's webhooks go with the app
        return fields.remove_definitions(self._transport)

    def close(self) -> None:
        self._transport.close()
        self._files.close()

    def _check(self, resource: str) -> None:
        if resource not in ROOTS:
            raise InvalidInput(f"{self._connection.store}: there is nothing called {resource!r} to read from Shopify.")

    def _known(self, resource: str) -> Known | None:
        known = self.known
        return None if known is None else lambda external_ids: known(resource, external_ids)
