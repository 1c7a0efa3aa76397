"""The page of facts names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "woocommerce-facts.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(?:([\w/]*test_\w+\.py)::|(contract):)(test_\w+)`")
CONTRACT = ("test_recorded.py", "test_deliveries.py")


def test_every_test_named_on_the_page_of_facts_exists():
    named = NAMED.findall(PAGE)
    assert len(named) > 50
    for file, contract, test in named:
        paths = [f"tests/contract/woocommerce/{name}" for name in CONTRACT] if contract else [_path(file)]
        source = "".join((ROOT / path).read_text(encoding="utf-8") for path in paths)
        assert f"def {test}(" in source, f"{paths} have no {test}"


def _path(file: str) -> str:
    return file if "/" in file else f"tests/adapters/woocommerce/{file}"


def test_every_fact_has_a_test_or_a_reason():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| fact", "| trap", "| ---"))]
    assert len(rows) > 60
    for row in rows:
        fact, _, shown = (cell.strip() for cell in row.strip("|").split("|"))
        assert shown, f"neither test nor reason: {fact}"
