"""Tags, metafields, codes, consent and tokens of the Shopify twin."""

from __future__ import annotations

import requests

from adapters.sandbox import Twins
from tests.adapters.sandbox.conftest import asked, graphql

ADD = "mutation($id: ID!, $tags: [String!]!) {tagsAdd(id: $id, tags: $tags) {node {id} userErrors {field message}}}"
REMOVE = "mutation($id: ID!, $tags: [String!]!) {tagsRemove(id: $id, tags: $tags) {userErrors {message}}}"
SET = """mutation($m: [MetafieldsSetInput!]!) {metafieldsSet(metafields: $m)
  {metafields {id key namespace compareDigest} userErrors {field message code elementIndex}}}"""
READ = 'query($id: ID!) {customer(id: $id) {tags updatedAt metafield(namespace: "$app", key: "points") {value type} }}'
CODE = """mutation($b: DiscountCodeBasicInput!) {discountCodeBasicCreate(basicCodeDiscount: $b)
  {codeDiscountNode {id} userErrors {field code message}}}"""
FIND = """query($code: String!) {codeDiscountNodeByCode(code: $code) {id codeDiscount {... on DiscountCodeBasic {
  title endsAt usageLimit codes(first: 1) {nodes {code}} context {... on DiscountCustomers {customers {id}}}}}}}"""


def a_customer(twins: Twins) -> str:
    return next(iter(twins.shopify.store.customers))


def a_code(customer: str, code: str = "CB-7K2Q9X4M") -> dict:
    return {
        "code": code, "title": "Comeback winback", "startsAt": "2026-11-22T00:00:00Z",
        "endsAt": "2026-12-06T00:00:00Z", "usageLimit": 1,
        "context": {"customers": {"add": [customer]}}, "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
    }  # fmt: skip


def test_tags_are_a_set_split_at_commas_and_the_merchants_stay(fresh: Twins):
    gid = a_customer(fresh)
    fresh.shopify.change(kind="customer", id=gid, set={"tags": ["VIP"]})
    before = asked(fresh, READ, id=gid)["customer"]["updatedAt"]
    fresh.shopify.store.clock.start = fresh.shopify.store.clock.start.replace(hour=11)
    asked(fresh, ADD, id=gid, tags=["cb:loyal, cb:tier-gold", "CB:LOYAL"])
    asked(fresh, ADD, id=gid, tags=["cb:loyal"])
    seen = asked(fresh, READ, id=gid)["customer"]
    assert seen["tags"] == ["cb:loyal", "cb:tier-gold", "VIP"]
    assert seen["updatedAt"] > before
    asked(fresh, REMOVE, id=gid, tags=["cb:loyal", "cb:absent"])
    assert asked(fresh, READ, id=gid)["customer"]["tags"] == ["cb:tier-gold", "VIP"]


def test_more_than_250_of_anything_is_refused(fresh: Twins):
    answer = graphql(fresh, ADD, id=a_customer(fresh), tags=[f"t{number}" for number in range(251)]).json()
    assert "maximum allowed of 250" in answer["errors"][0]["message"]


def test_metafields_are_ours_and_move_no_date(fresh: Twins):
    gid = a_customer(fresh)
    before = asked(fresh, READ, id=gid)["customer"]["updatedAt"]
    fresh.shopify.store.clock.start = fresh.shopify.store.clock.start.replace(hour=11)
    asked(fresh, SET, m=[{"ownerId": gid, "key": "points", "type": "number_integer", "value": "120"}])
    seen = asked(fresh, READ, id=gid)["customer"]
    assert seen["metafield"] == {"value": "120", "type": "number_integer"}
    assert seen["updatedAt"] == before
    assert fresh.state()["shopify"]["metafields"] == {gid: {"points": "120"}}


def test_one_bad_metafield_stops_all(fresh: Twins):
    gid = a_customer(fresh)
    good = {"ownerId": gid, "key": "points", "type": "number_integer", "value": "1"}
    answer = asked(fresh, SET, m=[good, good | {"key": "tier", "value": "gold"}])["metafieldsSet"]
    assert [each["code"] for each in answer["userErrors"]] == ["INVALID_VALUE"]
    assert answer["userErrors"][0]["field"][:2] == ["metafields", "1"]
    assert fresh.state()["shopify"]["metafields"] == {}
    many = asked(fresh, SET, m=[good | {"key": f"k{number:02d}"} for number in range(26)])["metafieldsSet"]
    assert many["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"


def test_a_digest_that_is_out_of_date_is_stale(fresh: Twins):
    gid = a_customer(fresh)
    given = {"ownerId": gid, "key": "points", "type": "number_integer", "value": "1"}
    assert asked(fresh, SET, m=[given | {"compareDigest": None}])["metafieldsSet"]["userErrors"] == []
    again = asked(fresh, SET, m=[given | {"compareDigest": None, "value": "2"}])["metafieldsSet"]
    assert again["userErrors"][0]["code"] == "STALE_OBJECT"


def test_a_code_is_taken_whatever_its_case(fresh: Twins):
    gid = a_customer(fresh)
    assert asked(fresh, CODE, b=a_code(gid))["discountCodeBasicCreate"]["userErrors"] == []
    again = asked(fresh, CODE, b=a_code(gid, "cb-7k2q9x4m"))["discountCodeBasicCreate"]
    assert [each["code"] for each in again["userErrors"]] == ["TAKEN"]
    found = asked(fresh, FIND, code="cb-7K2Q9X4M")["codeDiscountNodeByCode"]["codeDiscount"]
    assert found["context"] == {"customers": [{"id": gid}]}
    assert (found["usageLimit"], found["codes"]["nodes"]) == (1, [{"code": "CB-7K2Q9X4M"}])
    assert fresh.state()["shopify"]["code_attempts"] == {"CB-7K2Q9X4M": {"created": 1}, "cb-7k2q9x4m": {"refused": 1}}


def test_a_code_needs_its_context_and_exactly_one(fresh: Twins):
    given = a_code(a_customer(fresh))
    without = asked(fresh, CODE, b={key: value for key, value in given.items() if key != "context"})["discountCodeBasicCreate"]
    assert [each["code"] for each in without["userErrors"]] == ["BLANK"]
    both = graphql(fresh, CODE, b=given | {"context": {"all": "ALL", "customers": {"add": [a_customer(fresh)]}}}).json()
    assert "errors" in both
    assert fresh.shopify.store.discounts == {}


def test_a_deleted_code_is_gone(fresh: Twins):
    made = asked(fresh, CODE, b=a_code(a_customer(fresh)))["discountCodeBasicCreate"]["codeDiscountNode"]["id"]
    delete = "mutation($id: ID!) {discountCodeDelete(id: $id) {deletedCodeDiscountId userErrors {code}}}"
    assert asked(fresh, delete, id=made)["discountCodeDelete"]["deletedCodeDiscountId"] == made
    assert asked(fresh, FIND, code="CB-7K2Q9X4M")["codeDiscountNodeByCode"] is None
    assert asked(fresh, delete, id=made)["discountCodeDelete"]["userErrors"]


def test_consent_written_by_us_is_read_back(fresh: Twins):
    gid = next(each["id"] for each in fresh.shopify.store.customers.values() if each["email"])
    update = """mutation($i: CustomerEmailMarketingConsentUpdateInput!) {customerEmailMarketingConsentUpdate(input: $i)
      {customer {defaultEmailAddress {marketingState marketingUpdatedAt}} userErrors {message}}}"""
    given = {
        "customerId": gid,
        "emailMarketingConsent": {"marketingState": "UNSUBSCRIBED", "consentUpdatedAt": "2026-11-22T09:00:00Z"},
    }
    answer = asked(fresh, update, i=given)["customerEmailMarketingConsentUpdate"]
    assert answer["customer"]["defaultEmailAddress"] == {
        "marketingState": "UNSUBSCRIBED",
        "marketingUpdatedAt": "2026-11-22T09:00:00Z",
    }


def test_an_expiring_token_is_renewed_and_dies_after_its_hour(fresh: Twins):
    shop, url = fresh.shopify.store, f"{fresh.shopify.origin}/admin/oauth/access_token"
    client = {"client_id": shop.client_id, "client_secret": shop.client_secret}
    headers = {"Host": fresh.shopify.shop}
    shop.codes["c"] = ("read_orders",)
    granted = requests.post(url, json=client | {"code": "c", "expiring": "1"}, headers=headers, timeout=10).json()
    renewal = client | {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    renewed = requests.post(url, json=renewal, headers=headers, timeout=10).json()
    assert graphql(fresh, "{shop{name}}", token=renewed["access_token"]).status_code == 200
    shop.clock.start = shop.clock.start.replace(hour=12)
    assert graphql(fresh, "{shop{name}}", token=granted["access_token"]).status_code == 401
    refused = requests.post(url, json=renewal | {"client_secret": "wrong"}, headers=headers, timeout=10)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
