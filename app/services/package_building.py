"""Builds a package as a stream: read record by record, compressed, sealed chunk by chunk, in many short units of work."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from typing import Any

import structlog

from app.core.archive import Archive, Member
from app.core.clock import BANGKOK
from app.core.json_items import ItemSplitter
from app.core.logging import describe_exception
from app.core.sealing import SealBroken
from app.core.spool import BLOCK
from app.documents import pages, typesetting
from app.domain.access import Holding
from app.domain.errors import DomainError
from app.domain.policy import PolicyPack
from app.domain.spreadsheets import safe_cell
from app.services import package_contents, package_document, parts
from app.services.package_claims import Claim, Overtaken, claim_next, request_of
from app.services.package_contents import FORMAT, Contents, Source
from app.services.package_document import Values
from app.services.package_links import Unit

LONGEST_ITEM = 8 * BLOCK
"""A record of 1 MiB can grow to four of these where its numbers are written out (`1E15`)."""
LARGE = 2**31 - 2**24
"""From so many bytes on a member may pass 2 GiB."""
MOST_COLUMNS = 1000
log = structlog.get_logger("sitthi.packages")


async def build_next(unit: Unit) -> bool:
    """Build the package that has waited longest; tells whether there was one. What goes wrong with it is noted with it.

    Raises `DomainError` where the database is lost: the lease runs out, and it is built again.
    """
    claim = await claim_next(unit)
    if claim is None:
        return False
    try:
        await _build(claim)
    except (DomainError, Overtaken) as error:
        if isinstance(error, DomainError):
            raise
    except Exception as error:
        log.error("package_failed", **describe_exception(error))
        with suppress(Overtaken):
            await claim.give_up("seal_broken" if isinstance(error, SealBroken) else "build_failed")
    return True


async def _build(claim: Claim) -> None:
    await claim.empty()
    async with claim.step() as (work, package):
        contents = await package_contents.gather(work, await request_of(work, package))
        pack = work.pack
    build = _Build(claim, contents)
    await build.data()
    if contents.format == "csv":
        await build.tables()
    await build.document(pack)
    await build.end()


class _Build:
    """One package in the making; no more of it is in memory than some chunks."""

    def __init__(self, claim: Claim, contents: Contents) -> None:
        self._claim, self._contents, self._kinds = claim, contents, contents.kinds
        self._archive = Archive(contents.made_at.astimezone(BANGKOK))
        self._held: bytes | None = None
        self._position = self._size = 0
        self._values = Values()
        self._columns: dict[str, dict[str, None]] = {}

    async def data(self) -> None:
        """Write `data.json`: what is told about the records, then the records."""
        size = sum(source.size for source in self._contents.sources)
        self._archive.start("data.json", large=size > LARGE)
        head = await asyncio.to_thread(lambda: json.dumps(_head(self._contents), ensure_ascii=False).encode())
        await self._write(head[:-1] + b', "records": [')
        between = b"\n"
        async for record in self._records(self._contents.sources):
            self._note(record)
            await self._write(between + record)
            between = b",\n"
        await self._write(b"\n]}\n")
        self._archive.end()

    def _note(self, text: bytes) -> None:
        """Remember what small records hold, and what columns a table of their kind has."""
        tables = self._contents.format == "csv"
        if not tables and len(text) > package_document.ROOM // 16:
            return
        record = json.loads(text)
        ref, fields = record["record_ref"], record["fields"]
        self._values.note(ref, fields)
        if tables:
            columns = self._columns.setdefault(self._kinds.get(ref, "other"), {})
            columns.update(dict.fromkeys([name for name in fields if len(columns) <= MOST_COLUMNS]))

    async def tables(self) -> None:
        """Write one CSV file for each kind of record, reading again only what holds such records."""
        for kind, columns in sorted(self._columns.items()):
            names = list(columns)[:MOST_COLUMNS]
            others = ["other_fields"] if len(columns) > len(names) else []
            self._archive.start(f"csv/{kind}.csv")
            await self._write(_row(["record_ref", *names, *others]))
            async for text in self._records([one for one in self._contents.sources if self._may_hold(one, kind)]):
                record = json.loads(text)
                if self._kinds.get(record["record_ref"], "other") == kind:
                    await self._write(_row(_cells(record, names)))
            self._archive.end()

    def _may_hold(self, source: Source, kind: str) -> bool:
        return any(self._kinds.get(ref, "other") == kind for ref in source.record_refs)

    async def document(self, pack: PolicyPack) -> None:
        """Write what people read; set in a thread of its own, for that takes a while."""
        content = package_document.content(pack, self._contents, self._values)
        if self._contents.format == "pdf":
            made_at = int(self._contents.made_at.timestamp())
            await self._file("document.pdf", await typesetting.typeset("package", content, at=made_at))
        else:
            page = await asyncio.to_thread(pages.page, "package", "package", content)
            await self._file("document.html", page.html.encode())

    async def end(self) -> None:
        """Write the manifest, and hand the package over."""
        manifest = {**_heading(self._contents), "members": [_listed(member) for member in self._archive.members]}
        await self._file("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2).encode())
        self._archive.close()
        await self._take(rest=True)
        if self._held is not None:
            await self._keep(self._held, last=True)
        await self._claim.finish(self._archive.members, self._size, self._position)

    async def _file(self, name: str, content: bytes) -> None:
        self._archive.start(name)
        await self._write(content)
        self._archive.end()

    async def _write(self, content: bytes) -> None:
        self._archive.write(content)
        await self._take()

    async def _take(self, *, rest: bool = False) -> None:
        """Keep what is made, but for the last chunk so far: only the end shows whether it is the last."""
        for piece in self._archive.take(BLOCK, rest=rest):
            if self._held is not None:
                await self._keep(self._held, last=False)
            self._held = piece

    async def _keep(self, piece: bytes, *, last: bool) -> None:
        await self._claim.keep(self._position, piece, last=last)
        self._position += 1
        self._size += len(piece)

    async def _records(self, sources: Collection[Source]) -> AsyncIterator[bytes]:
        """The text of each record that was not erased since.

        Each chunk is read in a unit of work of its own, and taken apart in a thread.
        """
        for source in sources:
            gone = self._contents.gone & source.record_refs
            splitter = ItemSplitter(LONGEST_ITEM)
            async for piece in self._pieces(source):
                for text in await asyncio.to_thread(_texts, splitter, piece):
                    if not gone or json.loads(text)["record_ref"] not in gone:
                        yield text
            splitter.close()

    async def _pieces(self, source: Source) -> AsyncIterator[bytes]:
        ref = self._contents.subject_ref
        if source.part is None:
            async with self._claim.step() as (work, _):
                result = await parts.result_of(work, ref, source.task_id)
            yield result
            return
        for position in range(source.part.chunks):
            async with self._claim.step() as (work, _):
                piece = await parts.chunk_of(work, ref, source.part, position)
            yield piece


def _texts(splitter: ItemSplitter, piece: bytes) -> Collection[bytes]:
    return list(splitter.feed(piece))


def _heading(contents: Contents) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "reference": contents.request.reference,
        "request_id": str(contents.request.id),
        "kind": contents.request.kind,
        "subject_ref": contents.subject_ref,
        "controller": contents.controller,
        "policy": contents.policy,
        "made_at": contents.made_at.isoformat(),
    }


def _head(contents: Contents) -> dict[str, Any]:
    """What stands in the data before the records."""
    left_out = [{"ref": one.ref, "label": one.label, "ground": one.ground} for one in contents.left_out]
    own = {} if contents.own is None else {"held_by_sitthi": contents.own}
    return {
        **_heading(contents),
        "about": [_about(one) for one in contents.holdings],
        "left_out": left_out,
        "not_delivered": sorted(contents.missing),
        **own,
    }


def _about(holding: Holding) -> dict[str, Any]:
    kept = holding.retention
    return {
        "record_ref": holding.record_ref,
        "kind": holding.kind,
        "label": {"th": holding.label.th, "en": holding.label.en},
        "categories": holding.categories,
        "source": holding.source,
        "provided_by_subject": holding.provided_by_subject,
        "purposes": holding.purposes,
        "recipients": holding.recipients,
        "third_persons": holding.third_persons,
        "retention": {
            "action": kept.action,
            "until": kept.until.isoformat() if kept.until else None,
            "waits_for": kept.waits_for,
        },
    }


def _listed(member: Member) -> dict[str, Any]:
    return {"name": member.name, "size": member.size, "sha256": member.sha256}


def _cells(record: Mapping[str, Any], names: Collection[str]) -> list[object]:
    """A row of a table; what is no column of a very wide one stands together in a last cell, as JSON."""
    fields = record["fields"]
    others = {name: value for name, value in fields.items() if name not in names}
    return [record["record_ref"], *(fields.get(name) for name in names), *([others] if others else [])]


def _row(cells: Collection[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([_cell(cell) for cell in cells])
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """A number as it is; text that no spreadsheet calculates; anything else as JSON."""
    match value:
        case bool() | dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case str():
            return safe_cell(value)
        case _:
            return value
