"""What a broken or hostile device may put on an OSDP line in the place of one reader's answers, with a seed.

Each adversary is given the question and the true answer of the *victim* (the reader whose place it has taken) and says
what goes on the line instead. Neighbours answer as they always do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from access_control.core.credentials.bits import Bits
from access_control.core.wire.policy import decode_policy, encode_policy
from firmware_bridge.controller.commands import RecordEvent
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import CardPresented, Event, LinkState, Moment, ReaderLinkChanged
from firmware_bridge.protocol.osdp.frames import MAX_PACKET, START, Packet, crc
from firmware_bridge.simulator.peripheral import Peripheral
from tests.building.clock import MONDAY
from tests.building.memory_line import MemoryLine, line_with
from tests.building.signed import DIGEST_KEY, School

VICTIM, NEIGHBOURS = 1, (2, 3)
ATTACK_S = 20
RETURN_S = 15.0
Adversary = Callable[[Random, Packet, bytes], bytes]


def noise(chance: Random, _: Packet, __: bytes) -> bytes:
    """Bytes without any sense."""
    return chance.randbytes(chance.randrange(60))


def marks_and_starts(chance: Random, _: Packet, __: bytes) -> bytes:
    """Nothing but beginnings of packets."""
    return bytes(chance.choices((0x53, 0xFF, 0x81, 0x08, 0x00, 0x05), k=chance.randrange(60)))


def truncated(chance: Random, _: Packet, answer: bytes) -> bytes:
    """A packet that ends early."""
    return answer[: chance.randrange(len(answer))]


def oversized(chance: Random, _: Packet, __: bytes) -> bytes:
    """A packet that says it is very long, and is not."""
    length = chance.choice((MAX_PACKET, MAX_PACKET + 1, 0x7FFF, 0xFFFF))
    return bytes((START, 0x80 | VICTIM)) + length.to_bytes(2, "little") + chance.randbytes(chance.randrange(60))


def jabber(chance: Random, _: Packet, __: bytes) -> bytes:
    """It does not stop talking for seconds. Two wires carry one voice: nobody else is heard meanwhile."""
    return bytes((START, 0x80 | VICTIM, MAX_PACKET & 0xFF, MAX_PACKET >> 8)) + chance.randbytes(chance.randrange(5000))


def bits_flipped(chance: Random, _: Packet, answer: bytes) -> bytes:
    """A good check sum over wrong content: MACs, cipher text, codes and blocks."""
    place = chance.randrange(4, len(answer) - 2)
    return _checked(answer[:place] + bytes((answer[place] ^ 1 << chance.randrange(8),)) + answer[place + 1 : -2])


def other_address(chance: Random, _: Packet, answer: bytes) -> bytes:
    """The answer of a neighbour, as if that had been asked."""
    return _checked(answer[:1] + bytes((0x80 | chance.choice(NEIGHBOURS),)) + answer[2:-2])


def any_sequence(chance: Random, _: Packet, answer: bytes) -> bytes:
    """Sequence numbers by chance."""
    return _checked(answer[:4] + bytes((answer[4] & ~3 | chance.randrange(4),)) + answer[5:-2])


def echo(_: Random, asked: Packet, __: bytes) -> bytes:
    """The panel's own words."""
    return asked.to_bytes()


def clear_refusals(chance: Random, asked: Packet, _: bytes) -> bytes:
    """NAK with any code, or BUSY, and nothing protected."""
    code, data = chance.choice(((0x41, bytes((chance.randrange(256),))), (0x41, b""), (0x79, b"")))
    return Packet(VICTIM, chance.choice((asked.sequence, 0)), code, data, reply=True).to_bytes()


def clear_cards(chance: Random, asked: Packet, _: bytes) -> bytes:
    """A card, in the clear."""
    data = bytes((0, 1, 26, 0)) + chance.randbytes(4)
    return Packet(VICTIM, asked.sequence, 0x50, data, reply=True).to_bytes()


def forged_cards(chance: Random, asked: Packet, _: bytes) -> bytes:
    """A card, with the look of a protected answer and a MAC by chance."""
    data = bytes((0, 1, 26, 0)) + chance.randbytes(4)
    mac = chance.randbytes(4)
    return Packet(VICTIM, asked.sequence, 0x50, data, reply=True, security=b"\x16", mac=mac).to_bytes()


def _checked(body: bytes) -> bytes:
    """With a good CRC, whatever is in it."""
    return body + crc(body)


@dataclass
class Replay:
    """Frames that were said before, protected ones among them."""

    heard: list[bytes] = field(default_factory=list)

    def __call__(self, chance: Random, _: Packet, answer: bytes) -> bytes:
        """An old one."""
        self.heard.append(answer)
        return chance.choice(self.heard[-40:])


ADVERSARIES: dict[str, Callable[[], Adversary]] = {
    "noise": lambda: noise,
    "marks and starts": lambda: marks_and_starts,
    "truncated": lambda: truncated,
    "oversized": lambda: oversized,
    "jabber": lambda: jabber,
    "MAC errors": lambda: bits_flipped,
    "other address": lambda: other_address,
    "sequence numbers": lambda: any_sequence,
    "echo": lambda: echo,
    "clear refusals": lambda: clear_refusals,
    "clear cards": lambda: clear_cards,
    "forged cards": lambda: forged_cards,
    "replayed": Replay,
}


@dataclass(frozen=True)
class Attack:
    """What came of one attack.

    Attributes:
        told: Events of the bridge's record about the victim, by code.
        neighbours_down: How often a neighbour was reported off-line.
        presented: Cards held to neighbours, in order.
        arrived: Cards that the panel took from neighbours, in order.
        invented: Cards that the panel took from the victim and that were not held to it, or not so often.
        held: The most bytes that the panel kept.
        returned: Whether the victim had its session again afterwards.
    """

    told: dict[str, int]
    neighbours_down: int
    presented: list[tuple[int, Bits]]
    arrived: list[tuple[int, Bits]]
    invented: int
    held: int
    returned: bool


def attack(name: str, seed: int, *, share: float = 1.0, seconds: int = ATTACK_S) -> Attack:
    """Let an adversary have ``share`` of the victim's answers for so long, and then the victim its line back."""
    chance, adversary = Random(f"{name} {seed}"), ADVERSARIES[name]()
    keys: dict[int, bytes | None] = {number: bytes((number,)) * 16 for number in (VICTIM, *NEIGHBOURS)}
    line, readers = line_with(keys, seed=seed)
    line.run_until(lambda: all(reader.secure for reader in readers.values()))
    line.run(1.0)
    before = line.events[:]
    line.events.clear()

    def tamper(asked: Packet, answer: bytes) -> bytes:
        mine = asked.address == VICTIM and chance.random() < share
        return adversary(chance, asked, answer) if mine else answer

    line.tamper = tamper
    presented, at_victim, held = _cards(line, readers, chance, seconds)
    line.run(2.0)
    events, line.tamper = line.events[:], lambda _asked, answer: answer
    cards = [event for event in events if isinstance(event, CardPresented)]
    return Attack(
        told=recorded(before, events),
        neighbours_down=sum(
            isinstance(event, ReaderLinkChanged) and event.reader != VICTIM and event.state is LinkState.DOWN
            for event in events
        ),
        presented=presented,
        arrived=[(event.reader, event.bits) for event in cards if event.reader != VICTIM],
        invented=(Counter(e.bits for e in cards if e.reader == VICTIM) - Counter(at_victim)).total(),
        held=held,
        returned=line.run_until(lambda: readers[VICTIM].secure and _is_secure(line, VICTIM), RETURN_S),
    )


def _cards(
    line: MemoryLine, readers: dict[int, Peripheral], chance: Random, seconds: int
) -> tuple[list[tuple[int, Bits]], list[Bits], int]:
    """Each second a card at a neighbour and one at the victim: those, and the most bytes that the panel kept."""
    presented, at_victim, held = [], [], 0
    for number in range(seconds):
        at_victim.append(Bits(chance.getrandbits(26), 26))
        readers[VICTIM].head.present(at_victim[-1])
        reader, bits = NEIGHBOURS[number % len(NEIGHBOURS)], Bits(chance.getrandbits(26), 26)
        readers[reader].head.present(bits)
        presented.append((reader, bits))
        line.run(1.0)
        held = max(held, len(line.bus._decoder._held))
    return presented, at_victim, held


def _is_secure(line: MemoryLine, number: int) -> bool:
    states = [event.state for event in line.happened(ReaderLinkChanged) if event.reader == number]
    return not states or states[-1] is LinkState.SECURE


def recorded(before: Sequence[Event], events: Sequence[Event]) -> dict[str, int]:
    """What the controller writes down about the victim besides its cards, by code; ``before`` is what came earlier."""
    controller = Controller()
    controller.start(Moment(MONDAY, 0.0), decode_policy(encode_policy(School().draft(1), DIGEST_KEY), DIGEST_KEY), None)
    for event in before:
        controller.handle(event)
    found: Counter[str] = Counter()
    for event in events:
        if getattr(event, "reader", None) == VICTIM and not isinstance(event, CardPresented):
            commands = controller.handle(event)
            found.update(command.code for command in commands if isinstance(command, RecordEvent))
    return dict(found)
