"""A shop at the HTTP edge: answers by the name of the operation, and a clock that only moves when somebody waits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests
import responses

from adapters.shopify.client import ShopifyClient
from adapters.shopify.options import ShopifyOptions
from plugin_core.platforms import ConnectionInfo

SHOP = "acme.myshopify.com"
URL = f"https://{SHOP}/admin/api/2026-10/graphql.json"
FILE = f"https://{SHOP}/files/result.jsonl"
NOW = 1_795_000_000_000_000

Answer = tuple[int, Mapping[str, str], str]


def ok(data: Mapping[str, Any], *, cost: tuple[float, float, float, float] | None = None, **more: Any) -> Answer:
    """``cost``: asked, maximum, available, restore rate."""
    body: dict[str, Any] = {"data": data, **more}
    if cost:
        asked, maximum, available, rate = cost
        status = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": rate}
        body["extensions"] = {"cost": {"requestedQueryCost": asked, "throttleStatus": status}, **body.get("extensions", {})}
    return 200, {"Content-Type": "application/json"}, json.dumps(body)


def error(code: str, message: str = "no", **extensions: Any) -> Answer:
    body = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
    return 200, {"Content-Type": "application/json"}, json.dumps(body)


class Shop:
    """``shop.on["Orders"]``: a list of answers, each used once, the last one again and again; or a function of the variables."""

    def __init__(self, mock: responses.RequestsMock, shop: str = SHOP) -> None:
        self.on: dict[str, list[Answer | Exception] | Callable[[dict[str, Any]], Answer]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.tokens: list[str] = []
        mock.add_callback(responses.POST, f"https://{shop}/admin/api/2026-10/graphql.json", callback=self._answer)

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        body = json.loads(request.body or b"{}")
        name = re.search(r"(?:query|mutation) (\w+)", body["query"]).group(1)
        self.asked.append((name, body["variables"]))
        self.tokens.append(request.headers["X-Shopify-Access-Token"])
        answers = self.on[name]
        if callable(answers):
            return answers(body["variables"])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, wait: float) -> None:
        self.waits.append(wait)
        self.now += wait


def client(
    spool: Path, time: Time | None = None, *, shop: str = SHOP, token: str = "shpat_1", **connection: Any
) -> ShopifyClient:
    time = time or Time()
    info = ConnectionInfo("acme", shop, {"access_token": token}, currency="EUR", **connection)
    options = ShopifyOptions(spool_dir=spool)
    return ShopifyClient(info, options, clock=time.clock, sleep=time.sleep, now=lambda: NOW)
