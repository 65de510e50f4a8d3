"""`ETag` and `If-Match` over the version number of a resource (RFC 9110 8.8.3, 13.1.1)."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

_TAG = re.compile(r'"([0-9]{1,9})"')
NO_VERSION = -1


async def expected_version(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match", max_length=200, description="The ETag read before; the write is refused if it changed"
        ),
    ] = None,
) -> int | None:
    """The version that the caller wants to change; None where it doesn't say, `NO_VERSION` for a tag that was never ours."""
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    return int(tag[1]) if tag else NO_VERSION


IfMatch = Annotated[int | None, Depends(expected_version)]


def tag(response: Response, version: int) -> None:
    """Give an answer the ETag of its resource's version."""
    response.headers["ETag"] = f'"{version}"'
