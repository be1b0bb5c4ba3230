"""What all doors and readers of a bridge share: the documents in force, what is remembered, what devices said last."""

from __future__ import annotations

from dataclasses import dataclass, field

from access_control.core.decision.emergency import DirectiveSet
from access_control.core.decision.model import DeviceKind, Orders, Point, Policy, Revision
from firmware_bridge.controller.events import InputState, LinkState

NO_ORDERS = Orders(revision=Revision(0, 0), directives=DirectiveSet())
"""What holds before any Orders arrived."""

Device = tuple[DeviceKind, int]
"""A reader or a board."""


@dataclass(slots=True)
class World:
    """Shared and mutable; only the controller's thread touches it.

    Attributes:
        orders: Always the union of everything heard, so nothing in it is ever lost to a newer document.
        fires: Fire inputs that were active and not seen normal since. A cut wire or a lost board changes nothing.
        fire_held: Doors that fire commanded when the bridge stopped.
        heard: When a device last proved anything, in monotonic seconds.
    """

    policy: Policy | None = None
    orders: Orders = NO_ORDERS
    orders_seen: bool = False
    clock_trusted: bool = False
    passes_used: dict[int, int] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    inputs: dict[Point, InputState] = field(default_factory=dict)
    links: dict[Device, LinkState] = field(default_factory=dict)
    whys: dict[Device, str] = field(default_factory=dict)
    heard: dict[Device, float] = field(default_factory=dict)
    fires: set[Point] = field(default_factory=set)
    fire_held: set[int] = field(default_factory=set)

    def input(self, point: Point | None) -> InputState:
        """The last state of an input, ``UNKNOWN`` while its device is away."""
        if point is None or not self.alive((point.kind, point.device)):
            return InputState.UNKNOWN
        return self.inputs.get(point, InputState.UNKNOWN)

    def link(self, device: Device) -> LinkState:
        """How a device answers."""
        return self.links.get(device, LinkState.DOWN)

    def alive(self, device: Device) -> bool:
        """Whether a device answers in a way that can be believed; an answer in clear is not one."""
        return self.link(device) in (LinkState.SECURE, LinkState.UP)
