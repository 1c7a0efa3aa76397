"""What the program's database and the stores hold, written down so that two runs can be compared: no row numbers, no clock."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adapters.sandbox import Twins
from plugin_core.db import create_engine
from plugin_core.tables import metadata

# A column of this name points at a row of that table, declared as a foreign key or not.
POINTS_AT = {
    "account_id": "accounts", "store_id": "stores", "customer_id": "customers", "campaign_id": "campaigns",
    "segment_id": "segments", "order_id": "orders", "offer_id": "offers", "store_customer_id": "store_customers",
    "survivor_id": "customers", "absorbed_id": "customers", "merged_into": "customers",
}  # fmt: skip
# By what a row is known when its number is not.
KNOWN_BY = {
    "accounts": ("key",), "stores": ("key",), "customers": ("key",), "store_customers": ("store_id", "external_id"),
    "campaigns": ("store_id", "key"), "segments": ("store_id", "slug"), "orders": ("store_id", "external_id"),
    "offers": ("campaign_id", "customer_id", "step", "round", "subject"),
}  # fmt: skip
# Written by the program's own clock, or numbers the store gave to what it made.
OWN_TIMES = {
    "accounts": {"created_at"},
    "audit_entries": {"at"},
    "campaigns": {"started_at", "updated_at"},
    "consent_entries": {"recorded_at"},
    "customer_merges": {"at"},
    "insight_figures": {"computed_at"},
    "lifecycle_days": {"at"},
    "loyalty_programmes": {"started_at"},
    "memberships": {"entered_at"},
    "offers": {"code_checked_at", "code_expires_at", "code_external_id", "planned_at", "due_at", "minted_at", "decided_at"},
    "points_entries": {"posted_at"},
    "referral_codes": {"offered_at"},
    "rejected_records": {"first_seen_at"},
    "segments": {"rule_changed_at"},
    "stores": {"connected_at", "first_import_at", "yardsticks_at"},
    "sync_cursors": {"cursor", "updated_at"},
    "touches": {"claimed_at", "settled_at"},
    "write_journal": {"at"},
    "written_states": {"written_at"},
}
# How the work went, not what came of it.
HISTORY_OF_WORK = {"runs", "store_tasks", "work_totals"}
# A journal may say twice what was written twice to the same effect, then from another beginning.
AS_SETS = {"write_journal"}


def database(url: str) -> dict[str, list[str]]:
    """Table -> its rows as text, in order."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            rows = {
                table.name: [dict(row._mapping) for row in connection.execute(sa.select(table))]
                for table in metadata.sorted_tables
            }
    finally:
        engine.dispose()
    names: dict[str, dict[int, str]] = {}
    for table, columns in KNOWN_BY.items():
        names[table] = {row["id"]: "/".join(str(_named(column, row[column], names)) for column in columns) for row in rows[table]}
    held = {}
    for table, content in rows.items():
        if table in HISTORY_OF_WORK:
            continue
        lines = [_line(table, row, names) for row in content]
        held[table] = sorted(set(lines) if table in AS_SETS else lines)
    return held


def _line(table: str, row: dict[str, Any], names: dict[str, dict[int, str]]) -> str:
    shown = {
        column: _named(column, value, names)
        for column, value in row.items()
        if column != "id" and column not in OWN_TIMES.get(table, ())
    }
    if table == "customer_merges":
        shown["moved"] = {name: _without_ids(value) for name, value in row["moved"].items()}
    if table == "insight_figures":
        shown["body"] = {name: value for name, value in row["body"].items() if name != "imported_at"}
    if table == "write_journal":
        del shown["before"]
        if row["kind"] == "code":
            del shown["target"]
    return json.dumps(shown, sort_keys=True, default=str, ensure_ascii=False)


def _without_ids(moved: Any) -> Any:
    """Rows named by their database id alone: only how many they are can be compared."""
    only_ids = isinstance(moved, list) and all(
        isinstance(row, list) and len(row) == 1 and isinstance(row[0], int) for row in moved
    )
    return len(moved) if only_ids else moved


def _named(column: str, value: Any, names: dict[str, dict[int, str]]) -> Any:
    table = POINTS_AT.get(column)
    return value if table is None or not isinstance(value, int) else names[table].get(value, value)


def stores(twins: Twins) -> dict[str, Any]:
    shopify, woo = twins.shopify.state(), twins.woocommerce.state()
    return {
        "shopify": {name: shopify[name] for name in ("tags", "merchant_tags", "metafields", "merchant_metafields", "customers")}
        | {"codes": {code: _without(held, "id", "ends_at") for code, held in shopify["codes"].items()}},
        "woocommerce": {name: woo[name] for name in ("meta", "merchant_meta", "customers")}
        | {"codes": {code: _without(held, "id", "date_expires_gmt") for code, held in woo["codes"].items()}},
    }


def codes_made(twins: Twins) -> dict[str, int]:
    """Code -> how often a store made it."""
    return {
        code: kinds.get("created", 0)
        for twin in (twins.shopify, twins.woocommerce)
        for code, kinds in twin.state()["code_attempts"].items()
    }


def mails(folder: Path) -> Counter[str]:
    """Mail -> how often the folder took it in."""
    index = folder / "index.txt"
    told = Counter(line.rsplit(None, 1)[-1] for line in index.read_text().splitlines()) if index.exists() else Counter[str]()
    return Counter({path.name: max(1, told[path.name]) for path in folder.glob("*.eml")})


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    found = []
    for table in sorted(one.keys() | other.keys()):
        left, right = Counter(one.get(table, [])), Counter(other.get(table, []))
        found += [f"{table}: only undisturbed: {line}" for line in (left - right).elements()]
        found += [f"{table}: only disturbed:   {line}" for line in (right - left).elements()]
    return found


def _without(held: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in held.items() if name not in names}
