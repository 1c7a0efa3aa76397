"""Our webhooks in a store, over real HTTP: made once, mended when the store has dropped them, nobody else's touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.sandbox import Twins, start_twins
from adapters.woocommerce import WooCommerceClient, WooCommerceOptions, WooCommercePlatform
from adapters.woocommerce.webhooks import TOPICS
from plugin_core.platforms import ConnectionInfo, WebhookChanges

# Port 9 (discard) answers nobody: what the store sends there is lost at once.
URL = "http://127.0.0.1:9/webhooks/woocommerce/ben"
SECRET = "5f" * 32


@pytest.fixture
def twins() -> Iterator[Twins]:
    with start_twins(8) as running:
        yield running


@pytest.fixture
def store(twins: Twins) -> Iterator[WooCommerceClient]:
    options = WooCommerceOptions(allow_private=True, timeouts=(2.0, 2.0), pause=lambda _seconds: None)
    keys = {"consumer_key": twins.woocommerce.consumer_key, "consumer_secret": twins.woocommerce.consumer_secret}
    client = WooCommercePlatform(options).open(ConnectionInfo("ben", twins.woocommerce.url, keys))
    yield client
    client.close()


def test_every_topic_is_asked_for_once_with_our_own_secret(twins: Twins, store: WooCommerceClient) -> None:
    assert len(store.ensure_webhooks(URL, SECRET, TOPICS).made) == len(TOPICS)
    assert store.ensure_webhooks(URL, SECRET, TOPICS) == WebhookChanges()
    held = twins.woocommerce.store
    assert {each["topic"] for each in held.webhooks.values()} == set(TOPICS)
    assert set(held.webhook_secrets.values()) == {SECRET}


def test_a_webhook_that_is_gone_is_made_again(twins: Twins, store: WooCommerceClient) -> None:
    first, *_ = store.ensure_webhooks(URL, SECRET, TOPICS).made
    del twins.woocommerce.store.webhooks[int(first)]
    assert len(store.ensure_webhooks(URL, SECRET, TOPICS).made) == 1


def test_a_webhook_the_store_has_switched_off_is_switched_on_again(twins: Twins, store: WooCommerceClient) -> None:
    first, *_ = store.ensure_webhooks(URL, SECRET, TOPICS).made
    twins.woocommerce.store.webhooks[int(first)]["status"] = "disabled"
    assert store.ensure_webhooks(URL, SECRET, TOPICS) == WebhookChanges(revived=(first,))
    assert twins.woocommerce.store.webhooks[int(first)]["status"] == "active"


def test_when_we_have_moved_the_store_is_told_the_new_address(twins: Twins, store: WooCommerceClient) -> None:
    store.ensure_webhooks(URL.replace("127.0.0.1:9", "127.0.0.2:9"), SECRET, TOPICS)
    assert len(store.ensure_webhooks(URL, SECRET, TOPICS).changed) == len(TOPICS)
    assert {each["delivery_url"] for each in twins.woocommerce.store.webhooks.values()} == {URL}


def test_a_changed_secret_reaches_all_of_them(twins: Twins, store: WooCommerceClient) -> None:
    store.ensure_webhooks(URL, SECRET, TOPICS)
    store.ensure_webhooks(URL, "a1" * 32, TOPICS, renew=True)
    assert set(twins.woocommerce.store.webhook_secrets.values()) == {"a1" * 32}


def test_other_programs_webhooks_are_left_alone_and_doubled_ones_of_ours_go(twins: Twins, store: WooCommerceClient) -> None:
    held = twins.woocommerce.store
    store.ensure_webhooks("http://127.0.0.1:9/of-the-bookkeeping", "theirs", ["order.created"])
    store.ensure_webhooks(URL, SECRET, ["order.created", "product.deleted"])
    held.webhooks[99] = held.webhooks[2] | {"id": 99}
    store.ensure_webhooks(URL, SECRET, ["order.created"])
    left = [(each["topic"], each["delivery_url"]) for each in held.webhooks.values()]
    assert left == [("order.created", "http://127.0.0.1:9/of-the-bookkeeping"), ("order.created", URL)]
