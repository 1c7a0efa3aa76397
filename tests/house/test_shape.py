"""How files look: one concept each, with a purpose, nothing left for later."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.files import PACKAGES, ROOT, all_files, modules, read, texts

pytestmark = pytest.mark.fast

LONGEST = 300
LARGEST = 2_000_000  # bytes; a clone should stay small
# A letter in brackets keeps each pattern from finding itself.
LATER = re.compile(r"\b(?:[T]ODO|[F]IXME|[X]XX|[H]ACK)\b")
NOT_RUN = re.compile(r"mark\.[s]kip|mark\.[x]fail|pytest\.(?:[s]kip|[x]fail|[i]mportorskip)\b|unittest\.[s]kip")
BANNER = re.compile(r"^\s*#\s*[-=#*]{10,}", re.MULTILINE)


def is_generated(path: Path) -> bool:
    return path.is_relative_to("plugin_core/migrations/versions")


def test_no_file_is_longer_than_one_concept_needs() -> None:
    long = {str(path): lines for path in modules() if (lines := read(path).count("\n")) > LONGEST and not is_generated(path)}
    assert not long


def test_no_file_weighs_a_clone_down() -> None:
    assert not [str(path) for path in all_files() if (ROOT / path).stat().st_size > LARGEST]


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in modules(*PACKAGES, "benchmarks")
        if (ROOT / path).stat().st_size and not ast.get_docstring(ast.parse(read(path)))
    ]
    assert not silent


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in modules(*PACKAGES, "tests", "benchmarks")}
    assert not [str(folder) for folder in sorted(folders) if not (ROOT / folder / "__init__.py").exists()]


def test_nothing_is_left_for_later() -> None:
    found = [f"{path}: {hit.group()}" for path in texts() if path.suffix != ".graphql" for hit in LATER.finditer(read(path))]
    assert not found


def test_no_test_is_switched_off() -> None:
    assert not [f"{path}: {hit.group()}" for path in modules() for hit in NOT_RUN.finditer(read(path))]


def test_code_has_no_banners() -> None:
    assert not [str(path) for path in modules() if BANNER.search(read(path))]
