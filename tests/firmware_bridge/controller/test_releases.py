"""Two people with card, star and PIN at a marked reader: together they end an emergency, and nothing less does."""

from __future__ import annotations

import pytest

from access_control.core.decision.model import BadgeStatus, Orders, Policy, Revision
from firmware_bridge.controller.commands import EndEmergency, Indication, RecordEvent, ShowAtReader
from firmware_bridge.controller.events import OrdersAccepted, PolicyAccepted, ReaderTampered
from firmware_bridge.controller.memory import Memory
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.releasers import PINS, agree, badge_digest, marked, present
from tests.firmware_bridge.controller.school import ALWAYS, PEOPLE, T0


def book(policy: Policy | None = None, *, memory: Memory | None = None, action: str = "lockdown") -> Playbook:
    """A bridge whose front reader is marked, in an emergency everywhere."""
    made = Playbook(policy or marked(), memory=memory)
    made.play(["heard", action, "d1", "site"])
    made.wait(15)
    return made


def codes(play: Playbook, *words: str) -> list[str]:
    return [command.code for command in play.play(words) if isinstance(command, RecordEvent)]


def test_two_people_end_it_and_the_door_does_what_it_does_for_any_card() -> None:
    book().run("""
        >> card front ada
        << event DENIED_LOCKDOWN front by ada
        << show front refused 2s silent
        >> keys front *
        << show front pin_wanted 5s silent
        >> keys front 1111#
        << event RELEASE_BEGUN front by ada
        << show front release_pending silent
        >> wait 30
        >> card front pia
        << event DENIED_LOCKDOWN front by pia
        << show front refused 2s silent
        >> keys front *4711#
        << show front pin_wanted 5s silent
        << event RELEASE_AGREED front by pia
        << end d1 by ada pia
        << show front lockdown silent
    """)


def test_the_reader_stops_asking_when_the_release_has_come() -> None:
    play = book()
    ended = agree(play, "front", "ada", "pia")
    assert ended == [EndEmergency(1, PEOPLE["ada"], PEOPLE["pia"], frozenset({"d1"}))]
    shown = [c for c in play.play(["release", "d1"]) if isinstance(c, ShowAtReader) and c.reader == 1]
    assert [c.indication for c in shown] == [Indication.LOCKED]
    assert not play.status().emergencies


def test_without_the_star_a_pin_ends_nothing_and_the_reader_asks_for_none() -> None:
    book().run("""
        >> card front ada
        << event DENIED_LOCKDOWN front by ada
        << show front refused 2s silent
        >> keys front 1111#
        >> keys front *1111#
        >> wait 6
    """)


def test_people_who_type_their_pins_to_get_in_end_nothing() -> None:
    """Two responders with cards that can be copied go in one after the other; nobody wants the lockdown to end."""
    play = book(marked(readers={1: {"copyable": frozenset({"H10301"}), "takes_releases": True}}))
    for person in ("olga", "rob"):
        present(play, "front", person)
        assert codes(play, "keys", "front", f"{PINS[person]}#") == ["GRANTED_RESPONDER"]
        play.wait(10)
    assert codes(play, "keys", "front", "*") == []


def test_where_the_door_asks_for_the_pin_a_star_before_it_says_that_it_is_for_both() -> None:
    play = book(marked(readers={1: {"copyable": frozenset({"H10301"}), "takes_releases": True}}))
    play.play(["card", "front", "olga"])
    assert codes(play, "keys", "front", f"*{PINS['olga']}#") == ["GRANTED_RESPONDER", "RELEASE_BEGUN"]


@pytest.mark.parametrize(("rob", "code"), [(True, "RELEASE_PIN_WRONG"), (False, "RELEASE_NOT_ALLOWED")])
def test_a_wrong_pin_that_the_door_refuses_is_counted_once_and_told_as_both(rob: bool, code: str) -> None:
    readers: dict[int, dict[str, object]] = {1: {"copyable": frozenset({"H10301"}), "takes_releases": True}}
    play = book(marked(readers=readers, rob=rob))
    for _ in range(4):
        present(play, "front", "rob")
        assert codes(play, "keys", "front", "*9999#") == ["DENIED_WRONG_PIN", code]
        play.wait(2.5)
    present(play, "front", "rob")
    assert codes(play, "keys", "front", f"{PINS['rob']}#") == ["GRANTED_RESPONDER"], "four were counted, not eight"


def test_a_star_later_in_the_pin_clears_it_as_ever() -> None:
    play = book(marked(readers={1: {"copyable": frozenset({"H10301"}), "takes_releases": True}}))
    play.play(["card", "front", "olga"])
    assert codes(play, "keys", "front", f"99*{PINS['olga']}#") == ["GRANTED_RESPONDER"]


def test_the_same_person_twice_is_one_person_also_with_a_second_card() -> None:
    play = book()
    assert agree(play, "front", "ada", "ada") == []
    assert agree(play, "front", "ada's other card") == []
    play.wait(3)
    play.run("""
        >> card front ada
        << event DENIED_LOCKDOWN front by ada
        << show front refused 2s silent
        >> keys front *1111#
        << show front pin_wanted 5s silent
        << event RELEASE_SAME_PERSON front by ada
        << show front refused 2s silent
    """)


def test_the_same_person_twice_does_not_get_more_time() -> None:
    play = book()
    agree(play, "front", "ada")
    play.wait(40)
    agree(play, "front", "ada")
    play.wait(30)
    assert agree(play, "front", "pia") == [], "this is a first person again"


def test_after_a_minute_it_lapses_and_the_reader_says_so_no_more() -> None:
    play = book()
    agree(play, "front", "ada")
    play.run("""
        >> wait 53
        >> wait 8
        << event RELEASE_LAPSED front by ada
        << show front lockdown silent
    """)


def test_a_wrong_pin_is_an_alarm_and_looks_like_every_refusal() -> None:
    book().run("""
        >> card front ada
        << event DENIED_LOCKDOWN front by ada
        << show front refused 2s silent
        >> keys front *1112#
        << show front pin_wanted 5s silent
        << event RELEASE_PIN_WRONG front by ada cause=release
        << show front refused 2s silent
    """)


@pytest.mark.parametrize("person", ["ben", "eve", "stranger"], ids=["a pupil", "without a PIN", "an unknown card"])
def test_who_may_not_sees_the_same_and_is_told_of(person: str) -> None:
    play = book()
    play.play(["card", "front", person])
    said = play.play(["keys", "front", "*1111#"])
    shown = book()
    shown.play(["card", "front", "ada"])
    wrong = shown.play(["keys", "front", "*1112#"])
    assert [c for c in said if not isinstance(c, RecordEvent)] == [c for c in wrong if not isinstance(c, RecordEvent)]
    assert [c.code for c in said if isinstance(c, RecordEvent)] == ["RELEASE_NOT_ALLOWED"]


def test_whoever_may_not_makes_the_reader_pause_like_whoever_guesses() -> None:
    play = book()
    found = list[str]()
    for _ in range(5):
        play.play(["card", "front", "ben"])
        found = codes(play, "keys", "front", "*1111#")
        play.wait(2.5)
    assert found == ["RELEASE_NOT_ALLOWED", "READER_LOCKOUT"]
    play.play(["card", "front", "ben"])
    assert codes(play, "keys", "front", "*1111#") == ["DENIED_MAX_ATTEMPTS"]


def test_a_door_that_opens_goes_on_being_shown_as_open() -> None:
    play = book(marked(readers={1: {"copyable": frozenset({"H10301"}), "takes_releases": True}}, rob=False))
    present(play, "front", "rob")
    said = play.play(["keys", "front", f"*{PINS['rob']}#"])
    assert [c.code for c in said if isinstance(c, RecordEvent)] == ["GRANTED_RESPONDER", "RELEASE_NOT_ALLOWED"]
    assert [c.indication for c in said if isinstance(c, ShowAtReader)][-1] is Indication.GRANTED


def test_guessing_is_slowed_down_for_the_reader_and_for_the_person() -> None:
    play = book()
    found = list[str]()
    for _ in range(5):
        play.play(["card", "front", "ada"])
        found = codes(play, "keys", "front", "*0000#")
        play.wait(2.5)
    assert found == ["RELEASE_PIN_WRONG", "READER_LOCKOUT"]
    assert agree(play, "front", "ada", "pia") == [], "the reader pauses"
    play.wait(30)
    play.play(["card", "front", "ada"])
    assert codes(play, "keys", "front", "*1111#") == ["DENIED_MAX_ATTEMPTS"], "the right PIN is not judged either"
    play.wait(65)
    assert agree(play, "front", "ada", "pia")


def test_wrong_pins_at_a_door_count_here_too() -> None:
    pins: dict[int, dict[str, object]] = {2: {"pin_times": ALWAYS}, 1: {"takes_releases": True}}
    play = Playbook(marked(readers=pins))
    for _ in range(5):
        play.play(["card", "hall", "ada"])
        play.play(["keys", "hall", "0000#"])
        play.wait(2.5)
    play.play(["heard", "lockdown", "d1", "site"])
    assert agree(play, "front", "ada", "pia") == []


@pytest.mark.parametrize("door", ["hall", "gate"])
def test_a_reader_that_is_not_marked_takes_no_such_pin(door: str) -> None:
    play = book()
    assert agree(play, door, "ada", "pia") == []
    play.play(["card", door, "ada"])
    assert play.play(["keys", door, "*"]) == []


def test_two_readers_are_not_one() -> None:
    play = book(marked(readers={1: {"takes_releases": True}, 2: {"takes_releases": True}}))
    assert agree(play, "front", "ada") == []
    assert agree(play, "hall", "pia") == []


def test_without_an_emergency_a_card_is_a_card() -> None:
    Playbook(marked()).run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> keys front *1111#
    """)


def test_an_emergency_elsewhere_at_this_bridge_is_ended_here() -> None:
    play = Playbook(marked())
    play.play(["heard", "secure", "d1", "gate"])
    ended = agree(play, "front", "ada", "pia")
    assert [end.directives for end in ended] == [frozenset({"d1"})]


def test_an_emergency_of_another_bridge_is_none_here() -> None:
    play = Playbook(marked())
    play.play(["heard", "lockdown", "d1", "building:9"])
    assert agree(play, "front", "ada", "pia") == []


def test_while_the_card_opens_the_door_the_reader_shows_that_until_the_star() -> None:
    play = book(action="hold")
    play.run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
    """)
    assert codes(play, "keys", "front", "*1111#") == ["RELEASE_BEGUN"]


def test_no_sound_while_anybody_hides_at_another_door() -> None:
    play = Playbook(marked())
    play.play(["heard", "lockdown", "d1", "room12"])
    play.wait(1)
    play.run("""
        >> card front stranger
        << event DENIED_UNKNOWN_CREDENTIAL front
        << show front refused 2s
        >> keys front *
        << show front pin_wanted 5s silent
    """)


def test_a_drill_ends_the_same_way() -> None:
    play = Playbook(marked())
    play.play(["heard", "lockdown", "d1", "site", "drill"])
    assert agree(play, "front", "ada", "pia")


def test_an_emergency_that_begins_meanwhile_is_not_ended_by_people_who_did_not_know_of_it() -> None:
    play = book()
    agree(play, "front", "ada")
    play.run("""
        >> heard secure d2 gate
        << relay gate off emergency
        << event SRP_SECURE_START directive=d2 scope=doors by=principal doors=5
        << event RELEASE_LAPSED front by ada
        << show front lockdown silent
    """)
    assert agree(play, "front", "pia") == []


def test_what_was_released_meanwhile_is_over_without_a_word() -> None:
    play = book()
    agree(play, "front", "ada")
    assert "RELEASE_LAPSED" not in codes(play, "release", "d1")
    assert agree(play, "front", "pia") == []


@pytest.mark.parametrize(
    "change", [["reader", "front", "down"], ["reader", "front", "clear"], ["reader", "front", "up"]], ids=" ".join
)
def test_a_reader_that_was_away_or_unprotected_has_forgotten_the_first_person(change: list[str]) -> None:
    play = book()
    agree(play, "front", "ada")
    assert "RELEASE_LAPSED" in codes(play, *change)
    assert agree(play, "front", "pia", "ada") == [], "nothing is taken from it as it is"
    play.play(["reader", "front", "secure"])
    assert agree(play, "front", "pia") == []


def test_a_pin_is_not_taken_to_a_card_from_before_the_reader_was_away() -> None:
    play = book()
    play.play(["card", "front", "ada"])
    play.play(["reader", "front", "down"])
    play.play(["reader", "front", "secure"])
    assert play.play(["keys", "front", "*1111#"]) == []


def test_a_reader_that_was_opened_is_no_place_for_it() -> None:
    play = book()
    agree(play, "front", "ada")
    play.tell(ReaderTampered(play.moment, 1, tampered=True))
    assert agree(play, "front", "pia") == []


def test_the_first_person_whose_badge_is_revoked_meanwhile_does_not_count() -> None:
    play = book()
    agree(play, "front", "ada")
    directives = play.controller._world.orders.directives
    revoked = {badge_digest("ada"): BadgeStatus.STOLEN}
    said = play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), directives, revoked=revoked)))
    assert "RELEASE_LAPSED" in [c.code for c in said if isinstance(c, RecordEvent)]
    assert agree(play, "front", "pia") == []
    assert agree(play, "front", "ada") == []


@pytest.mark.parametrize(
    "policy",
    [
        marked(readers={1: {"takes_releases": False}}),
        marked(readers={1: {"takes_releases": True, "enabled": False}}),
        marked(ada={"may_release": False}),
        marked(ada={"active": False}),
        marked(ada={"valid_until": T0 - 1}),
        marked(ada={"pin": None}),
    ],
    ids=["no mark", "switched off", "may not", "inactive", "over", "no PIN"],
)
def test_a_new_policy_takes_back_what_it_no_longer_allows(policy: Policy) -> None:
    play = book()
    agree(play, "front", "ada")
    play.tell(PolicyAccepted(play.moment, policy))
    assert agree(play, "front", "pia") == []


def test_a_restart_forgets_the_first_person() -> None:
    play = book()
    agree(play, "front", "ada")
    kept = Orders(Revision(1, 1), play.controller._world.orders.directives)
    again = Playbook(marked(), kept)
    assert agree(again, "front", "pia") == []


def test_with_an_untrusted_clock_only_who_is_valid_beyond_doubt_counts() -> None:
    ends_soon = {"valid_until": T0 + 20 * 86_400}
    for person in ({}, ends_soon):
        play = book(marked(ada=person), memory=Memory(clock_trusted=False))
        assert bool(agree(play, "front", "ada", "pia")) is (person == {})


def test_a_responder_counts_like_anybody_who_may() -> None:
    assert agree(book(), "front", "olga", "pia")
