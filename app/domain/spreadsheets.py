"""Cells of a CSV file that a spreadsheet can't take for a formula (OWASP ASVS 1.2.10)."""

import re

_FORMULA = re.compile(r"""[\s"'`;,‘’“”]*[=+\-@\t\r\n\0＝＋－＠]""")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate it.

    That is what begins with `= + - @`, TAB, CR, LF or NUL, full-width forms too, spaces, separators and quotation marks aside.
    """
    return f"'{text}" if _FORMULA.match(text) else text
