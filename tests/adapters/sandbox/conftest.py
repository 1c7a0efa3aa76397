"""Tiny twins, and callers that speak to them as anybody would: over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from woocommerce import API

from adapters.sandbox import Twins, start_twins

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PEOPLE = 40
RECORDED = Path(__file__).parents[2] / "contract" / "woocommerce" / "recorded"
GraphQL = Callable[..., dict[str, Any]]


def recorded(name: str) -> Any:
    """The body a real store answered."""
    held = json.loads((RECORDED / f"{name}.json").read_text())
    return held.get("response", held)["body"]


@pytest.fixture(scope="module")
def twins() -> Iterator[Twins]:
    """Shared by a file: for tests that only look."""
    with start_twins(people=PEOPLE, now=NOW) as started:
        yield started


@pytest.fixture
def fresh() -> Iterator[Twins]:
    """For tests that change something."""
    with start_twins(people=8, now=NOW) as started:
        yield started


def woo(twins: Twins, **options: Any) -> API:
    held = {"consumer_key": twins.woocommerce.consumer_key, "consumer_secret": twins.woocommerce.consumer_secret} | options
    return API(twins.woocommerce.url, version="wc/v3", timeout=10, **held)


def graphql(twins: Twins, query: str, *, token: str = "", host: str = "", version: str = "2026-10", **variables: Any) -> Any:
    headers = {"Host": host or twins.shopify.shop, "X-Shopify-Access-Token": token or twins.shopify.token}
    url = f"{twins.shopify.origin}/admin/api/{version}/graphql.json"
    return requests.post(url, json={"query": query, "variables": variables}, headers=headers, timeout=10)


def asked(twins: Twins, query: str, **variables: Any) -> dict[str, Any]:
    """The ``data`` of an answer without errors."""
    answer = graphql(twins, query, **variables).json()
    assert "errors" not in answer, answer["errors"]
    return dict(answer["data"])


def bulk(twins: Twins, query: str, *, grouped: bool = False) -> dict[str, Any]:
    """The finished operation."""
    start = """mutation($q: String!, $g: Boolean!) {bulkOperationRunQuery(query: $q, groupObjects: $g)
      {bulkOperation {id status} userErrors {message code}}}"""
    begun = asked(twins, start, q=query, g=grouped)["bulkOperationRunQuery"]
    assert begun["userErrors"] == [], begun
    return finished(twins, begun["bulkOperation"]["id"])


def finished(twins: Twins, gid: str) -> dict[str, Any]:
    poll = "query($id: ID!) {bulkOperation(id: $id) {status errorCode objectCount rootObjectCount fileSize url partialDataUrl}}"
    for _ in range(2000):
        seen = asked(twins, poll, id=gid)["bulkOperation"]
        if seen["status"] not in ("CREATED", "RUNNING", "CANCELING"):
            return dict(seen)
        twins.shopify.store.bucket.set(2000, 100)
    raise AssertionError("the bulk operation did not end")
