"""Takes a JSON array apart while it arrives: the text of one item at a time, whatever the length of the whole."""

import re
from collections.abc import Iterator

from app.domain.errors import MalformedJson

_STRUCTURE = re.compile(rb'["\[\]{},]')
_IN_TEXT = re.compile(rb'["\\]')
_SPACE = re.compile(rb"[ \t\r\n]*")
_BLANK = b" \t\r\n"
_QUOTE, _ESCAPE, _COMMA, _END_OF_ARRAY, _END_OF_OBJECT = b'"\\,]}'
_OPENING = frozenset(b"[{")


class ItemTooLong(Exception):
    """An item is longer than the splitter takes; `position` counts from 0."""

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


class ItemSplitter:
    """Splits a JSON array, fed piece by piece, into the texts of its items; each text is still to be parsed.

    Keeps no more than one item of at most `longest` bytes. An array that is not one is found out at its first wrong byte,
    at `close`, or when the item is parsed.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._item = bytearray()
        self._position = 0
        self._depth = 0
        self._in_text = self._escaped = self._over = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The texts of the items that end in this piece. Raises `MalformedJson`, `ItemTooLong`."""
        at = begin = 0
        while at < len(piece):
            if self._escaped:
                self._escaped, at = False, at + 1
            elif self._depth == 0:
                at = begin = self._outside(piece, at)
            elif found := (_IN_TEXT if self._in_text else _STRUCTURE).search(piece, at):
                at = found.end()
                byte = piece[at - 1]
                if self._ends_item(byte):
                    yield from self._take(piece[begin : at - 1], last=byte == _END_OF_ARRAY)
                    begin = at
            else:
                break
        if self._depth:
            self._keep(piece[begin:])

    def close(self) -> None:
        """All pieces were fed. Raises `MalformedJson` unless they were one array."""
        if not self._over:
            raise MalformedJson

    def _outside(self, piece: bytes, at: int) -> int:
        """Step over what stands before the array, or after it."""
        space = _SPACE.match(piece, at)
        at = space.end() if space else at
        if at == len(piece):
            return at
        if self._over or piece[at : at + 1] != b"[":
            raise MalformedJson
        self._depth = 1
        return at + 1

    def _ends_item(self, byte: int) -> bool:
        """Follow one byte of structure; whether it is the comma after an item, or the end of the array."""
        if self._in_text:
            self._in_text, self._escaped = byte != _QUOTE, byte == _ESCAPE
        elif byte == _QUOTE:
            self._in_text = True
        elif byte in _OPENING:
            self._depth += 1
        elif self._depth > 1:
            self._depth -= byte != _COMMA
        elif byte == _END_OF_OBJECT:
            raise MalformedJson
        else:
            return True
        return False

    def _take(self, rest: bytes, *, last: bool) -> Iterator[bytes]:
        self._keep(rest)
        text = bytes(self._item).strip(_BLANK)
        self._item.clear()
        if last:
            self._depth, self._over = 0, True
        if text or not last or self._position:
            self._position += 1
            yield text

    def _keep(self, text: bytes) -> None:
        self._item += text
        if len(self._item) > self._longest:
            raise ItemTooLong(self._position)
