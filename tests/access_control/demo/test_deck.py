"""Work of other threads is done on the main one."""

import threading

import pytest

from access_control.demo.deck import Deck


def test_work_is_done_where_the_deck_was_made() -> None:
    deck, found = Deck(), list[threading.Thread]()
    other = threading.Thread(target=lambda: found.append(deck.do(threading.current_thread)))
    other.start()
    deck.run(until=lambda: bool(found))
    other.join()
    assert found == [threading.current_thread()]
    assert deck.do(threading.current_thread) is threading.current_thread()


def test_errors_belong_to_whoever_asked() -> None:
    deck, found = Deck(), list[str]()

    def ask() -> None:
        try:
            deck.do(lambda: dict[str, int]()["nothing"])
        except KeyError as error:
            found.append(str(error))

    other = threading.Thread(target=ask)
    other.start()
    deck.run(until=lambda: bool(found))
    other.join()
    assert found == ["'nothing'"]
    with pytest.raises(KeyError):
        deck.do(lambda: dict[str, int]()["nothing"])
