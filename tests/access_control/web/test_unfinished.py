"""Bodies that never end hold a part of the threads, and nobody else up."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from access_control.web.unfinished import Unfinished

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Slow:
    """An app whose requests with a body wait until they are let go."""

    def __init__(self) -> None:
        self.inside = threading.Semaphore(0)
        self.go_on = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            self.inside.release()
            self.go_on.wait(30)
        start_response("200 OK", [])
        return [b"done"]


def ask(app: Unfinished, method: str, address: str, **more: str) -> str:
    environ = EnvironBuilder(
        method=method, input_stream=BytesIO(b"x"), environ_overrides={"REMOTE_ADDR": address}
    ).get_environ()
    return run_wsgi_app(app, environ | more)[1]


@pytest.mark.parametrize(
    "length", [{"CONTENT_LENGTH": "1"}, {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}]
)
def test_one_address_keeps_so_many_waiting_and_others_are_answered(length: dict[str, str]) -> None:
    slow = Slow()
    app = Unfinished(slow, 2)
    waiting = [threading.Thread(target=ask, args=(app, "POST", "10.0.0.9"), kwargs=length) for _ in range(2)]
    for thread in waiting:
        thread.start()
        assert slow.inside.acquire(timeout=30)
    assert ask(app, "POST", "10.0.0.9", **length).startswith("503")
    assert ask(app, "GET", "10.0.0.9", CONTENT_LENGTH="").startswith("200")
    slow.go_on.set()
    assert ask(app, "POST", "10.0.0.7", **length).startswith("200")
    for thread in waiting:
        thread.join(30)
    assert ask(app, "POST", "10.0.0.9", **length).startswith("200"), "what has ended counts no more"


def test_an_app_that_fails_gives_its_place_back() -> None:
    def failing(_environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
        raise ZeroDivisionError

    app = Unfinished(failing, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            ask(app, "POST", "10.0.0.9", CONTENT_LENGTH="1")
