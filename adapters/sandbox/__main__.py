"""``python -m adapters.sandbox --port-file PATH``: both twins in a process of their own, until stdin closes or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import orjson

from adapters.sandbox.twins import start_twins


def moment(text: str) -> datetime:
    """A date alone means its noon, UTC."""
    parsed = datetime.fromisoformat(text)
    if len(text) == len("2026-01-01"):
        parsed = parsed.replace(hour=12)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m adapters.sandbox", description="HTTP twins of Shopify and WooCommerce on loopback."
    )
    parser.add_argument(
        "--port-file", type=Path, required=True, help="JSON with origins and keys is written here once both listen"
    )
    parser.add_argument("--people", type=int, help="identified customers (default: all there are)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--today", type=moment, help="ISO date or moment at which the twins' clock starts (default: now)")
    parser.add_argument("--lines", choices=("grouped", "shuffled"), default="grouped", help="order of lines in bulk files")
    parser.add_argument("--shopify-port", type=int, default=0)
    parser.add_argument("--woocommerce-port", type=int, default=0)
    parser.add_argument("--detached", action="store_true", help="do not stop when stdin closes")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    ports = (given.shopify_port, given.woocommerce_port)
    with start_twins(given.people, given.seed, given.today, shuffled=given.lines == "shuffled", ports=ports) as twins:
        ready = given.port_file.with_suffix(".part")
        ready.write_bytes(orjson.dumps(twins.addresses()))
        ready.replace(given.port_file)  # whoever waits for the file never sees half of it
        if not given.detached:
            threading.Thread(target=_until_closed, args=(stop,), daemon=True).start()
        stop.wait()


def _until_closed(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


if __name__ == "__main__":
    main()
