from __future__ import annotations

import json

import pytest
import requests
import responses

from plugin_core.errors import MissingScope
from plugin_core.records import OrderRecord
from tests.adapters.shopify.orders import jsonl, line, order
from tests.adapters.shopify.shop import FILE, Shop, client, error, ok

BODY = b"".join(jsonl(*[(order(number), [line(number)]) for number in range(1, 8)]))
OPERATION = {
    "id": "gid://shopify/BulkOperation/50",
    "status": "COMPLETED",
    "errorCode": None,
    "createdAt": "2026-11-20T10:00:00Z",
    "objectCount": "14",
    "rootObjectCount": "7",
    "fileSize": str(len(BODY)),
    "url": FILE,
}
IDLE = {"v": 1, "phase": "idle", "since": 1_795_168_800_000_000 - 120_000_000}  # its start, less the overlap


@pytest.fixture
def bulk(shop: Shop) -> Shop:
    shop.on["BulkRunQuery"] = [
        ok({"bulkOperationRunQuery": {"bulkOperation": {**OPERATION, "status": "CREATED"}, "userErrors": []}})
    ]
    shop.on["BulkOperation"] = [
        ok({"bulkOperation": {**OPERATION, "status": "RUNNING", "url": None}}),
        ok({"bulkOperation": OPERATION}),
    ]
    page = {"nodes": [walked(number) for number in range(1, 8)], "pageInfo": {"hasNextPage": False}}
    shop.on["Orders"] = [ok({"orders": page})]
    return shop


def walked(number):
    return order(number) | {"lineItems": {"nodes": [line(number)], "pageInfo": {"hasNextPage": False}}}


def ids(pages):
    return [record.external_id for page in pages for record in page.records if isinstance(record, OrderRecord)]


SEVEN = [str(number) for number in range(1, 8)]


def test_the_first_import_comes_by_one_bulk_operation(bulk: Shop, edge, tmp_path, time):
    edge.get(FILE, body=BODY)
    pages = list(client(tmp_path, time).pull("orders", None))
    assert ids(pages) == SEVEN
    assert pages[0].cursor["operation"] == OPERATION["id"]  # known before anything is waited for
    assert [page.last for page in pages] == [False, False, True]
    assert pages[-1].cursor == IDLE
    assert pages[1].total == 7
    assert bulk.names() == ["BulkRunQuery", "BulkOperation", "BulkOperation"]
    assert "X-Shopify-Access-Token" not in edge.calls[-1].request.headers
    assert list(tmp_path.iterdir()) == []  # personal data doesn't stay in the spool


def test_an_empty_store_has_no_file_and_is_done(bulk: Shop, tmp_path):
    bulk.on["BulkOperation"] = [
        ok({"bulkOperation": {**OPERATION, "objectCount": "0", "rootObjectCount": "0", "fileSize": None, "url": None}})
    ]
    pages = list(client(tmp_path).pull("orders", None))
    assert ids(pages) == []
    assert (pages[-1].last, pages[-1].cursor) == (True, IDLE)


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_an_import_that_was_killed_goes_on_with_the_same_operation(bulk: Shop, edge, tmp_path, time, taken):
    edge.get(FILE, body=BODY)
    first = client(tmp_path, time)
    first._puller.batch = 3
    pull = first.pull("orders", None)
    before = [next(pull) for _ in range(taken)]
    pull.close()
    second = client(tmp_path, time)
    second._puller.batch = 3
    after = list(second.pull("orders", json.loads(json.dumps(before[-1].cursor)), full=True))
    assert ids(before) + ids(after) == SEVEN
    assert bulk.names().count("BulkRunQuery") == 1
    assert after[-1].cursor == IDLE


def test_an_import_resumes_on_another_machine_without_the_file(bulk: Shop, edge, tmp_path, time):
    edge.get(FILE, body=BODY)
    first = client(tmp_path / "one", time)
    first._puller.batch = 3
    pull = first.pull("orders", None)
    before = [next(pull) for _ in range(2)]
    after = list(client(tmp_path / "two", time).pull("orders", before[-1].cursor))
    assert ids(before) + ids(after) == SEVEN
    assert bulk.names().count("BulkRunQuery") == 1


def test_a_file_that_breaks_off_is_continued_from_where_it_stopped(bulk: Shop, edge, tmp_path, time):
    def serve(request):
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        return (206, {}, BODY[start:]) if start else (200, {}, BODY[:500])

    edge.add_callback(responses.GET, FILE, callback=serve)
    assert ids(client(tmp_path, time).pull("orders", None)) == SEVEN
    assert "Orders" not in bulk.names()


@pytest.mark.parametrize("told", [{}, {"fileSize": None}, {"fileSize": None, "objectCount": "0"}])
def test_a_file_that_stays_truncated_is_said_and_read_page_by_page_instead(bulk: Shop, edge, tmp_path, time, caplog, told):
    bulk.on["BulkOperation"] = [ok({"bulkOperation": OPERATION | told})]
    edge.get(FILE, body=BODY[:-50])
    pages = list(client(tmp_path, time).pull("orders", None))
    assert ids(pages) == SEVEN
    assert any(
        each.message.startswith("acme: the bulk file is truncated: ") and "page by page" in each.message
        for each in caplog.records
    )
    assert pages[-1].last
    assert list(tmp_path.iterdir()) == []


def test_a_file_whose_address_ran_out_is_asked_for_again(bulk: Shop, edge, tmp_path, time):
    fresh = "https://acme.myshopify.com/files/fresh.jsonl"
    bulk.on["BulkOperation"] = [ok({"bulkOperation": OPERATION}), ok({"bulkOperation": OPERATION | {"url": fresh}})]
    edge.get(FILE, status=403)
    edge.get(fresh, body=BODY)
    assert ids(client(tmp_path, time).pull("orders", None)) == SEVEN


def test_an_operation_that_is_gone_is_started_anew(bulk: Shop, edge, tmp_path, time):
    bulk.on["BulkOperation"] = [ok({"bulkOperation": None}), ok({"bulkOperation": OPERATION})]
    edge.get(FILE, body=BODY)
    cursor = {"v": 1, "phase": "export", "operation": "gid://shopify/BulkOperation/1", "taken": 4, "full": True}
    assert ids(client(tmp_path, time).pull("orders", cursor)) == SEVEN
    assert bulk.names() == ["BulkOperation", "BulkRunQuery", "BulkOperation"]


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "CANCELED"])
def test_operations_that_keep_failing_are_replaced_by_pages(bulk: Shop, tmp_path, time, status):
    bulk.on["BulkOperation"] = [
        ok({"bulkOperation": OPERATION | {"status": status, "errorCode": "INTERNAL_SERVER_ERROR", "url": None}})
    ]
    pages = list(client(tmp_path, time).pull("orders", None))
    assert ids(pages) == SEVEN
    assert bulk.names().count("BulkRunQuery") == 2


@pytest.mark.parametrize("code", ["OPERATION_IN_PROGRESS", "LIMIT_REACHED", "INVALID"])
def test_where_no_bulk_operation_can_be_had_pages_are_read(bulk: Shop, tmp_path, time, code):
    refused = {"bulkOperation": None, "userErrors": [{"code": code, "message": "no", "field": None}]}
    bulk.on["BulkRunQuery"] = [ok({"bulkOperationRunQuery": refused})]
    assert ids(client(tmp_path, time).pull("orders", None)) == SEVEN


def test_an_operation_refused_for_a_missing_scope_says_so(bulk: Shop, tmp_path):
    bulk.on["BulkOperation"] = [
        ok({"bulkOperation": OPERATION | {"status": "FAILED", "errorCode": "ACCESS_DENIED", "url": None}})
    ]
    with pytest.raises(MissingScope, match=r"acme: .*access scope is missing.*Check"):
        list(client(tmp_path).pull("orders", None))


def test_later_pulls_ask_for_changes_with_an_overlap_and_move_on(bulk: Shop, tmp_path):
    pages = list(client(tmp_path).pull("orders", IDLE))
    assert ids(pages) == SEVEN
    (name, variables) = bulk.asked[0]
    assert (name, variables["query"]) == ("Orders", "updated_at:>='2026-11-20T09:58:00Z'")
    assert pages[-1].cursor == IDLE  # nothing newer was seen


def test_pages_are_followed_and_an_interrupted_walk_goes_on(bulk: Shop, tmp_path):
    def answer(variables):
        first = variables["after"] is None
        nodes = [walked(1)] if first else [order(2, updatedAt="2026-11-21T12:00:00Z") | {"lineItems": None}]
        return ok({"orders": {"nodes": nodes, "pageInfo": {"hasNextPage": first, "endCursor": "c1"}}})

    bulk.on["Orders"] = answer
    page = next(client(tmp_path).pull("orders", IDLE))
    rest = list(client(tmp_path).pull("orders", page.cursor))
    assert (ids([page]), ids(rest)) == (["1"], ["2"])
    assert rest[-1].cursor == {"v": 1, "phase": "idle", "since": 1_795_262_280_000_000}  # 11:58


def test_a_page_that_weighs_too_much_is_asked_for_in_smaller_ones(bulk: Shop, tmp_path):
    sizes = []

    def answer(variables):
        sizes.append(variables["first"])
        if variables["first"] > 3:
            return error("MAX_COST_EXCEEDED", "Query cost is 1500")
        return ok({"orders": {"nodes": [walked(1)], "pageInfo": {"hasNextPage": False}}})

    bulk.on["Orders"] = answer
    assert ids(client(tmp_path).pull("orders", IDLE)) == ["1"]
    assert sizes == [10, 5, 2]


def test_the_lines_of_a_long_order_are_all_fetched(bulk: Shop, tmp_path):
    long = order(1) | {"lineItems": {"nodes": [line(1)], "pageInfo": {"hasNextPage": True, "endCursor": "l1"}}}
    bulk.on["Orders"] = [ok({"orders": {"nodes": [long], "pageInfo": {"hasNextPage": False}}})]
    more = {"nodes": [line(2), line(3)], "pageInfo": {"hasNextPage": False}}
    bulk.on["OrderLines"] = [ok({"node": {"lineItems": more}})]
    ((record,),) = (page.records for page in client(tmp_path).pull("orders", IDLE))
    assert [each.external_id for each in record.lines] == ["1", "2", "3"]


def test_records_that_are_known_are_left_out_of_a_pull(bulk: Shop, edge, tmp_path, time):
    edge.get(FILE, body=BODY)
    acme = client(tmp_path, time)
    have = {
        record.external_id: (record.modified_at, record.content_hash)
        for page in acme.pull("orders", None)
        for record in page.records
    }
    asked = []
    acme.known = lambda resource, some: asked.append((resource, len(some))) or have
    pages = list(acme.pull("orders", IDLE, full=True))
    assert ids(pages) == []
    assert asked == [("orders", 7)]
    assert ids(acme.pull("orders", IDLE)) == []  # and the same record read by pages is the same record


def test_records_asked_for_by_name_that_are_gone_come_as_deletions(bulk: Shop, tmp_path):
    bulk.on["OrdersById"] = [ok({"nodes": [walked(1), None]})]
    page = client(tmp_path).fetch("orders", ["1", "2"])
    assert ids([page]) == ["1"]
    assert page.records[1][:2] == ("orders", "2")
    assert bulk.asked[0][1]["ids"] == ["gid://shopify/Order/1", "gid://shopify/Order/2"]


def test_a_broken_connection_to_the_file_server_is_tried_again(bulk: Shop, edge, tmp_path, time):
    edge.get(FILE, body=requests.ConnectionError("reset"))
    edge.get(FILE, body=BODY)
    assert ids(client(tmp_path, time).pull("orders", None)) == SEVEN
