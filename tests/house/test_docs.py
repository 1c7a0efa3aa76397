"""Documentation that fails the build: settings, commands, targets, links and decisions are those that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

from comeback.settings import PREFIX, Settings
from plugin_core.customers.export import COLUMNS
from plugin_core.stores.settings import StoreSettings
from tests.house.files import ROOT, all_files, read

pytestmark = pytest.mark.fast

PAGES = [path for path in all_files() if path.suffix == ".md" and not path.is_relative_to("tests")]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")
DECISION = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
OPERATORS_PAGES = [Path("README.md"), *(path for path in PAGES if path.parts[0] == "docs")]


def commands() -> dict[str, click.Command]:
    """``{"sync": ..., "campaigns list": ...}``; empty until there is a command line."""
    if not (ROOT / "comeback/cli/__init__.py").exists():
        return {}
    return dict(_walk(importlib.import_module("comeback.cli").cli, ""))


def _walk(group: click.Command, prefix: str) -> list[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        return [(prefix.strip(), group)]
    return [pair for name in group.list_commands(click.Context(group)) for pair in _walk_child(group, name, prefix)]


def _walk_child(group: click.Group, name: str, prefix: str) -> list[tuple[str, click.Command]]:
    child = group.get_command(click.Context(group), name)
    assert child is not None
    return _walk(child, f"{prefix} {name}")


def test_every_setting_of_the_environment_is_explained() -> None:
    page = read("docs/settings.md")
    for field, info in Settings.model_fields.items():
        assert f"| `{PREFIX}{field.upper()}` | {info.description} |" in page


def test_every_setting_of_a_store_is_explained() -> None:
    page = read("docs/settings.md")
    for name, field in StoreSettings.__dataclass_fields__.items():
        assert f"| `{name}` | {field.metadata['help']} |" in page


def test_the_settings_page_explains_nothing_that_is_not_there() -> None:
    explained = set(re.findall(r"^\| `(\w+)`", read("docs/settings.md"), re.MULTILINE))
    assert explained == {f"{PREFIX}{field.upper()}" for field in Settings.model_fields} | set(StoreSettings.__dataclass_fields__)


def test_every_column_of_a_file_of_customers_is_explained() -> None:
    assert re.findall(r"^\| `(\w+)`", read("docs/files.md"), re.MULTILINE) == list(COLUMNS)


def test_every_command_is_explained() -> None:
    text = "\n".join(read(path) for path in OPERATORS_PAGES if (ROOT / path).exists())
    assert not [name for name in commands() if f"comeback {name}" not in text]


def test_every_command_that_is_shown_exists() -> None:
    known = set(commands())
    if not known:
        return
    shown = {
        words
        for path in OPERATORS_PAGES
        if (ROOT / path).exists()
        for words in re.findall(r"^(?:\$ )?(?:\.venv/bin/)?comeback ([a-z-]+(?: [a-z-]+)?)", read(path), re.MULTILINE)
    }
    assert not [words for words in shown if words not in known and words.split()[0] not in known]


def test_every_make_target_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    shown = {target for path in PAGES for target in re.findall(r"(?:`|^|\$ )make ([a-z-]+)", read(path), re.MULTILINE)}
    assert shown
    assert shown <= targets


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path in PAGES
        for target, _ in LINK.findall(read(path))
        if "://" not in target and not target.startswith("mailto:") and not (ROOT / path.parent / target).exists()
    ]
    assert not broken


def test_every_page_of_the_documentation_can_be_found() -> None:
    index = read("docs/README.md")
    pages = [path for path in PAGES if path.parts[0] == "docs" and path != Path("docs/README.md")]
    assert not [str(path) for path in pages if str(path.relative_to("docs")) not in index]


def test_decisions_are_numbered_without_gaps_and_say_why() -> None:
    names = sorted(path.name for path in PAGES if path.is_relative_to("docs/decisions"))
    numbers = [int(found.group(1)) for name in names if (found := DECISION.fullmatch(name))]
    assert len(numbers) == len(names)
    assert numbers == list(range(len(numbers)))
    for name in names[1:]:
        page = read(f"docs/decisions/{name}")
        assert page.startswith(f"# {int(name[:4])}. ")
        for heading in ("## Situation", "## Decision", "## Consequences"):
            assert heading in page, f"{name} lacks {heading}"
