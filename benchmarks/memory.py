"""Peak memory of an import, measured in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path


def peak(folder: Path, n: int) -> float:
    """MB a process needs at most to take in ``n`` orders into SQLite."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", str(folder), str(n)], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)


def _main(folder: Path, n: int) -> None:
    from benchmarks import imports, shopify_file  # noqa: PLC0415 - imports.py itself uses this module
    from benchmarks.databases import fresh, open_store  # noqa: PLC0415
    from plugin_core.db import Database  # noqa: PLC0415

    path = folder / f"memory-{n}.jsonl"
    shopify_file.write(path, n)
    with fresh("sqlite", folder) as engine:
        database = Database(engine)
        imports.take_in(database, open_store(database), path)
    path.unlink()
    print(_own_peak())


def _own_peak() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # Linux hands ru_maxrss down from the process that started this one
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]))
