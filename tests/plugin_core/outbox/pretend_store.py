"""A store in memory that takes our writes: what it shows is what the tests look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from plugin_core.errors import StoreError
from plugin_core.platforms import CodeSpec, CreatedCode, ProfileWrite, StoreClient, StoreFacts, WriteResult
from plugin_core.records import Page
from plugin_core.stores.models import Store


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


class PretendStore(StoreClient):
    def __init__(self) -> None:
        self.tags: dict[str, set[str]] = {}
        self.fields: dict[str, dict[str, str | int]] = {}
        self.consents: list[tuple[str, str, str, int]] = []
        self.batches: list[list[ProfileWrite]] = []
        self.gone: set[str] = set()
        self.refuses: dict[str, tuple[str, bool]] = {}  # id -> (why, worth another try)
        self.trouble: BaseException | None = None
        self.killed_after = 0  # writes
        self.closed = True

    @contextmanager
    def open(self, store: Store) -> Iterator[StoreClient]:
        self.closed = False
        try:
            yield self
        finally:
            self.close()

    def write_profiles(self, writes: Sequence[ProfileWrite]) -> list[WriteResult]:
        if isinstance(self.trouble, StoreError):
            raise self.trouble
        self.batches.append(list(writes))
        results = []
        for place, write in enumerate(writes):
            if self.killed_after and place == self.killed_after:
                raise Killed
            results.append(self._written(write))
        return results

    def _written(self, write: ProfileWrite) -> WriteResult:
        number = write.customer_id
        if number in self.gone:
            return WriteResult(number, ok=False, gone=True, calls=1)
        if number in self.refuses:
            why, retry = self.refuses[number]
            return WriteResult(number, ok=False, error=why, retry=retry, calls=1)
        shown = self.fields.setdefault(number, {})
        for name, value in write.fields.items():
            if value is None:
                shown.pop(name, None)
            else:
                shown[name] = value
        self.tags[number] = (self.tags.get(number, set()) | set(write.add_tags)) - set(write.remove_tags)
        return WriteResult(number, ok=True, calls=1)

    def write_consent(self, customer_id: str, channel: str, state: str, at: int) -> None:
        if isinstance(self.trouble, BaseException):
            raise self.trouble
        self.consents.append((customer_id, channel, state, at))

    def close(self) -> None:
        self.closed = True

    def facts(self) -> StoreFacts:
        raise AssertionError("write-back reads nothing")

    def pull(self, resource: str, cursor: Mapping[str, object] | None, *, full: bool = False) -> Iterator[Page]:
        raise AssertionError("write-back reads nothing")

    def fetch(self, resource: str, external_ids: Sequence[str]) -> Page:
        raise AssertionError("write-back reads nothing")

    def create_code(self, spec: CodeSpec) -> CreatedCode:
        raise AssertionError("write-back makes no codes")

    def delete_code(self, created: CreatedCode) -> None:
        raise AssertionError("write-back makes no codes")
