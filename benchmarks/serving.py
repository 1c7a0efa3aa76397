"""``python -m benchmarks.serving TARGET PORT``: an application behind the server that the program uses, set up as there."""

from __future__ import annotations

import sys

from granian import Granian
from granian.constants import Interfaces


def main() -> None:
    target, port = sys.argv[1], int(sys.argv[2])
    Granian(
        target,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        blocking_threads=8,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
