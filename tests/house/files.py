"""The files the house's rules look at: all that git would carry, or that a clone would hold."""

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
_NOT_OURS = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache", "build", "dist"}


@cache
def all_files() -> tuple[Path, ...]:
    """Relative to the root. Without git (a downloaded archive): everything that is not a cache."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        paths = [Path(name) for name in listed.split("\0") if name]
    else:
        paths = [path.relative_to(ROOT) for path in ROOT.rglob("*") if _NOT_OURS.isdisjoint(path.relative_to(ROOT).parts)]
    return tuple(sorted({path for path in paths if (ROOT / path).is_file()}))


def texts() -> list[Path]:
    return [path for path in all_files() if path.suffix in _TEXT or path.name in {"Makefile", "run", "LICENSE"}]


def modules(*tops: str) -> list[Path]:
    """Python files; only those below ``tops`` where given ("plugin_core", "plugin_core/offers")."""
    found = [path for path in all_files() if path.suffix == ".py"]
    return [path for path in found if not tops or any(path.is_relative_to(top) for top in tops)]


def read(path: Path | str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
