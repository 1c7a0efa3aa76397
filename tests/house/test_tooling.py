"""The tools stand on the same facts as the project file."""

from __future__ import annotations

import ast
import os
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.files import PACKAGES, ROOT, modules, read

pytestmark = pytest.mark.fast

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)$")


def locked() -> dict[str, str]:
    lines = [line for line in read("requirements.lock").splitlines() if line and not line.startswith("#")]
    found = [PINNED.match(line) for line in lines]
    assert all(found), "requirements.lock holds plain name==version lines"
    return {canonicalize_name(match.group(1)): match.group(2) for match in found if match}


def test_every_dependency_is_pinned_within_its_range() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    pins = locked()
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dev"],
        *project["build-system"]["requires"],
    ]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), str(requirement)
        assert any(part.operator == "<" for part in requirement.specifier), f"{requirement} has no upper bound"


def test_everything_that_running_needs_is_declared() -> None:
    providers = packages_distributions()
    wanted = {
        canonicalize_name(Requirement(line).name) for line in tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]
    }
    undeclared = {
        f"{path} imports {top}"
        for path in modules(*PACKAGES)
        for top in imported(path)
        if top not in sys.stdlib_module_names | set(PACKAGES)
        and wanted.isdisjoint(canonicalize_name(name) for name in providers.get(top, []))
    }
    assert not undeclared


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(read(path))))
    plain = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}


def test_every_package_is_installed_and_checked() -> None:
    project = tomllib.loads(read("pyproject.toml"))["tool"]
    assert {name.rstrip("*") for name in project["setuptools"]["packages"]["find"]["include"]} == set(PACKAGES)
    assert set(project["mypy"]["packages"]) == set(PACKAGES)
    assert set(project["importlinter"]["root_packages"]) == {*PACKAGES, "tests"}
    assert all((ROOT / package / "py.typed").exists() for package in PACKAGES)


def test_every_rule_we_switch_off_has_a_reason() -> None:
    text = read("pyproject.toml")
    ignored = text[text.index("\nignore = [") : text.index("\n]\n", text.index("\nignore = ["))]
    lines = [line for line in ignored.splitlines()[2:] if line.strip()]
    assert lines
    assert not [line for line in lines if "# " not in line]


def test_continuous_integration_runs_make_test() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "make test" in read(".ci/run")
