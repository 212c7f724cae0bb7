"""`python -m heartsay.cli`: the command line where no script is installed."""

from heartsay.cli.app import main

main()
