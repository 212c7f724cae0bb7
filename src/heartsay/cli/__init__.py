"""The commands: thin, one file a command; each imports what it needs when it runs."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; whoever stops it while it is still being loaded sees one word too."""
    try:
        from heartsay.cli.app import main as run
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    run()
