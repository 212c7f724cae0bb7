"""The commands: thin, one file a command; each imports what it needs when it runs."""

from heartsay.cli.app import main

__all__ = ["main"]
