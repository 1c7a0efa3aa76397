"""The routes of the Shopify twin. The shop is chosen by the Host header, as behind the real front door."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from adapters.sandbox.faults import Faults
from adapters.sandbox.shopify import grants, oauth, uploads
from adapters.sandbox.shopify.execute import execute
from adapters.sandbox.shopify.store import VERSION, ShopStore
from adapters.sandbox.web import App, Request, Response, answer, text

GRAPHQL = f"/admin/api/{VERSION}/graphql.json"
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def app(shops: Mapping[str, ShopStore], faults: Faults) -> App:
    def serve(request: Request) -> Response:
        if request.path.startswith("/_files/"):
            return _file(shops, faults, request)
        if request.path == uploads.PATH and request.method == "POST":
            return uploads.receive(_uploaded_to(shops, request), request)
        shop = shops.get(request.host.split(":")[0])
        if request.path.startswith(grants.AUTHORIZE) and request.method == "GET":
            # A browser comes under the twin's own address: there the app's client id tells which shop is meant.
            shop = shop or next((each for each in shops.values() if each.client_id == dict(request.query).get("client_id")), None)
            if shop is not None:
                return _authorize(shop, request)
        if shop is None:
            return text("Not Found", 404)
        if request.path == "/admin/oauth/access_token" and request.method == "POST":
            return oauth.access_token(shop, request)
        if request.path != GRAPHQL or request.method != "POST":
            return answer({"errors": "Not Found"}, 404)
        return _graphql(shop, request)

    return serve


def _authorize(shop: ShopStore, request: Request) -> Response:
    word = request.path.removeprefix(grants.AUTHORIZE).strip("/")
    if word in ("install", "cancel"):
        return grants.decided(shop, request, word)
    return grants.consent(shop, request)


def _uploaded_to(shops: Mapping[str, ShopStore], request: Request) -> ShopStore:
    key = dict(uploads.form(request)).get("key", b"").decode()
    return next((shop for shop in shops.values() if key in shop.uploads), next(iter(shops.values())))


def _graphql(shop: ShopStore, request: Request) -> Response:
    headers = {"X-Shopify-API-Version": VERSION, "X-Request-Id": str(id(request))}
    token = request.headers.get("X-Shopify-Access-Token", "")
    expires = shop.token_expiry.get(token)
    if token not in shop.tokens or (expires is not None and expires < shop.clock.now()):
        return answer({"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401, headers)
    try:
        payload = request.json()
    except orjson.JSONDecodeError:
        return answer({"errors": "Bad Request"}, 400, headers)
    if not isinstance(payload, dict) or not payload.get("query"):
        return answer({"errors": {"query": "Required parameter missing or invalid"}}, 400, headers)
    return answer(execute(shop, token, payload), headers=headers)


def _file(shops: Mapping[str, ShopStore], faults: Faults, request: Request) -> Response:
    """Results of bulk operations: no token needed, parts may be asked for."""
    content = next((shop.files[request.path] for shop in shops.values() if request.path in shop.files), None)
    if content is None:
        return text("<Error><Code>NoSuchKey</Code></Error>", 404, "application/xml")
    headers = {"Content-Type": "application/jsonl", "Accept-Ranges": "bytes", "ETag": f'"{hash(content) & 0xFFFFFFFF:08x}"'}
    wanted = RANGE.fullmatch(request.headers.get("Range", ""))
    response = Response(200, content, headers)
    if wanted:
        first, last = int(wanted[1]), int(wanted[2]) if wanted[2] else len(content) - 1
        if first >= len(content):
            return Response(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
        part = content[first : last + 1]
        response = Response(206, part, headers | {"Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(content)}"})
    if faults.take(request, frozenset({"bulk_truncated"})):
        response.cut = len(response.body) // 2
    return response
