"""What we write on customers: our own meta keys and nothing else, in batches that shrink when the host can't keep up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from adapters.woocommerce.api import StoreApi
from adapters.woocommerce.meta import CONSENT_KEYS
from plugin_core.clock import from_us
from plugin_core.errors import BadAnswer, InvalidInput, Refused, Transient
from plugin_core.platforms import ProfileWrite, WriteResult

PREFIX = "comeback_"  # a key with a leading underscore would be dropped in silence
FIELDS = ("points", "tier", "referral_code", "segments", "lifecycle")
_START = 50  # WooCommerce takes 100, but shared hosts run into their time limit
_SMALLEST = 5


class ProfileWriter:
    """Remembers the batch size that this store can carry."""

    def __init__(self, api: StoreApi) -> None:
        self._api = api
        self._size = _START

    def write(self, writes: Sequence[ProfileWrite]) -> list[WriteResult]:
        """Setting meta twice is harmless: a batch whose answer was lost is sent again, smaller. Woo has no tags to write."""
        results: list[WriteResult] = []
        position = 0
        while position < len(writes):
            chunk = writes[position : position + self._size]
            try:
                results += self._batch(chunk)
            except Transient as failure:
                if self._size > _SMALLEST and failure.retry_after is None:
                    self._size = max(_SMALLEST, self._size // 2)
                    continue
                results += [
                    WriteResult(write.customer_id, ok=False, error=str(failure), retry=True, calls=int(index == 0))
                    for index, write in enumerate(chunk)
                ]
            except Refused as refused:
                if refused.code == "woocommerce_rest_request_entity_too_large" and self._size > _SMALLEST:
                    self._size = max(_SMALLEST, self._size // 2)
                    continue
                raise
            position += len(chunk)
        return results

    def _batch(self, writes: Sequence[ProfileWrite]) -> list[WriteResult]:
        update = [{"id": _number(write.customer_id), "meta_data": _meta(write.fields)} for write in writes]
        answer = self._api.write("POST", "customers/batch", {"update": update})
        items = answer.get("update") if isinstance(answer, dict) else None
        if not isinstance(items, list) or len(items) != len(writes):
            raise BadAnswer("A batch of customers was not answered item by item.", store=self._api.store)
        return [_result(write, item, first=index == 0) for index, (write, item) in enumerate(zip(writes, items, strict=True))]


def write_consent(api: StoreApi, customer_id: str, channel: str, state: str, at: int) -> None:
    key = CONSENT_KEYS.get(channel)
    if key is None:
        raise InvalidInput(f"There is no channel {channel!r}.", mend=f"Channels are: {', '.join(CONSENT_KEYS)}.")
    when = from_us(at).astimezone(UTC).isoformat(timespec="seconds")
    meta = [{"key": key, "value": state}, {"key": f"{key}_at", "value": when}]
    api.write("PUT", f"customers/{_number(customer_id)}", {"meta_data": meta})


def _meta(fields: Mapping[str, str | int | None]) -> list[dict[str, str | None]]:
    """``None`` deletes the key in the store."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise InvalidInput(f"These are no fields of ours: {', '.join(sorted(unknown))}.")
    return [{"key": PREFIX + name, "value": None if value is None else str(value)} for name, value in fields.items()]


def _result(write: ProfileWrite, item: Any, *, first: bool) -> WriteResult:
    error = item.get("error") if isinstance(item, dict) else {"message": "no answer for this customer"}
    calls = int(first)
    if not error:
        same = str(item.get("id")) == write.customer_id
        return WriteResult(
            write.customer_id, ok=same, error="" if same else "the store answered for somebody else", retry=not same, calls=calls
        )
    code = str(error.get("code", ""))
    data = error.get("data")
    gone = code == "wc_user_invalid_id" or code.endswith("invalid_id") or (isinstance(data, dict) and data.get("status") == 404)
    said = str(error.get("message", "")) or code
    return WriteResult(write.customer_id, ok=False, gone=gone, error=f"The store refused ({code}): {said[:200]}", calls=calls)


def _number(customer_id: str) -> int:
    if not customer_id.isdigit():
        raise InvalidInput(f"{customer_id[:40]!r} is no WooCommerce customer id.")
    return int(customer_id)
