"""The benchmark itself runs at any size; what it measures is another matter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import __main__ as bench
from benchmarks import shopify_file


def test_the_file_holds_realistic_orders_and_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    shopify_file.write(first, 300)
    shopify_file.write(second, 300)
    assert first.read_bytes() == second.read_bytes()
    assert 3_200 < first.stat().st_size / 300 < 3_800
    found = [json.loads(line) for line in first.read_text(encoding="utf-8").splitlines()]
    orders = [one for one in found if "__parentId" not in one]
    assert len(orders) == 300
    assert 1.8 < (len(found) - 300) / 300 < 2.2
    assert any(one["refunds"] for one in orders)
    assert any(one["customer"] is None for one in orders)


def test_the_import_is_measured_on_both_databases_at_any_size() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--size", "60", "--only", "imports"], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    for name in ("import, sqlite", "import again, sqlite", "import, postgresql", "import again, postgresql", "peak memory"):
        assert name in done.stdout


def test_a_missed_ratio_is_said(capsys) -> None:
    row = {"name": "import", "ours": 1.0, "limit": 10.0, "ratio": 0.1, "wanted": 0.4, "unit": "orders/s", "ok": False}
    bench.show([row])
    assert "MISSED" in capsys.readouterr().out
