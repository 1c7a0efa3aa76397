"""What a merchant brings along as a file: consents, addresses never to be written to, opening balances of points.

::

    bytes --sheets.read--> rows --kinds--> what each says, or why it can't be used --deeds.apply--> an Outcome

A preview is the deed itself in a transaction that is not committed, so that both can't differ.
"""

from plugin_core.uploads.deeds import Change, Outcome, apply
from plugin_core.uploads.kinds import KINDS, Bad
from plugin_core.uploads.sheets import MOST_BYTES, MOST_ROWS, read

__all__ = ["KINDS", "MOST_BYTES", "MOST_ROWS", "Bad", "Change", "Outcome", "apply", "read"]
