from __future__ import annotations

import json

import pytest
import requests
import responses

from adapters.shopify.writes import BULK_ABOVE
from plugin_core.errors import InvalidInput, Refused
from plugin_core.platforms import ProfileWrite
from tests.adapters.shopify.shop import FILE, NOW, Shop, client, ok

FIELDS = {"points": 120, "tier": "gold", "referral_code": "ADA1", "segments": "big_spenders,lapsed_90", "lifecycle": "slipping"}
UPLOAD = "https://acme.myshopify.com/upload"


def write(number, **changes):
    return ProfileWrite(str(number), **({"fields": FIELDS, "add_tags": ("cb:slipping",), "remove_tags": ()} | changes))


@pytest.fixture
def writable(shop: Shop) -> Shop:
    for name, field in (
        ("MetafieldsSet", "metafieldsSet"),
        ("MetafieldsDelete", "metafieldsDelete"),
        ("TagsAdd", "tagsAdd"),
        ("TagsRemove", "tagsRemove"),
    ):
        shop.on[name] = [ok({field: {"userErrors": []}})]
    shop.on["CustomersExist"] = lambda variables: ok(
        {"nodes": [None if each.endswith("/9") else {"id": each} for each in variables["ids"]]}
    )
    return shop


def test_fields_go_out_by_25_in_the_apps_own_namespace_and_tags_one_customer_a_call(writable: Shop, tmp_path):
    results = client(tmp_path).write_profiles([write(number) for number in range(1, 8)])
    assert all(each.ok for each in results)
    assert writable.names() == ["MetafieldsSet"] * 2 + ["TagsAdd"] * 7
    items = [item for name, variables in writable.asked if name == "MetafieldsSet" for item in variables["metafields"]]
    assert [len(variables["metafields"]) for name, variables in writable.asked if name == "MetafieldsSet"] == [25, 10]
    assert not any("namespace" in item for item in items)
    assert items[0] == {"ownerId": "gid://shopify/Customer/1", "key": "points", "type": "number_integer", "value": "120"}
    assert items[3] == {
        "ownerId": "gid://shopify/Customer/1",
        "key": "segments",
        "type": "single_line_text_field",
        "value": "big_spenders,lapsed_90",
    }
    assert [each.calls for each in results] == [2, 1, 1, 1, 1, 2, 1]


def test_a_field_without_a_value_is_removed(writable: Shop, tmp_path):
    (result,) = client(tmp_path).write_profiles(
        [write(1, fields={"tier": None, "segments": "", "points": 0}, add_tags=(), remove_tags=("cb:old",))]
    )
    assert result.ok
    assert dict(writable.asked)["MetafieldsDelete"]["metafields"] == [
        {"ownerId": "gid://shopify/Customer/1", "namespace": "$app", "key": key} for key in ("tier", "segments")
    ]
    assert dict(writable.asked)["MetafieldsSet"]["metafields"][0]["value"] == "0"
    assert dict(writable.asked)["TagsRemove"] == {"id": "gid://shopify/Customer/1", "tags": ["cb:old"]}


@pytest.mark.parametrize(
    "changes",
    [{"add_tags": ("vip",)}, {"remove_tags": ("vip",)}, {"add_tags": ("cb:a,vip",)}, {"add_tags": ("cb:" + "x" * 260,)}],
)
def test_the_merchants_own_tags_are_never_touched(writable: Shop, tmp_path, changes):
    with pytest.raises(InvalidInput, match=r"acme: .* is no tag of ours"):
        client(tmp_path).write_profiles([write(1), write(2, **changes)])
    assert writable.asked == []


def test_one_customer_who_is_gone_does_not_spoil_the_others(writable: Shop, tmp_path):
    def answer(variables):
        gone = any(each["ownerId"].endswith("/9") for each in variables["metafields"])
        errors = [{"message": "Owner does not exist", "code": "INVALID", "field": None, "elementIndex": 5}] if gone else []
        return ok({"metafieldsSet": {"metafields": None, "userErrors": errors}})

    writable.on["MetafieldsSet"] = answer
    one, gone, three = client(tmp_path).write_profiles([write(1), write(9), write(3)])
    assert (one.ok, three.ok) == (True, True)
    assert (gone.ok, gone.gone, gone.retry) == (False, True, False)
    assert [variables["id"] for name, variables in writable.asked if name == "TagsAdd"] == [
        "gid://shopify/Customer/1",
        "gid://shopify/Customer/3",
    ]


def test_a_customer_whose_tags_are_full_is_reported_and_kept(writable: Shop, tmp_path):
    writable.on["TagsAdd"] = [ok({"tagsAdd": {"node": None, "userErrors": [{"field": ["tags"], "message": "Too many tags"}]}})]
    (result,) = client(tmp_path).write_profiles([write(1)])
    assert (result.ok, result.gone, result.retry, result.error) == (False, False, False, "Too many tags")


def test_a_lost_answer_to_a_tag_is_asked_again_because_twice_is_the_same(writable: Shop, tmp_path, time):
    writable.on["TagsAdd"] = [requests.ReadTimeout(), (502, {}, ""), ok({"tagsAdd": {"node": None, "userErrors": []}})]
    (result,) = client(tmp_path, time).write_profiles([write(1)])
    assert (result.ok, result.calls) == (True, 4)


def test_a_shop_that_stays_away_puts_the_write_off(writable: Shop, tmp_path, time):
    writable.on["TagsAdd"] = [(503, {}, "")]
    (result,) = client(tmp_path, time).write_profiles([write(1)])
    assert (result.ok, result.retry) == (False, True)


@pytest.fixture
def bulk(writable: Shop, edge) -> dict[str, list[bytes]]:
    """Runs staged mutations; customer 9 doesn't exist and customer 8 gets no result."""
    sent: dict[str, list[bytes]] = {"lines": [], "results": [], "fields": []}
    parameters = [{"name": "key", "value": "tmp/1/vars.jsonl"}, {"name": "policy", "value": "p"}]
    target = {"url": UPLOAD, "resourceUrl": None, "parameters": parameters}
    writable.on["StagedUpload"] = [ok({"stagedUploadsCreate": {"stagedTargets": [target], "userErrors": []}})]

    def take(request):
        body = request.body if isinstance(request.body, bytes) else request.body.read()
        sent["fields"].append(body)
        sent["lines"] = [each for each in body.split(b"\n") if each.startswith(b'{"')]
        return 201, {}, ""

    def run(variables):
        name = "metafieldsSet" if "metafieldsSet" in variables["mutation"] else "tagsAdd"
        assert variables["stagedUploadPath"] == "tmp/1/vars.jsonl"
        assert 10 <= len(variables["clientIdentifier"]) <= 255
        results = []
        for number, each in enumerate(sent["lines"]):
            errors = [{"message": "does not exist"}] if b'Customer/9"' in each else []
            if b'Customer/8"' not in each:
                results.append(json.dumps({"data": {name: {"userErrors": errors}}, "__lineNumber": number}).encode())
        sent["results"] = results[::-1]
        return ok({"bulkOperationRunMutation": {"bulkOperation": {"id": "gid://shopify/BulkOperation/60"}, "userErrors": []}})

    def look(_variables):
        size = len(b"\n".join(sent["results"]))
        return ok(
            {"bulkOperation": {"id": "gid://shopify/BulkOperation/60", "status": "COMPLETED", "fileSize": str(size), "url": FILE}}
        )

    edge.add_callback(responses.POST, UPLOAD, callback=take)
    edge.add_callback(responses.GET, FILE, callback=lambda _request: (200, {}, b"\n".join(sent["results"])))
    writable.on["BulkRunMutation"] = run
    writable.on["BulkOperation"] = look
    return sent


def test_many_customers_go_out_as_bulk_mutations_and_every_result_is_read(writable: Shop, bulk, tmp_path):
    results = client(tmp_path).write_profiles([write(number) for number in range(1, BULK_ABOVE + 12)])
    assert writable.names().count("BulkRunMutation") == 2
    assert "TagsAdd" not in writable.names()
    by_id = {each.customer_id: each for each in results}
    assert by_id["9"].gone
    assert (by_id["8"].ok, by_id["8"].retry) == (False, True)
    assert all(each.ok for key, each in by_id.items() if key not in {"8", "9"})
    assert len(bulk["lines"]) == BULK_ABOVE + 9  # tags: without those whose fields failed
    assert json.loads(bulk["lines"][0]) == {"id": "gid://shopify/Customer/1", "tags": ["cb:slipping"]}
    assert b'name="policy"' in bulk["fields"][0]
    assert list(tmp_path.iterdir()) == []


def test_where_bulk_mutations_can_not_be_had_calls_are_made_one_by_one(writable: Shop, bulk, tmp_path, time):
    refused = {"bulkOperation": None, "userErrors": [{"code": "OPERATION_IN_PROGRESS", "message": "busy", "field": None}]}
    writable.on["BulkRunMutation"] = [ok({"bulkOperationRunMutation": refused})]
    results = client(tmp_path, time).write_profiles([write(number) for number in range(10, BULK_ABOVE + 20)])
    assert all(each.ok for each in results)
    assert writable.names().count("TagsAdd") == BULK_ABOVE + 10


def test_opting_out_with_us_is_told_to_the_shop(shop: Shop, tmp_path):
    shop.on["EmailConsent"] = [ok({"customerEmailMarketingConsentUpdate": {"customer": {"id": "1"}, "userErrors": []}})]
    client(tmp_path).write_consent("1", "email", "unsubscribed", NOW)
    assert shop.asked[0][1]["input"] == {
        "customerId": "gid://shopify/Customer/1",
        "emailMarketingConsent": {"marketingState": "UNSUBSCRIBED", "consentUpdatedAt": "2026-11-18T11:06:40Z"},
    }


def test_a_consent_that_shopify_can_not_keep_is_refused(shop: Shop, tmp_path):
    acme = client(tmp_path)
    with pytest.raises(InvalidInput, match="acme: Shopify keeps no consent 'unknown'"):
        acme.write_consent("1", "email", "unknown", NOW)
    shop.on["SmsConsent"] = [
        ok(
            {
                "customerSmsMarketingConsentUpdate": {
                    "customer": None,
                    "userErrors": [{"message": "No phone number", "code": "INVALID"}],
                }
            }
        )
    ]
    with pytest.raises(Refused, match="acme: Shopify refused the sms consent of a customer: No phone number"):
        acme.write_consent("1", "sms", "subscribed", NOW)


def test_our_fields_are_defined_once(shop: Shop, tmp_path):
    taken = {"createdDefinition": None, "userErrors": [{"code": "TAKEN", "message": "Key is in use", "field": None}]}
    shop.on["MetafieldDefinitionCreate"] = [ok({"metafieldDefinitionCreate": taken})]
    client(tmp_path).define_fields()
    assert [variables["definition"]["key"] for _, variables in shop.asked] == [
        "points",
        "tier",
        "referral_code",
        "segments",
        "lifecycle",
    ]
