"""A small language in which a test reads like the log of a bridge.

A line ``>> ...`` is something that happens; the lines ``<< ...`` after it are all commands that answer it, in order.
``# ...`` is a remark. A command too many, too few or out of order fails with both columns shown, after the last event
as after every other: an unfinished playbook fails.

Events (time passes only by ``wait``, in which relays prove what they do and the renewals of leases are not shown; a
contact is given time to settle). Not shown either: what doors prove for the report of a fire, and what is kept of fire
inputs, of forced alarms and of the Policy's age::

    alarm INPUT on|off|cut|short|unread                              an alarm input of the school (ALARMS)
    card DOOR PERSON | keys DOOR KEYS | burst DOOR KEY 4|8 | scan DOOR PASS-NUMBER[r]     at the reader of that door
    open DOOR | close DOOR | cut DOOR | unread DOOR | latch DOOR thrown|loose | rex DOOR on|off|cut|unread
    fire on|off|cut
    board up|down | reader DOOR secure|clear|down | port B up|down
    prove all | prove DOOR on|off [read_back|acknowledged|sent] | lapse DOOR | fail DOOR on|off [expired|superseded]
    lockdown|secure|hold|evacuate|shelter SCOPE [drill]              asked for at this bridge
    heard ACTION ID SCOPE [drill] | release ID [DOOR,...]            from elsewhere
    unlock DOOR | acknowledge DOOR | reset DOOR | clock trusted|untrusted
    power DOOR failing|well | service reached|away | disk works|broken | wait SECONDS

Commands::

    relay DOOR on|off [SECONDSs] URGENCY [momentary]
    show DOOR INDICATION [SECONDSs] [silent]
    event CODE [DOOR] [by PERSON] [drill] [key=value ...]
    raise ACTION SCOPE | remember pass NUMBER | remember cancelled ID | remember fire DOOR held|over
    ask ACTION SCOPE | remember press INPUT ID|nothing|over
    end ID,... by PERSON PERSON                                      a release that two people agreed on
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from access_control.core.decision.emergency import Directive, Release
from access_control.core.decision.model import DeviceKind, EmergencyAction, Orders, Point, Policy
from firmware_bridge.controller.commands import (
    AskEmergency,
    Command,
    DriveOutput,
    EndEmergency,
    RaiseDirective,
    RecordEvent,
    RememberCancelled,
    RememberCycles,
    RememberFire,
    RememberFireInput,
    RememberForced,
    RememberPassUsed,
    RememberPolicyAge,
    RememberPress,
    ShowAtReader,
)
from firmware_bridge.controller.controller import Controller
from firmware_bridge.controller.events import (
    AlarmAcknowledged,
    BoardLinkChanged,
    CardPresented,
    ClockJudged,
    DevicePowered,
    DirectiveHeard,
    EmergencyAsked,
    Event,
    FireReset,
    InputChanged,
    InputState,
    KeysPressed,
    LineJabbers,
    LinkState,
    Moment,
    OutputFailed,
    OutputLapsed,
    OutputProved,
    PortChanged,
    Proof,
    ReaderLinkChanged,
    ReleaseHeard,
    StorageJudged,
    TextScanned,
    TimePassed,
    UnlockAsked,
    UplinkChanged,
)
from firmware_bridge.controller.memory import Memory
from firmware_bridge.controller.policy_change import Held
from firmware_bridge.controller.status import BridgeStatus, DoorStatus
from tests.firmware_bridge.controller.school import (
    ALARMS,
    DOORS,
    FIRE,
    PEOPLE,
    START,
    burst,
    card,
    draft,
    output,
    policy_of,
    visitor_pass,
    wired,
)

_DOOR_NAMES = {number: name for name, number in DOORS.items()}
_HOLDERS = {number: name for name, number in PEOPLE.items()}
_HIDDEN = ("why", "origin", "release", "action", "second")
_INPUTS = {"on": InputState.ACTIVE, "off": InputState.NORMAL, "cut": InputState.CUT, "short": InputState.SHORT}
_INPUTS["unread"] = InputState.UNKNOWN
_CONTACT = {"open": _INPUTS["on"], "close": _INPUTS["off"], "cut": _INPUTS["cut"], "unread": _INPUTS["unread"]}
_SETTLE_S = 0.06
MONO_0 = 1000.0


class Playbook:
    """Runs a controller through a text. ``quiet`` starts with everything connected, closed and proved."""

    def __init__(
        self,
        policy: Policy | None = None,
        orders: Orders | None = None,
        memory: Memory | None = None,
        *,
        held: Sequence[Held] = (),
        quiet: bool = True,
    ) -> None:
        self.moment = Moment(START, MONO_0)
        self.controller = Controller(memory or Memory(clock_trusted=True))
        self._asked = 0
        self._pressed = 0
        self.commands = self.controller.start(self.moment, policy or policy_of(draft()), orders, held)
        if quiet:
            self.connect()

    def connect(self) -> None:
        """Board and readers answer, every door is shut, every lock proves where it is."""
        relays = {command.point: command.energised for command in self.commands if isinstance(command, DriveOutput)}
        self.tell(BoardLinkChanged(self.moment, 1, LinkState.UP))
        for door in DOORS.values():
            self.tell(ReaderLinkChanged(self.moment, door, LinkState.SECURE))
            for place in range(3):
                self.tell(InputChanged(self.moment, wired(door, place), InputState.NORMAL))
        self.tell(InputChanged(self.moment, FIRE, InputState.NORMAL))
        for point, on in relays.items():
            self.tell(OutputProved(self.moment, point, on, Proof.READ_BACK))
        self.wait(_SETTLE_S)

    def tell(self, event: Event) -> list[Command]:
        """Hand an event over, outside the text; an emergency that it asks for is given a name and begins."""
        said = self.controller.handle(event)
        for asked in [command for command in said if isinstance(command, AskEmergency)]:
            self._pressed += 1
            begins = EmergencyAsked(
                self.moment,
                f"pressed-{self._pressed}",
                asked.action,
                asked.scope,
                asked.by,
                drill=False,
                input=asked.input,
            )
            said += self.controller.handle(begins)
        return said

    def wait(self, seconds: float, *, proving: bool = True) -> list[Command]:
        """Let time pass, deadline by deadline. Unless told not to, relays prove what they do and where they are."""
        end, answers = self.moment.mono_s + seconds, list[Command]()
        while self.moment.mono_s < end:
            due = self.controller.next_deadline_s()
            step = min(end, due if due is not None else end, self.moment.mono_s + 5.0)
            self._go_to(max(step, self.moment.mono_s + 1e-6))
            on = {machine.drive.point for machine in self.controller._building.doors.values() if machine.drive._sent}
            said = self.tell(TimePassed(self.moment))
            answers += [command for command in said if not _renews(command, on)]
            if proving:
                answers += self._prove_again(said)
        return answers

    def _go_to(self, mono_s: float) -> None:
        self.moment = Moment(self.moment.at + timedelta(seconds=mono_s - self.moment.mono_s), mono_s)

    def _prove_again(self, said: list[Command]) -> list[Command]:
        answers = list[Command]()
        for command in said:
            if isinstance(command, DriveOutput):
                answers += self.tell(OutputProved(self.moment, command.point, command.energised, Proof.ACKNOWLEDGED))
        for status in self.status().doors:
            if status.proved:
                answers += self._prove(status)
        return answers

    def _prove(self, status: DoorStatus) -> list[Command]:
        drive = self.controller._building.doors[status.door].drive
        return self.tell(OutputProved(self.moment, drive.point, drive.energised(status.command), Proof.READ_BACK))

    def status(self) -> BridgeStatus:
        return self.controller.status(self.moment.mono_s)

    def door(self, name: str) -> DoorStatus:
        return self.status().door(DOORS[name])

    def run(self, text: str) -> None:
        """Play a text from its first line to its last."""
        said: list[str] | None = None
        expected: list[str] = []
        happened = "the beginning"
        for line in [*(line.strip() for line in text.splitlines()), ">> end"]:
            if line.startswith(">>"):
                if said is not None:
                    _compare(happened, expected, said)
                happened, expected = line, []
                said = None if line == ">> end" else _shown(self.play(line[2:].split()))
            elif line.startswith("<<"):
                assert said is not None, f"an answer before anything happened: {line}"
                expected.append(" ".join(line[2:].split()))
            else:
                assert not line or line.startswith("#"), f"this line means nothing: {line}"

    def play(self, words: Sequence[str]) -> list[Command]:
        """Let one thing happen."""
        what, rest = words[0], list(words[1:])
        if what == "wait":
            return self.wait(float(rest[0]), proving="unproved" not in rest)
        if what in _CONTACT:
            state = _CONTACT[what]
            return self.tell(InputChanged(self.moment, wired(DOORS[rest[0]], 0), state)) + self.wait(
                _SETTLE_S, proving=False
            )
        if (what, *rest) == ("prove", "all"):
            return [command for door in self.status().doors for command in self._prove(door)]
        return self.tell(self._event(what, rest))

    def _event(self, what: str, rest: list[str]) -> Event:
        if what in list(EmergencyAction):
            self._asked += 1
            drill = "drill" in rest
            return EmergencyAsked(self.moment, f"asked-{self._asked}", EmergencyAction(what), rest[0], "desk", drill)
        makers: dict[str, Callable[..., Event]] = {
            "card": lambda door, who: CardPresented(self.moment, DOORS[door], card(who)),
            "burst": lambda door, key, length: CardPresented(self.moment, DOORS[door], burst(key, int(length))),
            "keys": lambda door, keys: KeysPressed(self.moment, DOORS[door], keys),
            "scan": lambda door, name: TextScanned(
                self.moment, DOORS[door], visitor_pass(int(name.rstrip("r")), reusable=name.endswith("r"))
            ),
            "rex": lambda door, state: InputChanged(self.moment, wired(DOORS[door], 1), _INPUTS[state]),
            "latch": lambda door, state: InputChanged(
                self.moment, wired(DOORS[door], 2), InputState.ACTIVE if state == "loose" else InputState.NORMAL
            ),
            "alarm": lambda name, state: InputChanged(
                self.moment, Point(DeviceKind.BOARD, 1, 19 + ALARMS[name]), _INPUTS[state]
            ),
            "fire": lambda state: InputChanged(self.moment, FIRE, _INPUTS[state]),
            "board": lambda state: BoardLinkChanged(self.moment, 1, LinkState(state), "" if state == "up" else "Gone."),
            "reader": lambda door, state: ReaderLinkChanged(self.moment, DOORS[door], LinkState(state)),
            "port": lambda name, state: PortChanged(self.moment, name, state == "up", "" if state == "up" else "Gone."),
            "jabber": lambda name, state: LineJabbers(self.moment, name, jabbers=state == "on", why="Unplug it."),
            "prove": lambda door, state, how="read_back": OutputProved(
                self.moment, output(DOORS[door]), state == "on", Proof(how)
            ),
            "lapse": lambda door: OutputLapsed(self.moment, output(DOORS[door])),
            "fail": lambda door, state, how="": OutputFailed(
                self.moment,
                output(DOORS[door]),
                state == "on",
                "Not delivered.",
                expired=how == "expired",
                superseded=how == "superseded",
            ),
            "heard": lambda action, id_, scope, drill="": DirectiveHeard(
                self.moment, self.directive(action, id_, scope, drill=bool(drill))
            ),
            "release": lambda id_, doors="": ReleaseHeard(self.moment, self.release(id_, doors)),
            "unlock": lambda door: UnlockAsked(self.moment, "action-1", DOORS.get(door, 99), "desk"),
            "acknowledge": lambda door: AlarmAcknowledged(self.moment, DOORS[door], "desk"),
            "reset": lambda door: FireReset(self.moment, DOORS[door], "desk"),
            "clock": lambda state: ClockJudged(self.moment, trusted=state == "trusted"),
            "power": lambda door, state: DevicePowered(self.moment, _reader(door), state == "failing"),
            "service": lambda state: UplinkChanged(self.moment, reached=state == "reached"),
            "disk": lambda state: StorageJudged(self.moment, works=state == "works"),
        }
        return makers[what](*rest)

    def directive(self, action: str, id_: str, scope: str, *, drill: bool = False) -> Directive:
        """A directive from elsewhere; a door's name as its scope means that door alone."""
        doors = frozenset({DOORS[scope]}) if scope in DOORS else frozenset()
        scope = "doors" if doors else scope
        return Directive(id_, EmergencyAction(action), scope, doors, "service", "principal", drill, self.moment.at)

    def release(self, id_: str, doors: str = "") -> Release:
        """A release; without doors it is for all of them."""
        released = frozenset(DOORS[name] for name in doors.split(",")) if doors else None
        return Release(
            f"end-{id_}-{doors}", id_, released, "principal", None, "All clear, police said so", self.moment.at
        )


def _reader(door: str) -> tuple[DeviceKind, int]:
    return DeviceKind.READER, DOORS[door]


def _renews(command: Command, on: set[Point]) -> bool:
    return isinstance(command, DriveOutput) and command.energised and command.point in on


def _compare(happened: str, expected: list[str], said: list[str]) -> None:
    if expected == said:
        return
    width = max([len(line) for line in expected] + [8])
    rows = max(len(expected), len(said))
    left, right = (lines + [""] * (rows - len(lines)) for lines in (expected, said))
    table = "\n".join(f"{'  ' if a == b else '! '}{a:{width}} | {b}" for a, b in zip(left, right, strict=True))
    raise AssertionError(f"after {happened}\n  {'expected':{width}} | said\n{table}")


def _shown(commands: list[Command]) -> list[str]:
    hidden = "event FIRE_DOOR_", "remember cycles"
    untold = RememberPolicyAge, RememberFireInput, RememberForced
    told = (command for command in commands if not isinstance(command, untold))
    return [line for line in map(_spell, told) if not line.startswith(hidden)]


def _place(point: Point) -> str:
    return _DOOR_NAMES.get(point.index, str(point))


def _seconds(value: float) -> str:
    return f"{round(value, 3):g}s"


def _spell(command: Command) -> str:
    match command:
        case DriveOutput(point, on, lease_s, urgency, expires):
            lease = f" {_seconds(lease_s)}" if on else ""
            late = "" if expires is None else " momentary"
            return f"relay {_place(point)} {'on' if on else 'off'}{lease} {urgency.name.lower()}{late}"
        case ShowAtReader(reader, indication, for_s, silent):
            lasting = "" if for_s is None else f" {_seconds(for_s)}"
            name = _DOOR_NAMES.get(reader, str(reader))
            return f"show {name} {indication.value}{lasting}{' silent' if silent else ''}"
        case RecordEvent(code, door, reader, holder, drill, detail):
            where = f" {_DOOR_NAMES.get(door, door)}" if door else f" reader {reader}" if reader else ""
            who = f" by {_HOLDERS[holder]}" if holder else ""
            told = "".join(f" {key}={value}" for key, value in detail.items() if key not in _HIDDEN)
            return f"event {code}{where}{who}{' drill' if drill else ''}{told}"
        case RaiseDirective(directive):
            return f"raise {directive.action.value} {directive.scope}"
        case EndEmergency(_, first, second, directives):
            return f"end {','.join(sorted(directives))} by {_HOLDERS[first]} {_HOLDERS[second]}"
        case AskEmergency(_, action, scope, _):
            return f"ask {action.value} {scope}"
        case RememberPress(input_, directive):
            name = next(name for name, number in ALARMS.items() if number == input_)
            return f"remember press {name} {'over' if directive is None else directive or 'nothing'}"
        case RememberCycles():
            return "remember cycles"
        case RememberPassUsed(pass_id, _):
            return f"remember pass {pass_id}"
        case RememberCancelled(id_):
            return f"remember cancelled {id_}"
        case RememberFire(door, held):
            return f"remember fire {_DOOR_NAMES[door]} {'over' if held is None else 'held'}"
        case RememberFireInput(point, active):
            return f"remember fire input {point} {'active' if active else 'over'}"
        case RememberForced(door, _):
            return f"remember forced {_DOOR_NAMES[door]}"
        case RememberPolicyAge():
            return "remember the Policy's age"


def with_directives(orders: Orders, *directives: Directive) -> Orders:
    """Orders with some directives in them."""
    kept = orders.directives
    for directive in directives:
        kept = kept.with_directive(directive)
    return replace(orders, directives=kept)
