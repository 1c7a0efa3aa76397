"""Reads a bulk file in a process of its own, one batch ahead: while a page is being written the next one is being decoded.

The batches come through a pipe as MessagePack, which costs a tenth of decoding them. A helper that fails loses nothing: the
rest of the file is read here. It ends with its reader: on the next batch it finds nobody at the other end of the pipe.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from adapters.shopify.join import grouped, own_id, parent_of
from adapters.shopify.read import BATCH, Batch, Known, read_batches
from plugin_core.records import CheckoutRecord, CustomerRecord, OrderRecord, ProductRecord, Rejected

log = logging.getLogger(__name__)

WORTHWHILE = 8 * 1024 * 1024  # bytes; starting the helper takes as long as reading some megabytes
_LOOKED_AT = 200  # records at the beginning that tell whether the file is news
# Not run as ``-m``: the package has imported this module already.
_PROGRAM = "from adapters.shopify.ahead import main; main()"
_LENGTH = struct.Struct(">Q")
_encode = msgspec.msgpack.Encoder().encode
_decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {
    "orders": msgspec.msgpack.Decoder(tuple[list[OrderRecord], list[Rejected], int]),
    "customers": msgspec.msgpack.Decoder(tuple[list[CustomerRecord], list[Rejected], int]),
    "products": msgspec.msgpack.Decoder(tuple[list[ProductRecord], list[Rejected], int]),
    "checkouts": msgspec.msgpack.Decoder(tuple[list[CheckoutRecord], list[Rejected], int]),
}


def read_file(
    resource: str, path: Path, *, currency: str, known: Known | None = None, size: int = BATCH, skip: int = 0
) -> Generator[Batch, None, None]:
    """The batches of a bulk file, as ``read_batches`` gives them; ahead of time where the file is large and all of it is news."""
    taken = skip
    if path.stat().st_size >= WORTHWHILE and _processors() > 1 and (known is None or not known(_first_ids(path))):
        with closing(_ahead(resource, path, currency, size, skip)) as batches:
            for batch in batches:
                if batch is None:
                    return
                taken += batch.roots
                yield batch
        log.warning("the helper that reads %s ended early; reading on without it", resource)
    yield from read_batches(resource, grouped(path), currency=currency, known=known, size=size, skip=taken)


def _ahead(resource: str, path: Path, currency: str, size: int, skip: int) -> Generator[Batch | None, None, None]:
    """Batches, and None once the helper has come to the end of the file."""
    command = [sys.executable, "-c", _PROGRAM, resource, str(path), currency, str(size), str(skip)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    decode = _decoders[resource].decode
    # Our own interpreter and module; the arguments reach no shell.
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as helper:  # noqa: S603
        try:
            while (frame := _read_frame(cast(IO[bytes], helper.stdout))) is not None:
                records, rejected, roots = decode(frame)
                yield Batch(list(records), rejected, roots)
            if helper.wait() == 0:
                yield None
        finally:
            helper.terminate()


def _read_frame(stream: IO[bytes]) -> bytes | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    frame = stream.read(length)
    return frame if len(frame) == length else None


def _help(resource: str, path: Path, currency: str, size: int, skip: int, out: IO[bytes]) -> None:
    for batch in read_batches(resource, grouped(path), currency=currency, size=size, skip=skip):
        frame = _encode((batch.records, batch.rejected, batch.roots))
        out.write(_LENGTH.pack(len(frame)))
        out.write(frame)
        out.flush()


def _leave(_signal: int, _frame: Any) -> None:
    sys.exit(1)  # by an exception, so that temporary files are removed


def _first_ids(path: Path) -> list[str]:
    with path.open("rb") as lines:
        roots = (line for line in lines if parent_of(line) is None and len(line) > 2)
        return [own_id(line).decode(errors="replace").rpartition("/")[2] for line in islice(roots, _LOOKED_AT)]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    """The helper's own life."""
    signal.signal(signal.SIGTERM, _leave)
    gc.disable()
    try:
        _help(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.stdout.buffer)
    except BrokenPipeError:
        os._exit(1)  # the reader is gone; closing stdout would complain once more
