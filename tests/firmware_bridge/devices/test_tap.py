"""Whoever watches a port gets copies, and whoever is too slow loses them; the port never waits."""

from __future__ import annotations

from firmware_bridge.devices.tap import PIECES_WAITING, WATCHERS, Piece, Tap


def test_everybody_who_watches_gets_a_copy_until_they_leave() -> None:
    tap = Tap("A", 9600)
    tap.hand(b"before", 1.0, sent=True)
    first, second = tap.watch(), tap.watch()
    assert first is not None
    assert second is not None
    tap.hand(b"x", 2.0, sent=True)
    tap.unwatch(second)
    tap.hand(b"y", 3.0, sent=False)
    assert first.fetch() == ([Piece(2.0, sent=True, data=b"x"), Piece(3.0, sent=False, data=b"y")], 0)
    assert second.fetch() == ([Piece(2.0, sent=True, data=b"x")], 0)
    assert first.fetch() == ([], 0)


def test_a_slow_watcher_loses_what_comes_then_and_is_told_how_much() -> None:
    tap = Tap("A", 9600)
    watcher = tap.watch()
    assert watcher is not None
    for number in range(PIECES_WAITING + 7):
        tap.hand(b"x", float(number), sent=True)
    pieces, lost = watcher.fetch()
    assert (len(pieces), lost) == (PIECES_WAITING, 7)
    tap.hand(b"y", 9.0, sent=True)
    assert watcher.fetch() == ([Piece(9.0, sent=True, data=b"y")], 0)


def test_only_a_few_may_watch() -> None:
    tap = Tap("A", 9600)
    watchers = [tap.watch() for _ in range(WATCHERS)]
    assert tap.watch() is None
    assert watchers[0] is not None
    tap.unwatch(watchers[0])
    assert tap.watch() is not None
