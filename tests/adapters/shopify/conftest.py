"""A mocked HTTP edge, a shop behind it and a clock for every test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from tests.adapters.shopify.shop import Shop, Time


@pytest.fixture
def edge() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def shop(edge: responses.RequestsMock) -> Shop:
    return Shop(edge)


@pytest.fixture
def time() -> Time:
    return Time()
