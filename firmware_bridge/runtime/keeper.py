"""Writes what must survive a crash on a thread of its own, so that a slow disk never holds up a door."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.clock import Clock, SystemClock
from firmware_bridge.store.at_work import AtWork
from firmware_bridge.store.handing_over import NOT_YET
from firmware_bridge.store.recorder import Recorder

WAIT_S: Final = 0.05
HANDED_S: Final = 0.5
RETRY_S: Final = 1.0
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Task:
    """One thing to write; ``write`` raises while the disk does not take it.

    ``kind`` names what it puts in the place of something older; ``None`` where it only adds. ``outcome`` is empty when
    it is written, else one sentence on why not. ``done`` is set after the first try.
    """

    write: Callable[[], None]
    kind: Hashable | None = None
    outcome: str = NOT_YET
    done: threading.Event = field(default_factory=threading.Event)


class Keeper:
    """Carries tasks out one after another; what the disk does not take is tried again until it does.

    Of one kind only the newest is tried again: what is older must not take its place later.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        """The thread starts with :meth:`start`."""
        self._clock = clock or SystemClock()
        self._writes = AtWork(self._clock, HANDED_S)
        self._tried_s = 0.0  # when everything in ``_again`` was tried last
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._again: list[Task] = []
        self._slow = False
        self._overdue: Task | None = None
        self._judging = threading.Lock()  # for an instant: what is slow is judged by whoever keeps, on any thread
        self._thread = threading.Thread(target=self._keeping, name="keeper", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def keep(self, write: Callable[[], None], wait_s: float = WAIT_S, kind: Hashable | None = None) -> Task:
        """Have something written; wait for it, but not longer than ``wait_s``.

        Once the disk took longer than that, later things are not waited for until everything handed over is tried: a
        fire at a hundred doors must not hold up the bridge a hundred times.
        """
        task = Task(write, kind)
        self._tasks.put(task)
        if not task.done.wait(0 if self._slow else wait_s) and wait_s:
            with self._judging:
                self._slow = not task.done.is_set()
        return task

    def hand_over(self, write: Callable[[], None]) -> str:
        """Have something written for others than the doors; empty once it is, else why it is not yet.

        Each waits for ``HANDED_S``, so that a disk that works is heard out. Once one waited in vain nobody waits any
        more before that one is tried: of ten directives at the neighbours' one port the last must not wait ten times.
        """
        hangs = self._hangs
        task = self.keep(write, wait_s=0.0)
        if not task.done.wait(0.0 if hangs else HANDED_S) and not hangs:
            self._overdue = task
        return task.outcome

    @property
    def _hangs(self) -> bool:
        overdue = self._overdue
        return overdue is not None and not overdue.done.is_set()

    @property
    def behind(self) -> bool:
        """Whether the disk did not take something, which is tried again, or has not answered for ``HANDED_S``."""
        return bool(self._again) or self._hangs or self._writes.hangs

    def stop(self, timeout_s: float = 5.0) -> None:
        """Write what waits, try once more what the disk did not take, and end the thread."""
        self._tasks.put(None)
        self._thread.join(timeout_s)

    def _keeping(self) -> None:
        while True:
            try:
                task = self._tasks.get(timeout=RETRY_S if self._again else None)
            except queue.Empty:
                self._try_again()
                continue
            if task is None:
                self._try_again()  # there may be room by now, and after this nobody would know of it
                return
            self._forget_older(task)
            if self._again and (self._write(self._again[0]) or self._clock.monotonic_s() - self._tried_s >= RETRY_S):
                self._try_again()  # the disk takes things again: what is older is written before what is newer
            if not self._write(task):
                _log.error("Something is not kept yet: %s", task.outcome)
                self._again.append(task)
            with self._judging:
                task.done.set()
                self._slow = self._slow and not self._tasks.empty()

    def _forget_older(self, task: Task) -> None:
        if task.kind is not None:
            self._again = [older for older in self._again if older.kind != task.kind]

    def _try_again(self) -> None:
        self._tried_s = self._clock.monotonic_s()
        self._again = [task for task in self._again if task.outcome and not self._write(task)]

    def _write(self, task: Task) -> bool:
        try:
            with self._writes.asking():
                task.write()
        except Exception as error:  # noqa: BLE001 - the next thing must be written all the same
            task.outcome = str(error)
        else:
            task.outcome = ""
        return not task.outcome


def unkept(keeper: Keeper, recorder: Recorder) -> bool:
    """Whether something is in force that a restart would forget, or the disk does not answer."""
    return keeper.behind or recorder.hangs
