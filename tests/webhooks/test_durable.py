"""What was answered with 200 is on the disk; many requests share one commit; one bad row costs no other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from plugin_core.deliveries import Verified
from plugin_core.inbox.receive import Received, received
from tests.webhooks.senders import NOW, VAULT, Desk


def row(number: int, store_id: int = 1) -> Received:
    return received(VAULT, store_id, Verified("order.updated", str(number), f"event {number}"), b"{}", now=NOW)


def test_a_power_cut_after_the_answer_loses_nothing(desk: Desk) -> None:
    assert desk.inbox.put(row(1))
    connection = desk.inbox._connection
    assert connection is not None
    if connection.dialect.name == "sqlite":
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    else:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() != "off"
    connection.rollback()


def test_requests_at_once_share_their_commits(desk: Desk) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda number: desk.inbox.put(row(number)), range(300)))
    assert len(desk.stored()) == 300
    assert len(desk.nudges) < 300


def test_a_delivery_of_a_store_that_was_just_removed_costs_no_other(desk: Desk) -> None:
    with ThreadPoolExecutor(3) as pool:
        held = [pool.submit(desk.inbox.put, row(number, store_id)) for number, store_id in ((1, 1), (2, 999), (3, 1))]
        assert [each.result() for each in held] == [True, False, True]
    assert [each["resource_id"] for each in sorted(desk.stored(), key=lambda each: each["resource_id"])] == ["1", "3"]


def test_a_body_that_was_moved_to_another_store_cannot_be_opened(desk: Desk) -> None:
    from plugin_core.errors import SettingsProblem
    from plugin_core.inbox.receive import open_body

    sealed = row(1).body
    with pytest.raises(SettingsProblem):
        open_body(VAULT, 2, sealed)
    assert open_body(VAULT, 1, sealed) == b"{}"
