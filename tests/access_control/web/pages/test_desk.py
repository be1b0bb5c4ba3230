from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from access_control.database.engine import Database
from access_control.database.ids import new_id
from access_control.people.permissions import Role
from access_control.visitors.models import PossibleMatch, Visit, Visitor, VisitState
from access_control.visitors.passes import pass_text
from access_control.visitors.visits import get_visit
from access_control.web.services import Services
from tests.building.visits import DeskSchool, furnish_desk

FORM = {
    "given_name": "José",
    "family_name": "Núñez",
    "host": "Priya Raman",
    "reason": "Meeting",
    "category": "visitor",
    "stay": "60",
}
NONSENSE = (
    "",
    "\0",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "'; DROP TABLE visit; --",
    "9" * 400,
    "\ud7ff\u202e",
)


@pytest.fixture
def school(services: Services) -> DeskSchool:
    return furnish_desk(services.database, services.keys, services.clock(), school=False)


def _send(client: FlaskClient, path: str, **fields: str) -> tuple[int, str, str]:
    answer = client.post(path, data={"csrf_token": client.token, **fields})  # type: ignore[attr-defined] # the fixture sets it
    return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


def _only_visit(database: Database) -> Visit:
    with database.reading() as session:
        return get_visit(session, session.scalars(select(Visit.id)).one())


def test_the_rail_counts_who_is_on_site_for_those_who_may_know(
    desk: FlaskClient, installer: FlaskClient, school: DeskSchool, services: Services
) -> None:
    assert "visitor on site" not in desk.get("/").text
    school.check_in("Ana", "Silva", services.clock())
    assert ", 1 visitor on site</span>" in desk.get("/").text
    school.check_in("Vic", "Hale", services.clock())
    assert ", 1 visitor on site, 1 waiting for a decision</span>" in desk.get("/").text
    assert "visitor on site" not in installer.get("/").text


def test_a_visitor_is_checked_in_shown_a_pass_and_signed_out(desk: FlaskClient, school: DeskSchool) -> None:
    page = desk.get("/desk?new=jos%C3%A9 n%C3%BA%C3%B1ez").get_data(as_text=True)
    visit_id = re.search(r'name="visit" value="([^"]+)"', page)
    assert visit_id is not None
    assert 'value="Núñez"' in page
    status, place, _ = _send(desk, "/desk/check-in", visit=visit_id[1], **FORM)
    assert (status, place) == (303, f"/visits/{visit_id[1]}")
    shown = desk.get(place).get_data(as_text=True)
    assert "Show your pass at the vestibule" in shown
    assert "SAC/P/" not in shown
    assert 'aria-label="The pass of José Núñez"' in shown
    assert "José Núñez, badge 0001" in desk.get("/desk?tab=on_site").get_data(as_text=True)
    status, place, _ = _send(desk, f"{place}/sign-out", list="1")
    assert (status, place) == (303, f"/desk?tab=on_site&done={visit_id[1]}")
    assert "José Núñez is signed out. The pass does not open" in desk.get(place).get_data(as_text=True)
    assert _only_visit(school.database).state is VisitState.SIGNED_OUT


def test_a_returning_visitor_is_found_by_first_letters_and_the_form_is_filled(
    desk: FlaskClient, school: DeskSchool, services: Services
) -> None:
    earlier = services.clock() - timedelta(days=3)
    visit_id = school.check_in("Tomasz", "Zieliński", earlier)
    with school.database.writing() as session:
        get_visit(session, visit_id).state = VisitState.SIGNED_OUT
    found = desk.get("/desk/find.json?q=zie").get_json()
    assert [one["word"] for one in found] == ["Tomasz Zieliński"]
    page = desk.get(found[0]["url"]).get_data(as_text=True)
    assert 'value="Priya Raman"' in page
    assert re.search(r"autofocus>\s*Check in<|autofocus>Check in<", page)


def test_invitations_and_passes_are_found_by_scanning_and_never_stand_in_an_address(
    desk: FlaskClient, school: DeskSchool, services: Services
) -> None:
    expected, here = school.expect("Ana", "Silva", services.clock()), school.check_in("Bo", "Lund", services.clock())
    with school.database.reading() as session:
        invitation = get_visit(session, expected).invitation
        text = pass_text(session, school.keys, get_visit(session, here).passes[0])
    assert _send(desk, "/desk/find", q=f"SAC/V/{invitation}")[:2] == (303, f"/desk?visit={expected}")
    assert _send(desk, "/desk/find", q=text)[:2] == (303, f"/visits/{here}")
    for unknown in ("SAC/V/0000", "SAC/V/", "SAC/P/nonsense", text[:-1]):
        assert _send(desk, "/desk/find", q=unknown)[:2] == (303, "/desk")
    assert "not known here" in desk.get("/desk").get_data(as_text=True)
    assert _send(desk, "/desk/find", q="mar")[:2] == (303, "/desk?q=mar")


def test_the_desk_sees_nothing_of_a_possible_match(desk: FlaskClient, school: DeskSchool, services: Services) -> None:
    held = school.check_in("Vic", "Hale", services.clock())
    for path in ("/desk", f"/visits/{held}", f"/visits/{held}/part", "/desk/part", "/desk/find.json?q=hale"):
        page = desk.get(path).get_data(as_text=True).lower()
        for word in ("match", "banned", "court", "scar", "weak", "roofing"):
            assert word not in page, (path, word)
    assert "Please wait: the office is checking" in desk.get(f"/visits/{held}").get_data(as_text=True)
    assert desk.get(f"/visits/{held}/badge").status_code == 409
    with school.database.reading() as session:
        match = session.scalars(select(PossibleMatch.id)).one()
    answer = _send(desk, f"/visits/{held}/matches/{match}", outcome="not_the_same", seen="I know this visitor")
    assert answer[0] == 403
    assert desk.get("/desk/banned").status_code == 403
    status, _, _ = _send(desk, f"/visits/{held}/ask")
    assert status == 303
    with school.database.reading() as session:
        assert get_visit(session, held).asked_by == "Dana Whitfield"
        assert get_visit(session, held).passes == []


def test_an_administrator_compares_and_decides_with_a_reason(
    desk: FlaskClient, administrator: FlaskClient, school: DeskSchool, services: Services
) -> None:
    held = school.check_in("Vic", "Hale", services.clock(), company="Hale Roofing")
    page = administrator.get(f"/visits/{held}").get_data(as_text=True)
    assert "Weak, 2 of 3 points agree" in page
    assert "short form" in page
    assert "%" not in re.sub(r"<[^>]+>", "", page)
    path = re.search(r'action="(/visits/[^"]+/matches/[^"]+)"', page)
    assert path is not None
    status, _, answer = _send(administrator, path[1], outcome="not_the_same")
    assert status == 422
    assert "Choose one from the list" in answer
    assert _send(administrator, path[1], outcome="nonsense", seen="I know this visitor")[0] == 422
    assert _send(administrator, path[1], outcome="not_the_same", seen="other")[0] == 422
    assert _send(administrator, path[1], outcome="not_the_same", seen="I know this visitor")[0] == 303
    assert "Show your pass at the vestibule" in desk.get(f"/visits/{held}").get_data(as_text=True)
    assert "I know this visitor" not in desk.get(f"/visits/{held}").get_data(as_text=True)
    assert "A. Rivera" in administrator.get(f"/visits/{held}").get_data(as_text=True)
    assert _send(administrator, path[1], outcome="same_person", seen="I know this visitor")[0] == 409


def test_installers_see_no_visitors(
    signed_in: Callable[[Role], FlaskClient], school: DeskSchool, services: Services
) -> None:
    visit_id = school.check_in("Ana", "Silva", services.clock())
    installer = signed_in(Role.INSTALLER)
    for path in (
        *("/desk", "/desk/part", "/desk/find.json?q=a", "/desk/hosts.json?q=p", "/desk/expect", "/desk/banned"),
        *(f"/visits/{visit_id}", f"/visits/{visit_id}/part", f"/visits/{visit_id}/badge.png"),
    ):
        assert installer.get(path).status_code == 403, path
    for path in ("check-in", "find", "expect", "banned"):
        assert _send(installer, f"/desk/{path}")[0] == 403
    for path in ("sign-out", "cancel", "extend", "ask", "pass"):
        assert _send(installer, f"/visits/{visit_id}/{path}")[0] == 403


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize(
    "field", ["visit", "given_name", "family_name", "host", "reason", "category", "stay", "version"]
)
def test_nonsense_in_the_check_in_form_is_a_sentence_and_never_a_fault(
    desk: FlaskClient, field: str, nonsense: str
) -> None:
    sent = {"visit": "01935c00-0000-7000-8000-00000000ffff", **FORM, "visitor": "", field: nonsense}
    status, _, page = _send(desk, "/desk/check-in", **sent)
    assert status in {303, 409, 422}, page
    assert "<script>alert" not in page


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_elsewhere_is_a_sentence_and_never_a_fault(administrator: FlaskClient, nonsense: str) -> None:
    for path in ("/desk/find.json", "/desk/hosts.json", "/desk"):
        assert administrator.get(path, query_string={"q": nonsense}).status_code == 200
    for name in ("tab", "done", "new"):
        assert administrator.get("/desk", query_string={name: nonsense}).status_code == 200
    for name in ("visit", "visitor"):
        assert administrator.get("/desk", query_string={name: nonsense}).status_code in {200, 404}
    assert _send(administrator, "/desk/find", q=nonsense)[0] == 303
    assert _send(administrator, "/desk/expect", **FORM, expected_at=nonsense)[0] == 422
    banned = {"family_name": nonsense, "source": nonsense, "ends_on": nonsense}
    assert _send(administrator, "/desk/banned", **banned)[0] in {303, 422}
    if nonsense.strip("\0") and "/" not in nonsense:
        assert administrator.get("/visits/" + nonsense).status_code == 404


@pytest.mark.usefixtures("school")
def test_a_visitor_who_is_not_known_any_more(desk: FlaskClient) -> None:
    sent = {**FORM, "visit": "01935c00-0000-7000-8000-00000000ffff", "visitor": "nobody"}
    assert _send(desk, "/desk/check-in", **sent)[0] == 404
    assert desk.get("/desk?visitor=nobody").status_code == 404


def test_two_people_edit_one_entry_of_the_banned_list(administrator: FlaskClient, school: DeskSchool) -> None:
    path = f"/desk/banned/{school.banned}"
    entry = {"family_name": "Hale", "given_name": "Victor", "source": "Court", "version": "1"}
    assert _send(administrator, path, **entry)[0] == 303
    status, _, page = _send(administrator, path, **{**entry, "source": "Principal"})
    assert status == 409
    assert "nothing is overwritten" in page
    assert _send(administrator, f"{path}/end", version="1")[0] == 409
    assert _send(administrator, f"{path}/end", version="2")[0] == 303
    assert "Victor Hale" not in administrator.get("/desk/banned").get_data(as_text=True)
    assert "Victor Hale" in administrator.get("/desk/banned?ended=1").get_data(as_text=True)


@pytest.mark.usefixtures("school")
def test_expected_visitors_get_an_invitation_for_the_desk(desk: FlaskClient) -> None:
    status, place, _ = _send(desk, "/desk/expect", **FORM, expected_at="2026-12-01T09:30")
    assert status in {303, 422}
    if status == 303:
        assert "no door takes it" in desk.get(place).get_data(as_text=True)


def test_a_badge_is_printed_without_reason_or_screening(
    desk: FlaskClient, school: DeskSchool, services: Services
) -> None:
    visit_id = school.check_in("Zoë", "Łuk", services.clock(), company="")
    page = desk.get(f"/visits/{visit_id}/badge").get_data(as_text=True)
    assert "Zoë" in page
    assert "Łuk" in page
    assert "Meeting" not in page
    answer = desk.get(f"/visits/{visit_id}/badge.png")
    assert answer.mimetype == "image/png"
    assert answer.data.startswith(b"\x89PNG")


def test_pages_of_the_desk_are_small(desk: FlaskClient, school: DeskSchool, services: Services) -> None:
    at = services.clock()
    with school.database.writing() as session:
        for number in range(100):
            visitor = Visitor(
                id=new_id(at), given_name="V", family_name=f"N{number}", search_name=f"V N{number}", last_at=at
            )
            session.add(
                Visit(
                    id=new_id(at), visitor=visitor, state=VisitState.ON_SITE, host="Office", arrived_at=at, until_at=at
                )
            )
    assert len(desk.get("/desk?tab=on_site").data) < 100_000


def test_how_long_an_expected_visitor_stays_stands_in_the_form_at_arrival(
    desk: FlaskClient, school: DeskSchool, services: Services
) -> None:
    moment = (services.clock() + timedelta(days=1)).strftime("%Y-%m-%dT09:30")
    form = {**FORM, "stay": "480"}
    status, place, _ = _send(desk, "/desk/expect", **form, expected_at=moment)
    assert status == 303
    page = desk.get(f"/desk?visit={place.rpartition('/')[2]}").text
    assert '<option selected value="480">8 h</option>' in page
    assert _only_visit(school.database).stay_s == 8 * 3600


def test_two_clerks_check_one_expected_visitor_in(desk: FlaskClient, school: DeskSchool, services: Services) -> None:
    visit_id = school.expect("Ana", "Silva", services.clock())
    form = {**FORM, "visit": visit_id, "visitor": _only_visit(school.database).visitor_id, "version": "1"}
    assert _send(desk, "/desk/check-in", **form)[0] == 303
    assert _send(desk, "/desk/check-in", **form)[0] == 303
    status, _, page = _send(desk, "/desk/check-in", **{**form, "host": "Office", "stay": "480"})
    assert status == 409
    assert "Ana Silva was checked in already" in page
    assert re.search(r"Who is visited</th><td>Priya Raman</td><td>Office", page)
    assert re.search(r"How long</th><td>1 h</td><td>8 h", page)
    assert f'href="/visits/{visit_id}"' in page
    assert 'action="/desk/check-in"' not in page
    assert _only_visit(school.database).host == "Priya Raman"


def test_a_stale_form_of_an_expected_visitor_shows_both_versions(
    desk: FlaskClient, school: DeskSchool, services: Services
) -> None:
    visit_id = school.expect("Ana", "Silva", services.clock())
    with school.database.writing() as session:
        get_visit(session, visit_id).destination = "Gym"
    form = {**FORM, "visit": visit_id, "visitor": _only_visit(school.database).visitor_id, "version": "1"}
    status, _, page = _send(desk, "/desk/check-in", **form, destination="Nurse")
    assert status == 409
    assert re.search(r"Where to</th><td>Gym</td><td>Nurse", page)
    again = re.search(r'name="version" value="([^"]+)"', page)
    assert again is not None
    assert _send(desk, "/desk/check-in", **{**form, "version": again[1]}, destination="Nurse")[0] == 303
    assert _only_visit(school.database).destination == "Nurse"


def test_the_desk_shows_a_pass_until_its_door_was_opened(
    desk: FlaskClient, school: DeskSchool, services: Services
) -> None:
    visit_id = school.check_in("Ana", "Silva", services.clock())
    with school.database.writing() as session:
        get_visit(session, visit_id).passes[0].shown_at = services.clock()
    page = desk.get(f"/visits/{visit_id}").text
    assert re.search(r"It was shown at the door at .*, and the door unlocked. It is used up once the door opens.", page)
    assert 'aria-label="The pass of Ana Silva"' in page
    with school.database.writing() as session:
        get_visit(session, visit_id).passes[0].used_at = services.clock()
    page = desk.get(f"/visits/{visit_id}").text
    assert "The pass was used at " in page
    assert 'aria-label="The pass of Ana Silva"' not in page
