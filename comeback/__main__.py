"""``python -m comeback``: the same as the command ``comeback``."""

from comeback.cli import main

main()
