"""What all doors and readers of a bridge share: the documents in force, what is remembered, what devices said last."""

from __future__ import annotations

from dataclasses import dataclass, field

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import DeviceKind, Door, DoorClass, Orders, Point, Policy, Revision
from firmware_bridge.controller.events import InputState, LinkState

NO_ORDERS = Orders(revision=Revision(0, 0), directives=DirectiveSet())
"""What holds before any Orders arrived."""

OPPOSITE = {InputState.ACTIVE: InputState.NORMAL, InputState.NORMAL: InputState.ACTIVE}
"""What the state of a wire means where it rests closed. Trouble is trouble either way."""

Device = tuple[DeviceKind, int]
"""A reader or a board."""


@dataclass(slots=True)
class World:
    """Shared and mutable; only the controller's thread touches it.

    Attributes:
        orders: Always the union of everything heard, so nothing in it is ever lost to a newer document.
        storing: Whether the disk takes what must be stored, as far as is known.
        fires: Fire inputs that were active and not seen normal since. A cut wire or a lost board changes nothing.
        fires_before: Fire inputs that were active when the bridge stopped and were not seen since.
        fire_held: Doors that fire commanded when the bridge stopped, as they were wired when it took them.
        forced_before: Doors whose forced alarm stood when the bridge stopped, and whether somebody had seen it.
        policy_old: The classes of doors at which the Policy is too old for rights that depend on hours.
        inputs_since: Since when an input is as it is, in monotonic seconds.
        power_failing: Devices that say that their power supply fails.
        alone: The bridge has decided without its service for so long that readers show it.
        heard: When a device last proved anything, in monotonic seconds.
    """

    policy: Policy | None = None
    orders: Orders = NO_ORDERS
    orders_seen: bool = False
    clock_trusted: bool = False
    storing: bool = True
    passes_used: dict[int, int] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    inputs: dict[Point, InputState] = field(default_factory=dict)
    inputs_since: dict[Point, float] = field(default_factory=dict)
    rests_closed: frozenset[Point] = frozenset()
    links: dict[Device, LinkState] = field(default_factory=dict)
    whys: dict[Device, str] = field(default_factory=dict)
    heard: dict[Device, float] = field(default_factory=dict)
    fires: set[Point] = field(default_factory=set)
    fires_before: set[Point] = field(default_factory=set)
    fire_held: dict[int, Door] = field(default_factory=dict)
    forced_before: dict[int, bool] = field(default_factory=dict)
    policy_old: frozenset[DoorClass] = frozenset()
    power_failing: set[Device] = field(default_factory=set)
    alone: bool = False

    def input(self, point: Point | None) -> InputState:
        """The last state of an input, ``UNKNOWN`` while its device is away."""
        if point is None or not self.alive((point.kind, point.device)):
            return InputState.UNKNOWN
        return self.told(point)

    def told(self, point: Point) -> InputState:
        """The last state that was heard of an input, whatever its device does now, as its wiring means it."""
        state = self.inputs.get(point, InputState.UNKNOWN)
        return OPPOSITE.get(state, state) if point in self.rests_closed else state

    def listed(self, point: Point) -> bool:
        """Whether the Policy in force has the device of an input or output."""
        if self.policy is None:
            return False
        return point.device in (self.policy.readers if point.kind is DeviceKind.READER else self.policy.boards)

    def link(self, device: Device) -> LinkState:
        """How a device answers."""
        return self.links.get(device, LinkState.DOWN)

    def alive(self, device: Device) -> bool:
        """Whether a device answers in a way that can be believed; an answer in clear is not one."""
        return self.link(device) in (LinkState.SECURE, LinkState.UP)
