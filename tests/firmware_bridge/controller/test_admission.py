"""Cards, PINs, passes and remote unlocks on their way to a lock."""

from __future__ import annotations

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import Orders, Override, OverrideEffect, Revision
from firmware_bridge.controller.events import OrdersAccepted
from tests.firmware_bridge.controller.playbook import Playbook
from tests.firmware_bridge.controller.school import ALWAYS, FIRE, T0, changed


def test_a_card_that_is_admitted_and_nobody_goes_through() -> None:
    Playbook().run("""
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 4.9
        >> wait 0.7
        << relay front off grant
        << show front locked
        << event ACCESS_NOT_TAKEN front by ada
    """)


def test_a_card_for_somebody_who_needs_longer() -> None:
    Playbook().run("""
        >> card front eve
        << event GRANTED_EXTENDED front by eve
        << show front granted_extended 20s
        << relay front on 20s grant momentary
        >> open front
        << event ACCESS_TAKEN front by eve
        << event DOOR_OPENED front by=grant
        >> wait 40
        << relay front off grant
        << show front locked
        >> wait 15
        << event DOOR_HELD_PREALARM front open_s=50
        << show front held_pre_alarm 10s
        >> wait 10
        << event DOOR_HELD front open_s=60
        >> close front
        << event DOOR_CLOSED front
        << event DOOR_HELD_CLEARED front
        << show front locked
    """)


def test_cards_that_are_refused_each_with_its_reason() -> None:
    Playbook().run("""
        >> card front stranger
        << event DENIED_UNKNOWN_CREDENTIAL front
        << show front refused 2s
        >> card room12 ben
        << event DENIED_DOOR room12 by ben
        << show room12 refused 2s
        >> card front noise
        << event DENIED_BAD_READ front
        << show front refused 2s
        >> wait 3700
        >> card front ben
        << event DENIED_OUT_OF_SCHEDULE front by ben
        << show front refused 2s
    """)


def test_a_pin_besides_the_card() -> None:
    Playbook(changed(readers={1: {"pin_times": ALWAYS}})).run("""
        >> card front pia
        << show front pin_wanted 5s
        >> keys front 99*47
        >> keys front 11#
        << event ACCESS_GRANTED front by pia
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 6
        << relay front off grant
        << show front locked
        << event ACCESS_NOT_TAKEN front by pia
        >> card front pia
        << show front pin_wanted 5s
        >> keys front 1#
        << event DENIED_WRONG_PIN front by pia
        << show front refused 2s
        >> wait 3
        # Nobody types: the refusal comes by itself.
        >> card front pia
        << show front pin_wanted 5s
        >> wait 4
        >> wait 2
        << event DENIED_PIN_REQUIRED front by pia cause=pin_timeout
        << show front refused 2s
        # The same card again begins again; another one takes its place.
        >> card front pia
        << show front pin_wanted 5s
        >> wait 3
        >> card front pia
        << show front pin_wanted 5s
        >> card front ada
        << event DENIED_PIN_REQUIRED front by pia cause=pin_timeout
        << show front refused 2s
        << event DENIED_PIN_REQUIRED front by ada
        << show front refused 2s
        >> keys front 4711#
    """)


def test_a_visitor_pass_is_good_for_one_entry() -> None:
    Playbook().run("""
        >> scan front 7
        << event GRANTED_PASS front pass_id=0000000000000007
        << show front granted 5s
        << relay front on 5s grant momentary
        # Left on the glass it is still the same read.
        >> scan front 7
        >> open front
        << event ACCESS_TAKEN front pass_id=0000000000000007
        << remember pass 7
        << event DOOR_OPENED front by=grant
        >> wait 1
        << relay front off grant
        << show front locked
        >> close front
        << event DOOR_CLOSED front
        >> wait 4
        >> scan front 7
        << event DENIED_PASS_USED front pass_id=0000000000000007
        << show front refused 2s
        # Refused once is enough for two seconds.
        >> scan front 7
        >> wait 2
        >> scan shed 7
        << event DENIED_PASS_USED shed pass_id=0000000000000007
        << show shed refused 2s
    """)


def test_a_disk_that_takes_nothing_takes_no_pass_for_a_single_entry_and_every_badge() -> None:
    Playbook().run("""
        >> disk broken
        >> scan front 7
        << event DENIED_PASS_NOT_KEPT front pass_id=0000000000000007
        << show front refused 2s
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 6
        << relay front off grant
        << show front locked
        << event ACCESS_NOT_TAKEN front by ada
        >> disk works
        >> scan front 7
        << event GRANTED_PASS front pass_id=0000000000000007
        << show front granted 5s
        << relay front on 5s grant momentary
    """)


def test_a_pass_whose_door_never_opened_is_still_good() -> None:
    Playbook().run("""
        >> scan front 7
        << event GRANTED_PASS front pass_id=0000000000000007
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 6
        << relay front off grant
        << show front locked
        << event ACCESS_NOT_TAKEN front pass_id=0000000000000007
        >> scan front 7
        << event GRANTED_PASS front pass_id=0000000000000007
        << show front granted 5s
        << relay front on 5s grant momentary
    """)


def test_a_pass_opens_no_second_door_while_it_is_good_for_going_through_the_first() -> None:
    Playbook().run("""
        >> scan front 7
        << event GRANTED_PASS front pass_id=0000000000000007
        << show front granted 5s
        << relay front on 5s grant momentary
        >> scan shed 7
        << event DENIED_PASS_USED shed pass_id=0000000000000007
        << show shed refused 2s
        >> wait 6
        << relay front off grant
        << show front locked
        << event ACCESS_NOT_TAKEN front pass_id=0000000000000007
        >> scan shed 7
        << event GRANTED_PASS shed pass_id=0000000000000007 spent=True
        << remember pass 7
        << show shed granted 5s
        << relay shed on 5s grant momentary
    """)


def test_a_pass_is_spent_at_once_where_nobody_can_see_the_door_open() -> None:
    Playbook().run("""
        >> scan shed 7
        << event GRANTED_PASS shed pass_id=0000000000000007 spent=True
        << remember pass 7
        << show shed granted 5s
        << relay shed on 5s grant momentary
        >> wait 9
        << relay shed off grant
        << show shed locked
        >> scan shed 7
        << event DENIED_PASS_USED shed pass_id=0000000000000007
        << show shed refused 2s
        # A door that stands open already.
        >> rex front on
        << event REX front
        >> open front
        << event DOOR_OPENED front by=exit
        >> scan front 8
        << event GRANTED_PASS front pass_id=0000000000000008 spent=True
        << remember pass 8
        << show front granted 5s
        << relay front on 5s grant momentary
        >> wait 6
        << relay front off grant
        << show front locked
        >> scan front 8
        << event DENIED_PASS_USED front pass_id=0000000000000008
        << show front refused 2s
    """)


def test_a_reusable_pass_is_never_spent() -> None:
    Playbook().run("""
        >> scan front 9r
        << event GRANTED_PASS front pass_id=0000000000000009
        << show front granted 5s
        << relay front on 5s grant momentary
        >> open front
        << event ACCESS_TAKEN front pass_id=0000000000000009
        << event DOOR_OPENED front by=grant
        >> wait 1
        << relay front off grant
        << show front locked
        >> close front
        << event DOOR_CLOSED front
        >> wait 5
        >> scan front 9r
        << event GRANTED_PASS front pass_id=0000000000000009
        << show front granted 5s
        << relay front on 5s grant momentary
    """)


def test_passes_are_not_taken_everywhere() -> None:
    Playbook().run("""
        >> scan hall 7
        << event DENIED_PASS_NOT_TAKEN_HERE hall
        << show hall refused 2s
    """)


def test_unlock_once_by_an_operator() -> None:
    Playbook().run("""
        >> unlock gate
        << event UNLOCK_ACTION_DONE gate by=desk
        << relay gate on 8s grant momentary
        >> wait 8
        << relay gate off grant
        << show gate locked
        >> wait 1
        << event ACCESS_NOT_TAKEN gate
        >> unlock nowhere
        << event UNLOCK_ACTION_REFUSED 99 by=desk
        >> secure site
        << relay front off emergency
        << relay gate off emergency
        << raise secure site
        << event SRP_SECURE_START directive=asked-1 scope=site by=desk doors=1,2,3,4,5
        << show front secure
        << show gate secure
        >> unlock gate
        << event UNLOCK_ACTION_REFUSED gate by=desk reason=LOCKED_BY_HIGHER_PRIORITY slot=secure
        >> unlock hall
        << event UNLOCK_ACTION_DONE hall by=desk
        << relay hall off grant momentary
    """)


def test_whether_there_is_a_fire_is_a_fact_of_three_values() -> None:
    play = Playbook(quiet=False)
    # Nobody has told the fire input yet: a fire door refuses nobody for that, and a magnet neither.
    play.run("""
        >> reader room12 secure
        << event READER_ONLINE room12 link=secure
        << show room12 degraded
        >> card room12 ada
        << event ACCESS_GRANTED room12 by ada
        << show room12 granted 5s
        << relay room12 on 5s grant momentary
        >> wait 6 unproved
        << relay room12 off grant
        << show room12 degraded
        >> board up
        << event BOARD_ONLINE board=1 link=up
        << relay front off routine
        << show front locked
        << relay hall on 30s routine
        << show hall locked
        << relay room12 off routine
        << show room12 locked
        << relay shed off routine
        << show shed locked
        << relay gate off routine
        << show gate locked
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << show hall unlocked
        >> card room12 ada
        << event DENIED_FIRE room12 by ada
        << show room12 refused 2s
    """)


def test_what_the_rules_admit_and_a_slot_does_not_is_refused() -> None:
    play = Playbook()
    lock = Override("o1", 1, OverrideEffect.LOCK, "desk", "Broken glass", T0 + 60)
    play.tell(OrdersAccepted(play.moment, Orders(Revision(1, 1), DirectiveSet(), (lock,))))
    play.play(["clock", "untrusted"])
    play.wait(61)
    # The order would be over by the clock; as long as nobody can say what time it is, it holds.
    play.run("""
        >> card front ada
        << event LOCKED_BY_HIGHER_PRIORITY front by ada
        << show front refused 2s
        >> card front olga
        << event GRANTED_RESPONDER front by olga despite_lock=True
        << show front granted 5s
        << relay front on 5s grant momentary
    """)


def test_at_a_fire_that_opens_nothing_cards_go_on() -> None:
    play = Playbook(changed(doors={1: {"lock": {"fire_input": FIRE}}}))
    play.run("""
        >> fire on
        << relay hall off emergency
        << event FIRE_INPUT_ON input=board 1.30
        << event FIRE_RELEASE_APPLIED hall
        << remember fire hall held
        << event FIRE_RELEASE_APPLIED room12
        << remember fire room12 held
        << show hall unlocked
        >> card front ada
        << event ACCESS_GRANTED front by ada
        << show front granted 5s
        << relay front on 5s grant momentary
    """)
