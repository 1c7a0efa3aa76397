"""The front door, cost and search of the Shopify twin."""

from __future__ import annotations

import gzip
import json

import pytest
from graphql import build_schema

from adapters.sandbox import Twins, start_twins
from adapters.sandbox.shopify import documents
from adapters.sandbox.shopify.fields import FIELDS
from adapters.sandbox.shopify.queries import QUERIES
from tests.adapters.sandbox.conftest import NOW, PEOPLE, asked, graphql

IDS = """query($after: String, $q: String) {customers(first: 7, after: $after, query: $q, sortKey: UPDATED_AT)
  {nodes {id updatedAt} pageInfo {hasNextPage endCursor}}}"""


def test_every_field_the_twin_answers_exists_in_the_real_schema():
    schema = build_schema(gzip.decompress(documents.SCHEMA.read_bytes()).decode())
    unknown = [f"{kind}.{name}" for kind, table in FIELDS.items() for name in table if name not in schema.type_map[kind].fields]
    assert unknown == []
    assert set(QUERIES) <= set(schema.query_type.fields)


def test_a_wrong_token_host_or_version_is_turned_away(twins: Twins):
    assert graphql(twins, "{shop{name}}", token="shpat_wrong").status_code == 401
    assert graphql(twins, "{shop{name}}", host="other.myshopify.com").status_code == 404
    assert graphql(twins, "{shop{name}}", version="2020-01").status_code == 404


def test_a_missing_scope_denies_one_field_and_answers_the_other(fresh: Twins):
    fresh.shopify.store.tokens["shpat_small"] = ("read_customers",)
    answer = graphql(fresh, "{shop {name} orders(first: 1) {nodes {id}}}", token="shpat_small").json()
    assert answer["data"] == {"shop": {"name": "Comeback demo"}, "orders": None}
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("query", "said"),
    [("{shop {nam}}", "Cannot query field 'nam'"), ("{shop {", "Syntax Error"), ("{customer {id}}", "customer(id:)")],
)
def test_a_document_the_schema_does_not_know_is_refused(twins: Twins, query: str, said: str):
    answer = graphql(twins, query).json()
    assert said in answer["errors"][0]["message"]
    assert "data" not in answer


def test_variables_are_checked(twins: Twins):
    answer = graphql(twins, "query($id: ID!) {customer(id: $id) {id}}").json()
    assert "$id" in answer["errors"][0]["message"]


def test_what_the_twin_does_not_hold_is_said_and_never_guessed(twins: Twins):
    answer = graphql(twins, "{customers(first: 1) {nodes {storeCreditAccounts(first: 1) {nodes {id}}}}}").json()
    assert answer["errors"]
    answer = graphql(twins, "{customers(first: 1) {nodes {hasTimelineComment}}}").json()
    assert answer["errors"][0]["message"] == "The twin does not hold Customer.hasTimelineComment"


def test_walking_page_by_page_meets_everybody_once(twins: Twins):
    seen, after = [], None
    while True:
        page = asked(twins, IDS, after=after)["customers"]
        seen += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert sorted(each["id"] for each in seen) == sorted(twins.shopify.store.customers)
    assert [each["updatedAt"] for each in seen] == sorted(each["updatedAt"] for each in seen)


def test_pages_stay_whole_while_records_move(fresh: Twins):
    query = IDS.replace("first: 7", "first: 2")
    first = asked(fresh, query)["customers"]
    asked(fresh, 'mutation($id: ID!) {tagsAdd(id: $id, tags: ["x"]) {userErrors {message}}}', id=first["nodes"][0]["id"])
    seen, page = {each["id"] for each in first["nodes"]}, first["pageInfo"]
    while page["hasNextPage"]:
        got = asked(fresh, query, after=page["endCursor"])["customers"]
        seen |= {each["id"] for each in got["nodes"]}
        page = got["pageInfo"]
    assert seen == set(fresh.shopify.store.customers)


def test_a_search_by_time_finds_what_changed_since(twins: Twins):
    stamps = sorted(each["updated"] for each in twins.shopify.store.customers.values())
    middle = stamps[len(stamps) // 2]
    found = asked(twins, "query($q: String) {customersCount(query: $q) {count precision}}", q=f"updated_at:>'{middle}'")
    assert found["customersCount"] == {"count": sum(each > middle for each in stamps), "precision": "EXACT"}


def test_an_unknown_filter_is_ignored_with_a_warning(twins: Twins):
    answer = graphql(twins, IDS, q="colour:red").json()
    assert len(answer["data"]["customers"]["nodes"]) == 7
    [warned] = answer["extensions"]["search"]
    assert warned["warnings"] == [{"field": "colour", "message": "Invalid search field for this query.", "code": "invalid_field"}]


def test_aliases_fragments_and_types_are_honoured(twins: Twins):
    gid = next(iter(twins.shopify.store.customers))
    query = """
      query($id: ID!, $no: Boolean = false) {
        one: node(id: $id) {__typename ...who ... on Order {name}}
        several: nodes(ids: [$id, "gid://shopify/Customer/1"]) {id}
      }
      fragment who on Customer {mine: id firstName @include(if: $no) defaultEmailAddress {emailAddress}}
    """
    answer = asked(twins, query, id=gid)
    assert answer["one"]["__typename"] == "Customer"
    assert set(answer["one"]) == {"__typename", "mine", "defaultEmailAddress"}
    assert answer["several"] == [{"id": gid}, None]


def test_an_answer_costs_less_than_was_asked_for(twins: Twins):
    answer = graphql(twins, '{customers(first: 100, query: "email:nobody@example.com") {nodes {id}}}').json()
    cost = answer["extensions"]["cost"]
    assert cost["requestedQueryCost"] > 100 > cost["actualQueryCost"]
    assert cost["throttleStatus"]["maximumAvailable"] == 2000


def test_a_query_over_a_thousand_points_is_never_run(twins: Twins):
    answer = graphql(twins, "{orders(first: 250) {nodes {id lineItems(first: 50) {nodes {id}}}}}").json()
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "data" not in answer


def test_an_empty_bucket_throttles_with_200_and_says_when_to_return():
    with start_twins(people=8, now=NOW) as twins:
        twins.shopify.store.bucket.set(60, 1)
        query = "{customers(first: 40) {nodes {id tags}}}"
        twins.shopify.store.bucket.take(40)
        answer = graphql(twins, query)
        assert answer.status_code == 200
        assert answer.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
        assert answer.json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] < 42
        assert twins.state()["shopify"]["throttled"] == 1


def test_the_twin_is_the_same_each_time():
    def told() -> str:
        with start_twins(people=PEOPLE, now=NOW) as twins:
            state = twins.state()
        state["woocommerce"].pop("url")
        return json.dumps(state, sort_keys=True)

    assert told() == told()
