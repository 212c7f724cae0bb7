"""`python -m heartsay.cli`: the command line where no script is installed."""

from heartsay.cli import main

main()
