"""What the tests of notifiers share."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.core.notifying import Envelope
from tests.support import certificates
from tests.support.certificates import Certificates

TO = {"email": "somying.canary@member.example", "sms": "+66812345678"}


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates for servers of the tests."""
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def envelope() -> Envelope:
    """A message in Thai."""
    return Envelope(
        message_id=UUID("019ab2c5-2a30-7b52-9c74-5f0d8c3a6e92"),
        at=datetime(2026, 11, 30, 3, tzinfo=UTC),
        to=TO["email"],
        title="คำขอใช้สิทธิเลขที่ R-2569-000123",
        text="สหกรณ์พิจารณาคำขอ R-2569-000123 แล้ว ผลคือ อนุมัติ\nโปรดอ่าน",
    )
