"""`python -m kouji`."""

from kouji.cli.main import run

run()
