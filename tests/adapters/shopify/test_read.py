from __future__ import annotations

import random
import tracemalloc

import pytest

from adapters.shopify.join import grouped, is_grouped, parent_of
from adapters.shopify.read import read_batches, read_orders
from tests.adapters.shopify.orders import jsonl, line, order


@pytest.fixture
def lines():
    return jsonl(
        *[(order(number), [line(number * 10 + k, quantity=k + 1) for k in range(number % 4)]) for number in range(1, 60)]
    )


def records(lines):
    return sorted(record for batch in read_orders(lines, currency="EUR", size=7) for record in batch)


@pytest.mark.parametrize("order_of_lines", ["shuffled", "parents first", "children first"])
@pytest.mark.parametrize("bucket_bytes", [2_000, 1 << 24])
def test_lines_in_any_order_give_the_same_orders(lines, tmp_path, order_of_lines, bucket_bytes):
    mixed = list(lines)
    if order_of_lines == "shuffled":
        random.Random(3).shuffle(mixed)
    else:
        mixed.sort(key=lambda each: (parent_of(each) is not None) == (order_of_lines == "parents first"))
    assert not is_grouped(mixed)
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"".join(mixed))
    assert records(grouped(path, bucket_bytes=bucket_bytes)) == records(lines)
    assert list(grouped(path, bucket_bytes=bucket_bytes)) == list(grouped(path, bucket_bytes=bucket_bytes))
    assert [each.name for each in tmp_path.iterdir()] == ["orders.jsonl"]


def test_a_grouped_file_is_streamed_as_it_is(lines, tmp_path):
    path = tmp_path / "orders.jsonl"
    path.write_bytes(b"".join(lines).rstrip())
    assert b"".join(grouped(path)) == path.read_bytes()


def test_a_line_whose_order_never_comes_is_refused_and_named(lines):
    rejected = []
    orphan = lines.pop(0)  # an order; its line remains
    assert b"Order/1" in orphan
    found = [record for batch in read_orders(lines, currency="EUR", rejected=rejected.append) for record in batch]
    assert len(found) == 58
    assert [(each.external_id, "not in the file" in each.reason) for each in rejected] == [("1", True)]


def test_a_shoppers_text_can_not_pass_for_a_parent():
    text = order(name='","__parentId":"gid://shopify/Order/9"')
    (raw,) = jsonl((text, []))
    assert parent_of(raw) is None


def test_orders_known_with_the_same_time_and_content_are_left_out(lines):
    have = {each.external_id: (each.modified_at, each.content_hash) for each in records(lines)}
    assert [list(batch) for batch in read_orders(lines, currency="EUR", known=lambda _ids: have)] == [[]]
    del have["5"]
    have["6"] = (have["6"][0], "other")
    have["7"] = (have["7"][0] - 1, have["7"][1])
    (left,) = read_orders(lines, currency="EUR", known=lambda _ids: have)
    assert [each.external_id for each in left] == ["5", "6", "7"]


def test_a_refund_within_the_same_second_changes_the_content(lines):
    before = {each.external_id: each.content_hash for each in records(lines)}
    changed = [
        each.replace(b'"currentQuantity":1', b'"currentQuantity":0') if b"LineItem/10," not in each else each for each in lines
    ]
    after = {each.external_id: each.content_hash for each in records(changed)}
    assert {key for key in before if before[key] != after[key]} == {str(n) for n in range(1, 60) if n % 4}


def test_the_order_of_an_orders_lines_does_not_change_its_content():
    lines = jsonl((order(), [line(1), line(2), line(3)]))
    ((one,),) = read_orders(lines, currency="EUR")
    ((other,),) = read_orders([lines[0], lines[3], lines[1], lines[2]], currency="EUR")
    assert one.content_hash == other.content_hash


def test_a_resumed_reading_goes_on_where_it_stopped(lines):
    whole = [record for batch in read_batches("orders", lines, currency="EUR", size=10) for record in batch.records]
    rest = [record for batch in read_batches("orders", lines, currency="EUR", size=10, skip=20) for record in batch.records]
    assert rest == whole[20:]


def test_memory_stays_flat_as_the_file_grows(tmp_path):
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.jsonl"
        with path.open("wb") as file:
            for number in range(count):
                file.writelines(reversed(jsonl((order(number + 1), [line(number * 2), line(number * 2 + 1)]))))
        tracemalloc.start()
        for _ in read_orders(grouped(path, bucket_bytes=200_000), currency="EUR", size=200):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(500)  # the memories of ids and amounts fill up
    assert peak(4_000) < 2.0 * peak(1_000)
