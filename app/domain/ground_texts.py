"""The text of a ground of refusal as one decision fills it in, and what may cure a refusal that can be cured (LAW E7)."""

import datetime
from collections.abc import Mapping

from app.domain.calendar import english_date, thai_date
from app.domain.catalogue import Bilingual
from app.domain.rights_rules import GROUND_PLACES, Ground
from app.domain.vocabulary import RequestKind

NEEDED: Mapping[RequestKind, Bilingual] = {
    RequestKind.ACCESS: Bilingual(
        th="ประเภทข้อมูล ช่วงเวลา หรือเรื่องที่ต้องการทราบ",
        en="which data is wanted: its kind, its time, or the matter it belongs to",
    ),
    RequestKind.PORTABILITY: Bilingual(
        th="ข้อมูลที่ต้องการรับหรือโอน และผู้รับโอน", en="which data is to be handed over or moved, and to whom"
    ),
    RequestKind.CORRECTION: Bilingual(th="รายการที่ไม่ถูกต้อง และค่าที่ถูกต้อง", en="which entry is wrong, and what is right"),
    RequestKind.OBJECTION: Bilingual(
        th="การใช้ข้อมูลที่คัดค้าน และเหตุผลเฉพาะของท่าน", en="which use is objected to, and the reasons of your own situation"
    ),
    RequestKind.RESTRICTION: Bilingual(
        th="ข้อมูลหรือการใช้ที่ขอให้ระงับ และเหตุที่ขอ", en="which data or use is to be restricted, and why"
    ),
    RequestKind.ERASURE: Bilingual(th="ข้อมูลที่ขอให้ลบ และเหตุที่ขอ", en="which data is to be erased, and why"),
    RequestKind.COMPLAINT: Bilingual(th="เหตุการณ์ วันที่เกิด และผู้เกี่ยวข้อง", en="what happened, when, and who was concerned"),
}
"""What a request that lacks detail has to say, by its right: all that can be told where the officer's own words are sealed."""


def ground_text(
    ground: Ground, *, law: str | None, date: datetime.date | None, purpose: Bilingual | None, needed: Bilingual | None
) -> Bilingual:
    """The text of `ground` with its places filled; general words for what is None. A date has the era of its language."""
    found = {
        "law": Bilingual(law, law) if law else None,
        "date": Bilingual(f"วันที่ {thai_date(date)}", english_date(date)) if date else None,
        "purpose": purpose,
        "needed": needed,
    }
    filled = {place: found[place] or general for place, general in GROUND_PLACES.items()}
    return Bilingual(
        th=ground.text.th.format_map({place: words.th for place, words in filled.items()}),
        en=ground.text.en.format_map({place: words.en for place, words in filled.items()}),
    )
