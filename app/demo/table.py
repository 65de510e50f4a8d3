"""What was erased, what was kept, why and until when, as a table in Thai and English."""

from datetime import date
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from app.domain.calendar import english_date, thai_date


def show_outcome(console: Console, request: dict[str, Any], held: dict[str, dict[str, Any]]) -> None:
    """One row for each record of the request."""
    table = Table(box=box.ROUNDED, show_lines=True, title="ผลการพิจารณา · Outcome", title_justify="left", expand=True)
    table.add_column("ข้อมูล · Record", ratio=3, overflow="fold")
    table.add_column("ผล · Result", no_wrap=True)
    table.add_column("เหตุผล · Why", ratio=6, overflow="fold")
    table.add_column("ถึงเมื่อ · Until", ratio=2, overflow="fold")
    for item in sorted(request["items"], key=lambda item: (item["outcome"] == "refused", item["ref"])):
        label = f"[bold]{item['ref']}[/]\n{item['label']['th']}\n[dim]{item['label']['en']}[/]"
        table.add_row(label, _result(item, held), _why(item), _until(item))
    console.print(table)


def _result(item: dict[str, Any], held: dict[str, dict[str, Any]]) -> str:
    if item["outcome"] == "refused":
        return "[yellow]เก็บไว้\nkept[/]"
    if held.get(item["ref"], {}).get("storage") == "paper":
        return "[green]ทำลายแล้ว\ndestroyed[/]"
    return "[green]ลบแล้ว\nerased[/]"


def _why(item: dict[str, Any]) -> str:
    if item["outcome"] == "granted":
        return "พ้นกำหนดเก็บทั้งหมดแล้ว\n[dim]Every period has run[/]"
    reasons = [f"{reason['th']}\n[dim]{reason['en']}[/]" for reason in item["because"]]
    return "\n".join([*reasons, f"[dim italic]{item['ground']}[/]"])


def _until(item: dict[str, Any]) -> str:
    if item["outcome"] == "granted":
        return ""
    if item["until"] is None:
        return f"[dim]{item['waits_for'] or 'ยังไม่กำหนด · not set'}[/]"
    day = date.fromisoformat(item["until"])
    return f"{thai_date(day)}\n[dim]{english_date(day)}[/]"
