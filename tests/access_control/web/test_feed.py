"""One picture is read for everybody, at most four times a second, and word of changes reaches who waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from access_control.clock import monotonic_s, utc_now
from access_control.database.engine import Database
from access_control.database.errors import DatabaseBusyError
from access_control.people.permissions import ActiveGrant, Actor, Role
from access_control.readers.status import SiteOverview
from access_control.web.feed import LEAST_S, TOPIC, Feed
from access_control.web.frame import School
from access_control.web.picture import Picture

DANA = Actor("1", "Dana", "dana", (ActiveGrant(Role.FRONT_DESK),))


class Camera:
    """Counts the pictures that are read; fails when told to."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.by: list[threading.Thread] = []
        self.broken = False

    def __call__(self, session: Session, at: datetime) -> Picture:
        assert session.is_active
        if self.broken:
            raise DatabaseBusyError
        self.taken.append(monotonic_s())
        self.by.append(threading.current_thread())
        return Picture(at, School(), SiteOverview(at))


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def feed(database: Database, camera: Camera) -> Iterator[Feed]:
    made = Feed(database, utc_now, camera)
    yield made
    database.close()
    thread = made._thread
    if thread is not None:
        thread.join(10)


def test_word_makes_a_new_picture(feed: Feed, database: Database) -> None:
    with feed.watching():
        first = feed.wait(0, 10)
        assert first is not None
        database.changes.tell_now(TOPIC, '{"what":"desk"}')
        number = first.number
        while True:
            shot = feed.wait(number, 10)
            assert shot is not None
            if "desk" in shot.heard:
                break
            number = shot.number
        assert shot.heard["desk"] > first.number


def test_it_takes_at_most_four_a_second(feed: Feed, database: Database, camera: Camera) -> None:
    ended = threading.Event()

    def chatter() -> None:
        while not ended.wait(0.01):
            database.changes.tell_now(TOPIC, '{"what":"status"}')

    talker = threading.Thread(target=chatter)
    with feed.watching():
        talker.start()
        number = 0
        for _ in range(5):
            shot = feed.wait(number, 10)
            assert shot is not None
            number = shot.number
        ended.set()
        talker.join()
    gaps = [later - earlier for earlier, later in zip(camera.taken, camera.taken[1:], strict=False)]
    assert min(gaps) >= LEAST_S * 0.9


def test_many_screens_share_one_picture(feed: Feed, camera: Camera) -> None:
    shot = feed.now()
    texts = [shot.state_text(DANA, {}) for _ in range(64)]
    assert len({id(text) for text in texts}) == 1
    assert len(camera.taken) == 1
    assert feed.now() is shot


def test_a_page_is_shown_what_the_open_screens_show_and_takes_no_picture_of_its_own(
    database: Database, camera: Camera
) -> None:
    times = [utc_now()]
    feed = Feed(database, lambda: times[-1], camera)
    assert feed.now().number == 1
    times.append(times[0] + timedelta(seconds=2 * LEAST_S))
    assert feed.now().number == 2, "nobody watches: this one is new"
    with feed.watching():
        seen = feed.wait(2, 10)
        times.append(times[0] + timedelta(seconds=4 * LEAST_S))
        assert seen is not None
        assert feed.now().number >= seen.number
        thread = feed._thread
    assert camera.by.count(threading.current_thread()) == 2
    database.close()
    assert thread is not None
    thread.join(10)


def test_a_dead_database_leaves_the_last_picture_and_says_so(feed: Feed, camera: Camera) -> None:
    with feed.watching():
        first = feed.wait(0, 10)
        assert first is not None
        assert first.answers
        camera.broken = True
        shot = feed.wait(first.number, 10)
        while shot is not None and shot.answers:
            shot = feed.wait(shot.number, 10)
    assert shot is not None
    assert shot.picture.at >= first.picture.at
    assert not shot.state(DANA, {})["answers"]


def test_it_ends_with_the_database(feed: Feed, database: Database) -> None:
    with feed.watching():
        assert feed.wait(0, 10) is not None
        thread = feed._thread
        assert thread is not None
        database.close()
        thread.join(10)
        assert not thread.is_alive()
        assert feed.ended
