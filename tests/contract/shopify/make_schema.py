"""Makes admin_2026-10.graphql.gz from Shopify's introspection: ``python -m tests.contract.shopify.make_schema FILE.json.gz``.

Every type, argument and ``@deprecated`` mark is kept, only the descriptions are left out: what is valid here is valid at
Shopify. The introspection comes with the npm package @shopify/dev-mcp 1.16.0 (dist/data).
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

from graphql import build_client_schema, lexicographic_sort_schema, print_schema

TARGET = Path(__file__).parent / "admin_2026-10.graphql.gz"


def without_descriptions(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: None if key == "description" else without_descriptions(value) for key, value in node.items()}
    if isinstance(node, list):
        return [without_descriptions(each) for each in node]
    return node


def main(source: Path) -> None:
    introspection = json.loads(gzip.decompress(source.read_bytes()))["data"]
    schema = build_client_schema(without_descriptions(introspection), assume_valid=True)
    text = print_schema(lexicographic_sort_schema(schema))
    TARGET.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    sys.stdout.write(f"{len(schema.type_map)} types, {len(text)} characters -> {TARGET.name} ({TARGET.stat().st_size} bytes)\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
