"""Everything the program reads at its start, read once."""

import comeback.cli.campaigns
import comeback.cli.operations
import comeback.cli.people
import comeback.cli.stores
import comeback.logs  # noqa: F401
