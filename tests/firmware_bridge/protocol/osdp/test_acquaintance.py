"""What a peripheral says about itself outside any session."""

from access_control.core.decision.model import DeviceKind
from firmware_bridge.protocol.osdp.acquaintance import Acquaintance, Said
from firmware_bridge.protocol.osdp.commands import AskCapabilities, AskIdentity, Command, Poll
from firmware_bridge.protocol.osdp.envelope import Envelope
from firmware_bridge.protocol.osdp.errands import Errands
from firmware_bridge.protocol.osdp.outputs import Outputs
from firmware_bridge.protocol.osdp.replies import Ack, Capabilities, Capability, Function, Identity, Nak
from firmware_bridge.protocol.osdp.reports import Reports
from firmware_bridge.protocol.osdp.setup import LinkTiming, ReaderSetup

ONE, OTHER = (Identity(vendor * 3, 1, 1, 1, (1, 0, 0)) for vendor in (b"a", b"b"))
SUMS_ONLY = Capabilities((Capability(Function.CHECK, 0, 0),))


class Stranger:
    """A peripheral of which nothing is known yet."""

    def __init__(self) -> None:
        self.envelope = Envelope(1)
        outputs = Outputs(1, lambda _: None)
        reports = Reports(DeviceKind.READER, 1, lambda _: None)
        self.errands = Errands(ReaderSetup(1, 1), LinkTiming(), outputs, reports)
        self.acquaintance = Acquaintance(self.envelope, self.errands)

    def says(self, question: Command, reply: object) -> Said:
        return self.acquaintance.take(question, reply)


def test_it_says_who_it_is_what_it_can_and_that_it_is_there() -> None:
    stranger = Stranger()
    assert stranger.says(AskIdentity(), ONE) is Said.WHO
    assert stranger.says(AskCapabilities(), SUMS_ONLY) is Said.WHAT_IT_CAN
    assert stranger.says(Poll(), Ack()) is Said.PRESENT
    assert stranger.says(Poll(), Nak(4)) is Said.OUT_OF_TURN
    assert stranger.errands.knows_capabilities
    assert not stranger.envelope.checks.crc


def test_another_device_is_met_anew_and_the_same_one_is_not() -> None:
    stranger = Stranger()
    stranger.says(AskIdentity(), ONE)
    stranger.says(AskCapabilities(), SUMS_ONLY)
    stranger.says(AskIdentity(), ONE)
    assert stranger.errands.knows_capabilities

    stranger.says(AskIdentity(), OTHER)
    assert not stranger.errands.knows_capabilities
    assert stranger.envelope.checks.crc


def test_twelve_questions_in_a_row_that_it_calls_damaged_are_too_many() -> None:
    stranger = Stranger()
    for _ in range(2):
        assert [stranger.says(AskIdentity(), Nak(1)) for _ in range(12)] == [Said.UNREAD] * 11 + [Said.NEVER_READ]
    stranger.says(AskIdentity(), Nak(1))
    stranger.says(AskIdentity(), ONE)
    assert [stranger.says(AskIdentity(), Nak(1)) for _ in range(11)] == [Said.UNREAD] * 11
