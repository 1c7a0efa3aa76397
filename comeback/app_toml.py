"""shopify.app.toml, made from manifest.json: what `shopify app deploy` tells Shopify about this app.

Webhooks are app-specific: Shopify subscribes every shop that installs the app, and nothing has to be subscribed shop by shop.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.shopify.fields import DEFINITIONS, TEXT, TYPES
from plugin_core.errors import SettingsProblem

COMPLIANCE = ("customers/data_request", "customers/redact", "shop/redact")
_PROXY_SCOPE = "write_app_proxy"


def shopify_app_toml(manifest: Mapping[str, Any], *, client_id: str, public_url: str) -> str:
    if not client_id:
        raise SettingsProblem("The Shopify app's client id is not set.", mend="Set COMEBACK_SHOPIFY_CLIENT_ID and ..._SECRET.")
    if not public_url.startswith("https://"):
        raise SettingsProblem(
            "Shopify calls apps over https only.", mend="Set COMEBACK_PUBLIC_URL to the https:// address of this installation."
        )
    return "\n".join(_lines(manifest, client_id, public_url)) + "\n"


def _lines(manifest: Mapping[str, Any], client_id: str, public_url: str) -> Iterator[str]:
    facts = manifest["platforms"]["shopify"]
    proxy = facts.get("app_proxy")
    scopes = sorted({*facts["scopes"], *([_PROXY_SCOPE] if proxy else [])})
    yield "# Made by `comeback manifest shopify` from manifest.json; change that file, not this one."
    yield from _pairs(name=manifest["name"], client_id=client_id, application_url=f"{public_url}/", embedded=True)
    yield from _pairs(handle=manifest["slug"])
    optional = {"optional_scopes": facts["optional_scopes"]} if facts["optional_scopes"] else {}
    yield from _table("access_scopes", scopes=",".join(scopes), use_legacy_install_flow=False, **optional)
    yield from _table("access.admin", direct_api_mode="offline", embedded_app_direct_api_access=False)
    yield from _table("auth", redirect_urls=[f"{public_url}/auth/shopify/callback"])
    yield from _table("webhooks", api_version=facts["api_version"])
    uri = f"{public_url}/webhooks/shopify"
    for name, topics in _by_resource(topic for topic in facts["webhook_topics"] if topic not in COMPLIANCE):
        yield from _table("[webhooks.subscriptions]", name=name, topics=topics, uri=uri)
    yield from _table("[webhooks.subscriptions]", name="privacy", compliance_topics=list(COMPLIANCE), uri=uri)
    if proxy:
        yield from _table("app_proxy", url=f"{public_url}{proxy['path']}", subpath=proxy["subpath"], prefix=proxy["prefix"])
    yield from _table("pos", embedded=False)
    for key in facts["metafields"]:
        yield from _table(f"customer.metafields.app.{key}", type=TYPES.get(key, TEXT), name=DEFINITIONS[key])
        yield 'access.admin = "merchant_read"'
        yield 'access.customer_account = "read"'


def _by_resource(topics: Iterable[str]) -> list[tuple[str, list[str]]]:
    """A subscription's name comes back with each delivery: one for what concerns the same kind of record."""
    grouped: dict[str, list[str]] = {}
    for topic in sorted(topics):
        grouped.setdefault(topic.split("/", 1)[0].replace(".", "_"), []).append(topic)
    return sorted(grouped.items())


def _table(header: str, **values: Any) -> Iterator[str]:
    yield ""
    yield f"[{header}]"
    yield from _pairs(**values)


def _pairs(**values: Any) -> Iterator[str]:
    # TOML writes strings, lists of strings and booleans the way JSON does.
    yield from (f"{key} = {json.dumps(value)}" for key, value in values.items())
