"""Every error the project raises on purpose, as one tree; the class decides what happens next.

ComebackError                      message for people + ``mend``: what to do about it
|-- InvalidInput                   the caller's words are wrong; nothing was changed
|   |-- NotFound                   no such store, campaign, customer, segment
|   `-- TooManyTries               asked too often; ``retry_after`` seconds
|-- SettingsProblem                environment or store settings are missing or wrong
|-- StoreError                     talking to a store went wrong (``store`` names it)
|   |-- Transient                  try again later, ``retry_after`` seconds if the store said so
|   |   |-- Throttled              the store asked us to slow down
|   |   |-- Unreachable            no connection was made: nothing can have happened over there
|   |   `-- OutcomeUnknown         a write was sent, no answer came: look before doing it again
|   `-- Permanent                  trying again changes nothing
|       |-- AccessRevoked          key or token is not (or no longer) accepted
|       |-- MissingScope           accepted, but not allowed to do this
|       |-- WrongAddress           something answers there, but not this store's API
|       |-- BadAnswer              the answer can't be understood (truncated, not JSON, wrong shape)
|       |-- Refused                the store understood and said no (``code`` where it gave one)
|       `-- Unsupported            this store can't do that
`-- MessageError                   a message could not be handed over
    |-- MessageNotSent             certainly not sent; may be tried again
    |-- MessageRefused             the address or the message was refused for good
    `-- MessageOutcomeUnknown      may have been sent: never repeat by yourself
"""

from __future__ import annotations


class ComebackError(Exception):
    """``message`` says what happened, ``mend`` what the reader can do about it."""

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class InvalidInput(ComebackError):
    pass


class NotFound(InvalidInput):
    pass


class TooManyTries(InvalidInput):
    def __init__(self, message: str, *, mend: str = "", retry_after: int) -> None:
        super().__init__(message, mend=mend)
        self.retry_after = retry_after


class SettingsProblem(ComebackError):
    pass


class StoreError(ComebackError):
    """``store`` is the store's key or address, so that every message names it."""

    def __init__(self, message: str, *, store: str, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.store = store

    def __str__(self) -> str:
        return f"{self.store}: {super().__str__()}"


class Transient(StoreError):
    def __init__(self, message: str, *, store: str, mend: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, store=store, mend=mend)
        self.retry_after = retry_after


class Throttled(Transient):
    pass


class Unreachable(Transient):
    pass


class OutcomeUnknown(Transient):
    pass


class Permanent(StoreError):
    pass


class AccessRevoked(Permanent):
    pass


class MissingScope(Permanent):
    pass


class WrongAddress(Permanent):
    pass


class BadAnswer(Permanent):
    pass


class Refused(Permanent):
    def __init__(self, message: str, *, store: str, mend: str = "", code: str = "") -> None:
        super().__init__(message, store=store, mend=mend)
        self.code = code


class Unsupported(Permanent):
    pass


class MessageError(ComebackError):
    pass


class MessageNotSent(MessageError):
    pass


class MessageRefused(MessageError):
    """``recipient``: the address itself doesn't exist or takes no mail, so writing to it again is wrong."""

    def __init__(self, message: str, *, mend: str = "", recipient: bool = False) -> None:
        super().__init__(message, mend=mend)
        self.recipient = recipient


class MessageOutcomeUnknown(MessageError):
    pass
