"""The WooCommerce store as the core sees it: a StoreClient whose parts live in this folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapters.woocommerce import codes, hooks, payloads
from adapters.woocommerce import writes as profile_writes
from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.checkouts import named_checkouts, pull_checkouts
from adapters.woocommerce.code_usage import look_up_codes
from adapters.woocommerce.facts import read_facts
from adapters.woocommerce.named import named_rows
from adapters.woocommerce.pull import order_rows, pull_customers, pull_orders, pull_products
from adapters.woocommerce.refunds import RefundLookup
from adapters.woocommerce.translate import Context, context, customer_record, decode_rows, make_records, product_record
from plugin_core.clock import to_us, utc_now
from plugin_core.errors import InvalidInput
from plugin_core.platforms import (
    CodeSpec,
    CodeStanding,
    ConnectionInfo,
    CreatedCode,
    Known,
    MadeCode,
    ProfileWrite,
    StoreFacts,
    WebhookChanges,
    WriteResult,
)
from plugin_core.records import Deletion, Page, Record, Rejected

_PULLS = {"orders": pull_orders, "customers": pull_customers, "products": pull_products}


class WooCommerceClient:
    # A store hands over some 150 orders a second; translating them again costs nothing beside that.
    known: Known | None = None

    def __init__(self, connection: ConnectionInfo, api: StoreApi) -> None:
        url = str(connection.facts.get("url") or api.signed.site.url)
        self._connection = connection
        self._api = api
        links = connection.facts.get("checkout_links") is True
        self._about: Context = context(connection.zone, connection.currency, url, connection.settings, checkout_links=links)
        self._profiles = profile_writes.ProfileWriter(api)

    def facts(self) -> StoreFacts:
        return read_facts(self._api)

    def pull(self, resource: str, cursor: Mapping[str, object] | None, *, full: bool = False) -> Iterator[Page]:
        if resource == "checkouts":
            return pull_checkouts(self._api, self._about, cursor, now=utc_now())
        try:
            pull = _PULLS[resource]
        except KeyError:
            raise InvalidInput(f"There is no resource {resource!r}.") from None
        return pull(self._api, self._about, cursor, full=full)

    def fetch(self, resource: str, external_ids: Sequence[str]) -> Page:
        now = utc_now()
        if resource == "checkouts":
            records, rejected = named_checkouts(self._api, self._about, external_ids, now=now)
            return Page(records, {}, rejected, last=True)
        records, rejected, gone = self._named(resource, external_ids)
        deletions = [Deletion(resource, each, to_us(now)) for each in gone]
        return Page([*records, *deletions], {}, rejected, last=True)

    def create_code(self, spec: CodeSpec) -> CreatedCode:
        # None where the key may not read the settings: then the store has to say so itself.
        enabled = self._connection.facts.get("coupons_enabled") is not False
        return codes.create_code(self._api, spec, zone=self._about.zone, currency=self._about.currency, coupons_enabled=enabled)

    def delete_code(self, created: CreatedCode) -> None:
        codes.delete_code(self._api, created)

    def look_up_codes(self, made: Sequence[MadeCode]) -> list[CodeStanding]:
        return look_up_codes(self._api, made, self._about.zone)

    def write_profiles(self, writes: Sequence[ProfileWrite]) -> list[WriteResult]:
        return self._profiles.write(writes)

    def write_consent(self, customer_id: str, channel: str, state: str, at: int) -> None:
        profile_writes.write_consent(self._api, customer_id, channel, state, at)

    def ensure_webhooks(self, url: str, secret: str, topics: Sequence[str], *, renew: bool = False) -> WebhookChanges:
        return hooks.ensure_webhooks(self._api, url, secret, topics, renew=renew)

    def remove_setup(self, webhook_path: str) -> list[str]:
        hooks.remove_webhooks(self._api, webhook_path)
        return []

    def close(self) -> None:
        self._api.signed.close()

    def _named(self, resource: str, ids: Sequence[str]) -> tuple[list[Record], list[Rejected], list[str]]:
        if resource not in _PULLS:
            raise InvalidInput(f"There is no resource {resource!r}.")
        rows, gone = named_rows(self._api, resource, ids)
        if resource == "orders":
            return (*order_rows(rows, RefundLookup(self._api), self._about), gone)
        if resource == "customers":
            accounts, rejected = decode_rows(rows, resource, payloads.account_decoder.decode)
            records, more = make_records(accounts, resource, lambda account: customer_record(account, self._about))
        else:
            products, rejected = decode_rows(rows, resource, payloads.product_decoder.decode)
            records, more = make_records(products, resource, lambda product: product_record(product, self._about))
        return records, rejected + more, gone
