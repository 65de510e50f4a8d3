"""`python -m app.cli`, where the installed `sitthi` is not at hand."""

from app.cli import main

main()
