"""The files the house's rules look at: all that is in the repository, and new ones in its own folders."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("comeback", "plugin_core", "adapters", "webhooks", "jobs", "admin", "storefront")
_TEXT = {
    ".py",
    ".md",
    ".toml",
    ".json",
    ".graphql",
    ".html",
    ".mjml",
    ".ini",
    ".cfg",
    ".yml",
    ".yaml",
    ".lock",
    ".mako",
    ".txt",
    ".css",
    ".js",
}
_FOLDERS = {*PACKAGES, "tests", "docs", "benchmarks", "extensions", ".ci"}
_NOT_OURS = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache", "build", "dist"}


@cache
def all_files() -> tuple[Path, ...]:
    """Relative to the root. Without git (a downloaded archive): everything that is not a cache."""
    if (ROOT / ".git").exists():
        new = [path for path in _git("--others", "--exclude-standard") if path.parts[0] in _FOLDERS]
        paths = [*_git("--cached"), *new]
    else:
        below = [path.relative_to(ROOT) for path in ROOT.rglob("*") if _NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)]
        paths = [path for path in below if len(path.parts) == 1 or path.parts[0] in _FOLDERS]
    return tuple(sorted({path for path in paths if (ROOT / path).is_file()}))


def _git(*options: str) -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, check=True, capture_output=True, text=True)
    return [Path(name) for name in done.stdout.split("\0") if name]


def texts() -> list[Path]:
    return [path for path in all_files() if path.suffix in _TEXT or path.name in {"Makefile", "run", "LICENSE"}]


def modules(*tops: str) -> list[Path]:
    """Python files; only those below ``tops`` where given ("plugin_core", "plugin_core/offers")."""
    found = [path for path in all_files() if path.suffix == ".py"]
    return [path for path in found if not tops or any(path.is_relative_to(top) for top in tops)]


@cache
def read(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
