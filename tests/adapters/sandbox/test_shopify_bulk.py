"""Bulk operations: files, their lines and order, limits, and mutations from an uploaded file."""

from __future__ import annotations

import json
import random

import pytest
import requests

from adapters.sandbox import Twins
from tests.adapters.sandbox.conftest import asked, bulk, finished, graphql

ORDERS = "{orders {edges {node {id displayFinancialStatus lineItems {edges {node {id quantity}}}}}}}"
RUN = (
    "mutation($q: String!) {bulkOperationRunQuery(query: $q, groupObjects: false) {bulkOperation {id} userErrors {message code}}}"
)
STAGE = """mutation {stagedUploadsCreate(
  input: [{resource: BULK_MUTATION_VARIABLES, filename: "v.jsonl", mimeType: "text/jsonl", httpMethod: POST}])
  {stagedTargets {url resourceUrl parameters {name value}} userErrors {message}}}"""
RUN_MUTATION = """mutation($m: String!, $p: String!) {bulkOperationRunMutation(
  mutation: $m, stagedUploadPath: $p, clientIdentifier: "comeback-0001")
  {bulkOperation {id status} userErrors {message code}}}"""
TAGS = "mutation($id: ID!, $tags: [String!]!) {tagsAdd(id: $id, tags: $tags) {node {id} userErrors {field message}}}"


def lines(url: str) -> list[dict]:
    return [json.loads(each) for each in requests.get(url, timeout=10).text.splitlines()]


def uploaded(twins: Twins, content: str) -> str:
    [target] = asked(twins, STAGE)["stagedUploadsCreate"]["stagedTargets"]
    fields = {each["name"]: each["value"] for each in target["parameters"]}
    answer = requests.post(target["url"], data=fields, files={"file": ("v.jsonl", content)}, timeout=10)
    assert answer.status_code == 201
    return fields["key"]


def test_the_file_holds_every_order_and_line_tied_together(twins: Twins):
    done = bulk(twins, ORDERS)
    found = lines(done["url"])
    orders = [each for each in found if "__parentId" not in each]
    held = twins.shopify.store.orders
    assert sorted(each["id"] for each in orders) == sorted(held)
    assert done["status"] == "COMPLETED"
    assert (int(done["objectCount"]), int(done["rootObjectCount"])) == (len(found), len(held))
    for order in orders:
        mine = [each["id"] for each in found if each.get("__parentId") == order["id"]]
        assert mine == [line["id"] for line in held[order["id"]]["lines"]]


def test_lines_come_in_any_order_unless_grouped(fresh: Twins):
    fresh.shopify.store.shuffled_lines = True
    mixed, grouped = lines(bulk(fresh, ORDERS)["url"]), lines(bulk(fresh, ORDERS, grouped=True)["url"])
    assert mixed != grouped
    assert sorted(map(json.dumps, mixed)) == sorted(map(json.dumps, grouped))


def test_a_file_can_be_read_in_parts(twins: Twins):
    done = bulk(twins, ORDERS)
    whole = requests.get(done["url"], timeout=10).content
    cut = random.Random(3).randrange(len(whole))
    rest = requests.get(done["url"], headers={"Range": f"bytes={cut}-"}, timeout=10)
    assert (rest.status_code, rest.content) == (206, whole[cut:])
    assert int(done["fileSize"]) == len(whole)


def test_nothing_found_is_no_file(twins: Twins):
    done = bulk(twins, '{customers(query: "email:nobody@example.com") {edges {node {id}}}}')
    assert (done["status"], done["url"], done["objectCount"]) == ("COMPLETED", None, "0")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{shop {name}}", "at least one connection"),
        ("{orders {edges {node {name lineItems {edges {node {id}}}}}}}", "must select the 'id' field"),
        ("{orders {edges {node {id refunds {id refundLineItems(first: 5) {edges {node {quantity}}}}}}}}", "within a list field"),
        ("{orders {edges {node {id nope}}}}", "Cannot query field"),
    ],
)
def test_what_bulk_can_not_do_is_refused_at_the_start(twins: Twins, query: str, said: str):
    [error] = asked(twins, RUN, q=query)["bulkOperationRunQuery"]["userErrors"]
    assert said in error["message"]


def test_states_are_seen_in_their_order(fresh: Twins):
    fresh.shopify.store.bulk_polls = 2
    begun = asked(
        fresh,
        "mutation($q: String!) {bulkOperationRunQuery(query: $q, groupObjects: false) {bulkOperation {id status}}}",
        q=ORDERS,
    )
    operation = begun["bulkOperationRunQuery"]["bulkOperation"]
    poll = "query($id: ID!) {bulkOperation(id: $id) {status}}"
    second = asked(fresh, poll, id=operation["id"])["bulkOperation"]["status"]
    assert (operation["status"], second) == ("CREATED", "RUNNING")
    assert finished(fresh, operation["id"])["status"] == "COMPLETED"


def test_the_sixth_at_once_is_refused(fresh: Twins):
    fresh.shopify.store.bulk_polls = 100
    said = [asked(fresh, RUN, q=ORDERS)["bulkOperationRunQuery"]["userErrors"] for _ in range(6)]
    assert [bool(each) for each in said] == [False] * 5 + [True]
    assert said[5][0]["code"] == "OPERATION_IN_PROGRESS"
    running = asked(fresh, '{bulkOperations(first: 10, query: "status:running") {nodes {id}}}')["bulkOperations"]["nodes"]
    assert len(running) == 5


def test_a_cancelled_operation_gives_what_it_had(fresh: Twins):
    fresh.shopify.store.bulk_polls = 3
    gid = asked(fresh, RUN, q=ORDERS)["bulkOperationRunQuery"]["bulkOperation"]["id"]
    cancel = "mutation($id: ID!) {bulkOperationCancel(id: $id) {bulkOperation {status} userErrors {message}}}"
    assert asked(fresh, cancel, id=gid)["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELING"
    done = finished(fresh, gid)
    assert (done["status"], done["url"]) == ("CANCELED", None)


def test_each_line_of_an_upload_is_carried_out_and_answered(fresh: Twins):
    gids = sorted(fresh.shopify.store.customers)[:3]
    wanted = [*gids, "gid://shopify/Customer/1"]
    path = uploaded(fresh, "\n".join(json.dumps({"id": gid, "tags": ["cb:loyal"]}) for gid in wanted) + "\n")
    begun = asked(fresh, RUN_MUTATION, m=TAGS, p=path)["bulkOperationRunMutation"]
    assert begun["userErrors"] == []
    done = finished(fresh, begun["bulkOperation"]["id"])
    answers = lines(done["url"])
    assert [each["__lineNumber"] for each in answers] == [0, 1, 2, 3]
    assert [bool(each["data"]["tagsAdd"]["userErrors"]) for each in answers] == [False, False, False, True]
    assert fresh.state()["shopify"]["tags"] == {gid: ["cb:loyal"] for gid in gids}
    assert fresh.state()["shopify"]["writes"] == {"tagsAdd": 3}


def test_a_path_nobody_uploaded_to_is_no_file(fresh: Twins):
    [error] = asked(fresh, RUN_MUTATION, m=TAGS, p="tmp/none.jsonl")["bulkOperationRunMutation"]["userErrors"]
    assert error["code"] == "NO_SUCH_FILE"


def test_bulk_respects_the_scopes(fresh: Twins):
    fresh.shopify.store.tokens["shpat_small"] = ("read_products",)
    answer = graphql(fresh, RUN, token="shpat_small", q=ORDERS).json()
    gid = answer["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
    done = finished(fresh, gid)
    assert (done["status"], done["errorCode"]) == ("FAILED", "ACCESS_DENIED")
