"""Zips the plugin as WordPress installs it. Run: writes dist/comeback-VERSION.zip."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import catalogues

ROOT = Path(__file__).resolve().parents[2]
_FIXED = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive


def build(folder: Path) -> Path:
    catalogues.main()
    version = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))["version"]
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{catalogues.DOMAIN}-{version}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(path for path in catalogues.PLUGIN.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(f"{catalogues.DOMAIN}/{path.relative_to(catalogues.PLUGIN).as_posix()}", _FIXED)
            entry.external_attr = 0o644 << 16
            made.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return archive


if __name__ == "__main__":
    sys.stdout.write(f"{build(ROOT / 'dist')}\n")
