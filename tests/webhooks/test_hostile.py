"""One battery for both platforms: what is not the store's own word leaves nothing behind but a number."""

from __future__ import annotations

from typing import Any

import pytest

from plugin_core.inbox.receive import open_body
from tests.webhooks.senders import VAULT, Desk, Sender
from webhooks.routes import MOST_BYTES


def refused(desk: Desk, why: str) -> bool:
    return desk.counts() == {why: 1} and desk.stored() == []


def test_what_a_store_signed_is_kept_as_it_came_and_nobody_else_can_read_it(desk: Desk, sender: Sender) -> None:
    raw = sender.raw(email="ada@x.example", first_name="Адам")
    assert sender.send(desk.client, raw) == 200
    (row,) = desk.stored()
    assert row["state"] == "pending"
    assert row["resource_id"] == "4711"
    assert b"ada@x.example" not in bytes(row["body"])
    assert "ada@x.example" not in str(row)
    assert open_body(VAULT, row["store_id"], bytes(row["body"])) == raw
    assert desk.nudges == [1]


def test_a_wrong_signature_is_refused(desk: Desk, sender: Sender) -> None:
    assert sender.send(desk.client, secret="somebody else's") == 401
    assert refused(desk, "bad signature")


@pytest.mark.parametrize("given", [None, ""])
def test_no_signature_is_refused(desk: Desk, sender: Sender, given: str | None) -> None:
    assert sender.send(desk.client, **{sender.signed_by: given}) == 401
    assert refused(desk, "no signature")


@pytest.mark.parametrize("given", ["=", "AAAA", "ÿþ", "x" * 4000, "NaCg2hk/Tm1jtIOpF5qefhv9eBtmGRBMnEt6dSgMHm4="])
def test_a_made_up_signature_is_refused(desk: Desk, sender: Sender, given: str) -> None:
    assert sender.send(desk.client, **{sender.signed_by: given}) == 401
    assert refused(desk, "bad signature")


def test_an_altered_body_is_refused(desk: Desk, sender: Sender) -> None:
    genuine = sender.raw()
    stolen = desk.senders[sender.platform]
    altered = genuine.replace(b"4711", b"4712")
    from tests.webhooks.senders import signature

    assert stolen.send(desk.client, altered, **{sender.signed_by: signature(genuine, sender.secret)}) == 401
    assert refused(desk, "bad signature")


def test_an_empty_body_is_refused_unless_the_store_signed_it(desk: Desk, sender: Sender) -> None:
    assert sender.send(desk.client, b"", secret="guessed") == 401
    assert refused(desk, "bad signature")


def test_another_stores_secret_opens_nothing(desk: Desk, sender: Sender) -> None:
    assert sender.send(desk.client, secret=sender.foreign) == 401
    assert refused(desk, "bad signature")


def test_no_secret_at_all_opens_nothing(desk: Desk, sender: Sender) -> None:
    assert sender.send(desk.client, secret="") == 401
    assert refused(desk, "bad signature")


def test_while_a_secret_is_changed_the_one_before_is_still_good(desk: Desk, sender: Sender) -> None:
    assert sender.send(desk.client, secret=sender.former) == 200
    assert len(desk.stored()) == 1


def test_the_same_delivery_sent_again_is_kept_once(desk: Desk, sender: Sender) -> None:
    assert [sender.send(desk.client) for _ in range(3)] == [200, 200, 200]
    assert len(desk.stored()) == 1
    assert desk.counts() == {"duplicate": 2}


def test_more_than_anybody_needs_is_refused(desk: Desk, sender: Sender) -> None:
    assert sender.send(desk.client, b'{"id": 1, "x": "' + b"x" * MOST_BYTES + b'"}') == 413
    assert refused(desk, "too large")


@pytest.mark.parametrize("kind", ["text/html", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", None])
def test_what_is_not_json_by_its_own_word_is_refused(desk: Desk, sender: Sender, kind: str | None) -> None:
    assert sender.send(desk.client, Content_Type=kind) == 415
    assert refused(desk, "wrong content type")


def test_the_charset_makes_no_difference(desk: Desk, sender: Sender) -> None:
    assert sender.send(desk.client, Content_Type="Application/JSON; charset=UTF-8") == 200


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_looking_and_changing_are_not_sending(desk: Desk, sender: Sender, method: str) -> None:
    assert getattr(desk.client, method)(sender.path).status_code == 405


@pytest.mark.parametrize(
    "shape", ["{0}/", "/{0}", "{0}//x", "/webhooks", "/webhooks/", "/webhooks//shopify", "/webhooks/magento"]
)
def test_no_path_is_answered_with_a_redirect(desk: Desk, sender: Sender, shape: str) -> None:
    assert desk.client.post(shape.format(sender.path), data=b"{}").status_code in {401, 404, 415}


def test_a_strangers_store_is_told_the_same_as_a_wrong_signature(desk: Desk) -> None:
    ben = desk.senders["woocommerce"]
    ben.path = "/webhooks/woocommerce/nobody"
    assert ben.send(desk.client) == 401
    ada = desk.senders["shopify"]
    assert ada.send(desk.client, X_Shopify_Shop_Domain="nobody.myshopify.com") == 200
    assert desk.counts() == {"bad signature": 1, "unknown store": 1}
    assert desk.stored() == []


def test_a_body_that_names_one_shop_is_not_taken_for_another(desk: Desk) -> None:
    ada = desk.senders["shopify"]
    raw = ada.raw(myshopify_domain="dmitri.myshopify.com")
    assert ada.send(desk.client, raw, X_Shopify_Topic="app/uninstalled") == 401
    assert refused(desk, "another shop's body")


def test_a_ping_is_answered_and_leaves_nothing(desk: Desk) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for store in ("ben", "nobody"):
        answer = desk.client.post(f"/webhooks/woocommerce/{store}", data=b"webhook_id=17", headers=form)
        assert (answer.status_code, answer.data) == (200, b"")
    assert desk.counts() == {"ping": 2}
    assert desk.stored() == []


@pytest.mark.parametrize("body", [b"webhook_id=", b"webhook_id=1&x=2", b"webhook_id=1\n", b"xwebhook_id=1"])
def test_what_only_looks_like_a_ping_is_refused(desk: Desk, body: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert desk.client.post("/webhooks/woocommerce/ben", data=body, headers=form).status_code == 415


def test_a_deletion_is_never_taken_for_one_that_came_before(desk: Desk) -> None:
    ben = desk.senders["woocommerce"]
    for _ in range(2):
        assert ben.send(desk.client, b'{"id":9}', X_WC_Webhook_Topic="order.deleted") == 200
    assert len(desk.stored()) == 2


def test_woocommerces_delivery_ids_tell_nothing_apart_and_nothing_the_same(desk: Desk) -> None:
    ben = desk.senders["woocommerce"]
    for number in (1, 2):
        assert ben.send(desk.client, ben.raw(total=str(number))) == 200
    assert ben.send(desk.client, ben.raw(total="1"), X_WC_Webhook_Delivery_ID="another") == 200
    assert len(desk.stored()) == 2


def test_two_events_of_one_order_are_two_and_a_topic_we_do_not_know_is_kept(desk: Desk) -> None:
    ada = desk.senders["shopify"]
    for more in ({}, {"X_Shopify_Event_Id": "another"}, {"X_Shopify_Topic": "orders/of_the_future"}):
        assert ada.send(desk.client, **more) == 200
    assert [row["topic"] for row in desk.stored()] == ["orders/updated", "orders/updated", "orders/of_the_future"]


def test_a_database_that_is_gone_is_said_so_that_the_store_sends_again(desk: Desk, sender: Sender) -> None:
    def gone(*_: Any) -> Any:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("SELECT", {}, Exception("gone"))

    desk.inbox._connected = gone  # type: ignore[method-assign]
    assert sender.send(desk.client) == 503
    assert desk.stored() == []
