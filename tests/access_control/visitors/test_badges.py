from __future__ import annotations

import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from access_control.core.credentials.passes import VisitorPass, mint
from access_control.visitors.badges import draw_badge
from access_control.visitors.labels import TEXT_MM, Label, label_of, qr_rows, width_mm
from access_control.visitors.models import Visit, Visitor, VisitorCategory
from tests.building.visits import AT

ZONE = ZoneInfo("America/Chicago")
SECONDS = int(AT.timestamp())
TEXT = mint(VisitorPass(1, 2**63 + 5, 4711, 1, SECONDS, SECONDS + 3600), Ed25519PrivateKey.generate())


def _label(given: str = "José", family: str = "Núñez", category: str = "visitor", reprints: int = 0) -> Label:
    visit = Visit(
        category=VisitorCategory(category),
        host="Hannah Whitfield",
        destination="Room 101",
        reason="Very private",
        escort_needed=True,
        arrived_at=AT,
        until_at=AT + timedelta(hours=1),
        badge_number=147,
        reprints=reprints,
    )
    visit.visitor = Visitor(given_name=given, family_name=family)
    return label_of(visit, "Maple Hollow", ZONE, TEXT)


def _image(label: Label) -> Image.Image:
    with Image.open(io.BytesIO(draw_badge(label))) as opened:
        opened.load()
        return opened.copy()


@pytest.mark.parametrize("category", list(VisitorCategory))
def test_a_label_of_62_by_40_mm_in_one_bit_whose_code_is_read_back(category: VisitorCategory) -> None:
    image = _image(_label(category=category.value))
    assert (image.mode, image.size) == ("1", (732, 472))
    read = zxingcpp.read_barcodes(image.convert("L"))
    assert [one.text for one in read] == [TEXT]
    assert read[0].ec_level == "M"


def test_the_code_is_20_mm_with_a_quiet_zone_of_four_modules() -> None:
    rows = qr_rows(TEXT)
    assert not any(any(row) for row in (*rows[:4], *rows[-4:]))
    assert not any(cell for row in rows for cell in (*row[:4], *row[-4:]))
    assert (len(rows) - 8) * 6 / 300 * 25.4 >= 20


def test_categories_differ_in_one_colour() -> None:
    heads = {_image(_label(category=one.value)).crop((0, 84, 732, 104)).tobytes() for one in VisitorCategory}
    assert len(heads) == 4


@pytest.mark.parametrize(
    "name", ["José", "Anne-Marie Charlotte", "W" * 40, "Őzséb", "Олександр", "A B C D E F G H I J K L"]
)
def test_first_names_of_any_length_fit_beside_the_code(name: str) -> None:
    label = _label(given=name)
    assert 4.5 <= label.first_mm <= 6
    assert 1 <= len(label.first) <= 2
    assert all(width_mm(line, label.first_mm) <= TEXT_MM + 0.1 for line in label.first)


def test_times_number_and_nothing_private() -> None:
    label = _label(reprints=2)
    assert (label.day, label.time_in, label.until) == ("Mon 23 Nov", "In 10:42 am", "Until 11:42 am")
    assert label.number == "0147-2"
    assert "private" not in repr(label)


def test_letters_with_accents_are_drawn_as_letters() -> None:
    from PIL import ImageFont

    from access_control.visitors.labels import font_path

    for bold in (True, False):
        face = ImageFont.truetype(font_path(bold=bold), 60)
        missing = bytes(face.getmask("\U0001f600"))
        assert all(bytes(face.getmask(letter)) != missing for letter in "éñüśőłŽșđΩжіЇ…ễ")
