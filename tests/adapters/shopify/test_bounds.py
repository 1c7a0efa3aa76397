"""Whoever answers in a shop's place may send without end: we stop, and say so."""

from __future__ import annotations

import gzip
import io

import pytest
import requests
from urllib3 import HTTPResponse

from adapters.shopify.answers import MOST_BYTES, MOST_SECONDS, parsed, read_bounded
from plugin_core.errors import BadAnswer


def answer(body: bytes, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response.raw = HTTPResponse(io.BytesIO(body), headers=headers, preload_content=False, decode_content=True)
    response.headers.update(headers)
    return response


def test_an_ordinary_answer_is_read_whole() -> None:
    response = answer(b'{"data": {"shop": null}}')
    read_bounded(response, lambda: 0.0, store="acme")
    assert parsed(response, store="acme") == {"data": {"shop": None}}


def test_a_small_answer_that_unpacks_into_a_huge_one_is_refused() -> None:
    bomb = gzip.compress(b" " * (MOST_BYTES + 1))
    assert len(bomb) < 1024 * 1024
    with pytest.raises(BadAnswer, match=r"acme: .*larger or slower"):
        read_bounded(answer(bomb, **{"Content-Encoding": "gzip"}), lambda: 0.0, store="acme")


def test_an_answer_that_drips_is_given_up() -> None:
    clock = iter([0.0, 1.0, MOST_SECONDS + 1.0])
    with pytest.raises(BadAnswer, match="larger or slower"):
        read_bounded(answer(b"x" * (200 * 1024)), lambda: next(clock), store="acme")
