import pytest

from app.domain.citations import statutes_of, thai_citation
from app.domain.policy import Bilingual, Statute

STATUTES = {
    code: Statute(code, Bilingual(th, code))
    for code, th in {"PDPA": "พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล", "Civil Code": "ป.พ.พ.", "Revenue Code": "ประมวลรัษฎากร"}.items()
}


@pytest.mark.parametrize(
    ("citation", "thai"),
    [
        ("Civil Code s.193/30", "ป.พ.พ. มาตรา 193/30"),
        ("Revenue Code s.105 bis", "ประมวลรัษฎากร มาตรา 105 ทวิ"),
        ("PDPA s.32(1)(a)", "พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล มาตรา 32(1)(ก)"),
        ("PDPA s.33 ¶2", "พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล มาตรา 33 วรรคสอง"),
        ("PDPA s.30, s.31, s.73", "พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล มาตรา 30 มาตรา 31 และมาตรา 73"),
        ("PDPA s.19, Civil Code s.193/30", "พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล มาตรา 19 และ ป.พ.พ. มาตรา 193/30"),
        ("PDPA s.30, policy clause 12", "พ.ร.บ. คุ้มครองข้อมูลส่วนบุคคล มาตรา 30 และ นโยบายข้อ 12"),
    ],
)
def test_a_citation_is_written_as_thai_lawyers_write_it(citation: str, thai: str) -> None:
    assert thai_citation(citation, STATUTES) == thai


@pytest.mark.parametrize("citation", ["Salvage Act s.1", "PDPA s.19, Salvage Act s.1", "order of 1 May", "s.90", ""])
def test_what_the_register_does_not_know_stays_as_it_stands(citation: str) -> None:
    assert thai_citation(citation, STATUTES) == citation


def test_a_citation_names_its_statutes_once_for_each_time_it_turns_to_one() -> None:
    assert statutes_of("PDPA s.33 ¶2, s.24(1), Civil Code s.193/32, policy clause 12") == ("PDPA", "Civil Code")


@pytest.mark.parametrize("text", ["PDPA", "s.30", "PDPA s.30; s.31, and more", "PDPA s."])
def test_what_is_no_citation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a citation"):
        statutes_of(text)
