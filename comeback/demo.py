"""The demo: two made-up stores over real HTTP, taken through the program's main job in a folder of its own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.sandbox import Twins, start_twins
from comeback import settings as environment
from comeback.app import App, build
from comeback.connecting import connect
from jobs.due import run_due
from plugin_core.insights.overview import overview
from plugin_core.offers import campaigns
from plugin_core.stores import settings as store_settings
from plugin_core.stores.connect import find_store

_SENDER = {
    "sender_name": "The Comeback demo",
    "sender_email": "hello@comeback-demo.example",
    "reply_to": "help@comeback-demo.example",
    "postal_address": "1 Demo Street, Example Town",
    # Real stores hold mails back at night; the demo shows them whatever the hour.
    "quiet_hours": False,
}

Say = Callable[[str], None]


@contextmanager
def demo_app(folder: Path, *, port: int, people: int | None = None) -> Iterator[tuple[App, Twins]]:
    """Twins and an application that knows only them; both live in ``folder`` and end with the block."""
    with start_twins(people) as twins:
        values = {
            "DATABASE_URL": f"sqlite:///{folder / 'demo.sqlite'}",
            "SECRET_KEY": "a key that protects made-up people only",
            "SMTP_URL": f"folder:{folder / 'mail'}",
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SHOPIFY_ORIGIN": twins.shopify.origin,
            "ALLOW_PRIVATE_STORES": "1",
        }
        ours = {f"{environment.PREFIX}{name}": value for name, value in values.items()}
        with _environment({**ours, "XDG_DATA_HOME": str(folder)}):
            app = build(environment.load())
            try:
                yield app, twins
            finally:
                app.close()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Only these of our variables, for this process and those it starts; as it was at the end."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith(environment.PREFIX)]:
        del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def play(app: App, twins: Twins, say: Say) -> dict[str, Any]:
    """The main job, once; returns the story's figures beside what the stores themselves hold."""
    say("Connecting both stores")
    shopify, _ = connect(app, "shopify", twins.shopify.shop, {"access_token": twins.shopify.token}, actor="demo")
    woocommerce, _ = connect(
        app,
        "woocommerce",
        twins.woocommerce.url,
        {"consumer_key": twins.woocommerce.consumer_key, "consumer_secret": twins.woocommerce.consumer_secret},
        actor="demo",
    )
    keys = (shopify, woocommerce)
    with app.database.write() as session:
        for key in keys:
            store_settings.change(session, find_store(session, key), _SENDER, actor="demo", now=app.context.clock())
    say("Taking in both histories: people, orders, refunds, products")
    _turn(app)
    say("Starting win-back and abandoned-checkout campaigns")
    with app.database.write() as session:
        for key in keys:
            store = find_store(session, key)
            for campaign in campaigns.campaigns(session, store):
                campaigns.start(session, store, campaign, actor="demo", now=app.context.clock())
    say("Choosing people, making codes, sending mails, writing status back")
    first = _turn(app)
    say("Running again: nothing may happen twice")
    before = twins.state()
    again = _turn(app)
    after = twins.state()
    with app.database.read() as session:
        story = overview(session)
    return {
        **story,
        "run": first,
        "second_run": {
            "store_writes": _writes(after) - _writes(before),
            "mails": sum(row.get("sent", 0) for row in again),
        },
        "stores_say": after,
        "agreement": agreement(story, after),
    }


def _turn(app: App) -> list[dict[str, Any]]:
    rows = []
    for report in run_due(app.context):
        if report.problem:
            raise RuntimeError(f"{report.store}: {report.problem}")
        rows.append({"store": report.store, **report.counts})
    return rows


def _writes(state: dict[str, Any]) -> int:
    return int(state["write_calls"])


def agreement(story: dict[str, Any], state: dict[str, Any]) -> dict[str, bool]:
    """Figure by figure: do our tables say what the stores themselves hold?"""
    found: dict[str, bool] = {}
    for row in story["stores"]:
        held = state[row["platform"]]
        shown = held["metafields"] if row["platform"] == "shopify" else held["meta"]
        found[f"{row['store']}: orders"] = row["orders"] == held["orders_counted"]
        found[f"{row['store']}: people"] = row["people"] == held["people"]
        found[f"{row['store']}: net spent"] = row["net_spent"] == held["net_spent"]
        found[f"{row['store']}: tags"] = row["tagged"] == dict(
            Counter(tag for tags in held.get("tags", {}).values() for tag in tags)
        )
        found[f"{row['store']}: profiles"] = row["profiles_written"] == len(shown)
        found[f"{row['store']}: codes"] = row["codes_created"] == len(held["codes"])
    found["people over both stores"] = story["accounts"][0]["people"] == state["people"]
    return found
