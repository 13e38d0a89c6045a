"""`python -m acquire.cli`."""

from acquire.cli import main

main()
