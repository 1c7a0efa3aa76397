"""What the import contracts can't say: which outside packages the core may use, and which of its modules are pure."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.files import modules, read

pytestmark = pytest.mark.fast

CORE_MAY_USE = {"plugin_core", "sqlalchemy", "numpy", "scipy", "cryptography"}
# Rules and contracts, by name: what they say depends on their arguments alone.
PURE = {"rules", "ladder", "tiers", "rfm", "lifecycle", "money", "clock", "records", "errors", "platforms", "messaging"}
PURE_MAY_USE = {"numpy", "scipy"}
IMPURE_STDLIB = {"socket", "subprocess", "threading", "random", "time", "os", "urllib", "http", "sqlite3", "requests"}
# Files in which the core may look at a clock or end a transaction.
CLOCK = Path("plugin_core/clock.py")
TRANSACTIONS = {Path("plugin_core/db.py"), Path("plugin_core/migrations/__init__.py"), Path("plugin_core/migrations/env.py")}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(read(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(read(path))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def test_the_core_stands_on_few_packages() -> None:
    for path in modules("plugin_core"):
        allowed = CORE_MAY_USE | ({"alembic"} if path.is_relative_to("plugin_core/migrations") else set())
        foreign = {name.split(".")[0] for name in imported(path)} - allowed - sys.stdlib_module_names
        assert not foreign, f"{path} imports {sorted(foreign)}"


def test_rules_are_pure() -> None:
    for path in (path for path in modules("plugin_core") if path.stem in PURE):
        names = set(imported(path))
        tops = {name.split(".")[0] for name in names}
        assert not tops - PURE_MAY_USE - {"plugin_core"} - (sys.stdlib_module_names - IMPURE_STDLIB), f"{path}: {sorted(tops)}"
        impure = {name for name in names if name.startswith("plugin_core.") and name.split(".")[-1] in {"models", "db", "tables"}}
        assert not impure, f"{path} imports {sorted(impure)}"


def test_the_core_is_told_what_time_it_is() -> None:
    clocks = {"utc_now", "clock.utc_now", "datetime.now", "datetime.utcnow", "time.time", "date.today", "dt.datetime.now"}
    asked = [f"{path}:{line}" for path in modules("plugin_core") if path != CLOCK for line, name in calls(path) if name in clocks]
    assert not asked


def test_the_core_never_ends_a_transaction() -> None:
    ending = ("session.commit", "session.rollback", "connection.commit", "connection.rollback")
    found = [
        f"{path}:{line}"
        for path in modules("plugin_core")
        if path not in TRANSACTIONS
        for line, name in calls(path)
        if name.endswith(ending)
    ]
    assert not found
