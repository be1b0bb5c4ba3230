import pytest

from access_control.core.decision.model import EmergencyAction
from access_control.core.decision.reasons import WORDS, Reason
from access_control.core.wire.event_codes import EventCode, Severity
from access_control.core.wire.event_words import EVENTS, change_of, end_of, severity_of, start_of, words_of


def test_every_code_has_a_severity_and_a_sentence() -> None:
    assert EVENTS.keys() == set(EventCode)
    for severity, words in EVENTS.values():
        assert isinstance(severity, Severity)
        assert words[0].isupper()
        assert words.endswith(".")


@pytest.mark.parametrize("code", [*EventCode, *Reason])
def test_every_event_can_be_read_aloud(code: str) -> None:
    assert words_of(code)
    assert severity_of(code) in Severity


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        (EventCode.DOOR_FORCED, Severity.ALARM),
        (EventCode.SRP_LOCKDOWN_START, Severity.CRITICAL),
        (Reason.ACCESS_GRANTED, Severity.INFO),
        (Reason.GRANTED_RESPONDER, Severity.NOTICE),
        (Reason.DENIED_NO_LEVEL, Severity.NOTICE),
        (Reason.LOCKED_BY_HIGHER_PRIORITY, Severity.NOTICE),
        (Reason.DENIED_STOLEN, Severity.ALARM),
        (Reason.DENIED_PASS_USED, Severity.WARNING),
    ],
)
def test_how_loudly_it_speaks(code: str, severity: Severity) -> None:
    assert severity_of(code) is severity


def test_the_reason_in_the_detail_is_said_too() -> None:
    words = words_of(EventCode.PORT_LOST, {"why": "No such device.", "port": "A"})
    assert words == f"{EVENTS[EventCode.PORT_LOST][1]} No such device."
    for detail in ({"why": ""}, {"why": 5}, {}):
        assert words_of(EventCode.PORT_LOST, detail) == EVENTS[EventCode.PORT_LOST][1]


def test_a_reason_that_begins_with_the_same_sentence_is_not_said_after_it() -> None:
    why = "The reader does not answer. Check its power, its cable and its address."
    assert words_of(EventCode.READER_OFFLINE, {"why": why}) == why
    assert words_of(EventCode.READER_OFFLINE, {"why": "The reader does not answer."}) == "The reader does not answer."


def test_decisions_have_the_words_of_their_reasons() -> None:
    assert words_of("DENIED_LOCKDOWN") == WORDS[Reason.DENIED_LOCKDOWN]


def test_a_code_of_a_newer_bridge_says_what_to_do() -> None:
    words = (
        "This bridge reports something that this version of the service does not know: DOOR_PAINTED. "
        "Update the service."
    )
    assert words_of("DOOR_PAINTED") == words
    assert words_of("DOOR_PAINTED", {"why": "It was white."}) == f"{words} It was white."


def test_only_a_bridge_knows_how_loudly_its_own_new_code_speaks() -> None:
    with pytest.raises(ValueError, match="DOOR_PAINTED"):
        severity_of("DOOR_PAINTED")


@pytest.mark.parametrize("action", EmergencyAction)
def test_every_emergency_begins_changes_and_ends(action: EmergencyAction) -> None:
    name = action.value.upper()
    assert [start_of(action), change_of(action), end_of(action)] == [
        f"SRP_{name}_START",
        f"SRP_{name}_SCOPE_CHANGED",
        f"SRP_{name}_END",
    ]
