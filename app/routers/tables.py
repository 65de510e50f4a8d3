"""What routes share that answer as JSON or, on `?format=csv`, as a table."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Query, Response

CSV = "text/csv"
Format = Annotated[Literal["json", "csv"], Query(description="As JSON, or as a table for spreadsheets")]
"""`format: Format = "json"` in an endpoint's signature."""


def tabled(header: str) -> dict[int | str, dict[str, Any]]:
    """What the contract says of such an answer; `header`: the first line of the table."""
    return {200: {"content": {CSV: {"example": f"{header}\r\n"}}}}


def table(text: str, name: str, following: Mapping[str, object] | None = None) -> Response:
    """A table to be saved as a file. `following`: the query that leads to the rows after it, told in `Link` (RFC 8288)."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    if following is not None:
        asked = urlencode({key: value for key, value in following.items() if value is not None})
        headers["Link"] = f'<?{asked}>; rel="next"'
    return Response(text, media_type=f"{CSV}; charset=utf-8", headers=headers)
