"""What a search shows while it runs, whatever it looks for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from firmware_bridge.devices.scanning import Noise, Progress

UNREADABLE: Final = "somebody answers, but unreadably: two {whom} with one address, or the wrong end of the cable"
NOISY: Final = "The line brings noise whoever is asked at {baud} baud. Check its two wires, its shield and its ends."
NOBODY: Final = "Nobody answered. Check power, the two wires (A and B exchanged?) and that this is the right port."
Found = TypeVar("Found")


class Bounded(Protocol):
    """A search that knows how long it takes."""

    @property
    def bauds(self) -> Sequence[int]:
        """The speeds."""
        ...

    @property
    def addresses(self) -> Sequence[int]:
        """The addresses."""
        ...

    def at_most_s(self) -> float:
        """How long it takes if nobody answers."""
        ...


@dataclass
class Result(Generic[Found]):
    """What was found; not ``whole`` if somebody ended it."""

    found: list[Found] = field(default_factory=list)
    noisy: list[int] = field(default_factory=list)
    whole: bool = True


def announcement(path: str, search: Bounded) -> str:
    """What is said beforehand."""
    minutes, seconds = divmod(round(search.at_most_s()), 60)
    lasts = f"{minutes} min {seconds} s" if minutes else f"{max(seconds, 1)} s"
    return (
        f"Looking on {path}; speeds: {len(search.bauds)}, addresses: {len(search.addresses)}. This takes at most "
        f"{lasts}, and a second or two more for each device that is found. Ctrl-C ends it."
    )


def followed(steps: Iterator[Progress | Noise | Found], met: Callable[[Found], str]) -> Result[Found]:
    """Run a search and show it on standard error; Ctrl-C ends it and keeps what was found."""
    result: Result[Found] = Result()
    try:
        for step in steps:
            if isinstance(step, Progress):
                _show(step)
            elif isinstance(step, Noise):
                result.noisy.append(step.baud)
            else:
                result.found.append(step)
                print(f"\rFound: {met(step)}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        result.whole = False
        print("\nStopped. This is what was found until then:", file=sys.stderr)
    return result


def _show(step: Progress) -> None:
    """A line that moves on a screen; elsewhere one line a speed."""
    if sys.stderr.isatty():
        percent = 100 * step.done // step.probes
        print(f"\r{percent:3} %  {step.baud} baud, address {step.address:3} ", end="", file=sys.stderr, flush=True)
    elif step.first:
        print(f"Searching at {step.baud} baud ...", file=sys.stderr, flush=True)
