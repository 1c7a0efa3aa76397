"""Shopify's global ids and the bare numbers we keep as external ids."""

from __future__ import annotations

_PREFIX = "gid://shopify/"
_MOST = 200_000


def gid(kind: str, external_id: str) -> str:
    """``gid("Customer", "12")`` -> ``gid://shopify/Customer/12``; a global id is left as it is."""
    return external_id if external_id.startswith(_PREFIX) else f"{_PREFIX}{kind}/{external_id}"


def bare(global_id: str) -> str:
    """``gid://shopify/Customer/12`` -> ``12``; a query part (``?key=...``) is dropped."""
    tail = global_id[global_id.rfind("/") + 1 :]
    return tail.partition("?")[0] if "?" in tail else tail


class _Bare(dict[str, str]):
    """``bare`` for the ids that come again and again (products, variants): one look-up, one string in memory."""

    def __missing__(self, global_id: str) -> str:
        if len(self) >= _MOST:
            self.clear()
        self[global_id] = found = bare(global_id)
        return found


remembered = _Bare()
