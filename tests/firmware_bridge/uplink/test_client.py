from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.clock import SystemClock
from firmware_bridge.uplink import client
from firmware_bridge.uplink.client import Ask, Line, Reply
from firmware_bridge.uplink.errors import NonsenseError, UnreachableError, UplinkError, WrongKeyError
from tests.firmware_bridge.uplink.wicked import Visit, Wicked, certificate, reply, wicked

GET = Ask("GET", "/bridge/v1/school", limit=1000, within_s=5.0)


def line_to(server: Wicked, *pins: bytes) -> Line:
    return Line(server.service, lambda: set(pins), SystemClock())


def asked(server: Wicked, ask: Ask = GET, *pins: bytes) -> Reply:
    line = line_to(server, *pins)
    try:
        return line.ask(ask)
    finally:
        line.drop()


def answering(data: bytes) -> Callable[[Visit], None]:
    def answer(visit: Visit) -> None:
        visit.request()
        visit.send(data)

    return answer


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnreachableError),
        (b"\x16\x03\x01 garbage\r\n\r\n", NonsenseError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", UnreachableError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf", UnreachableError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", UplinkError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", NonsenseError),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, NonsenseError),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n", NonsenseError),
        (b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n", NonsenseError),
        (reply(b"no gzip", 200, b"Content-Encoding: gzip"), NonsenseError),
        (reply(gzip.compress(bytes(10_000_000))[:900], 200, b"Content-Encoding: gzip"), NonsenseError),
        (reply(gzip.compress(b"short")[:-4], 200, b"Content-Encoding: gzip"), UnreachableError),
    ],
    ids=[
        "hangs up",
        "garbage",
        "truncated",
        "truncated chunk",
        "bad chunk",
        "a gigabyte announced",
        "more than the limit",
        "many headers",
        "a long header",
        "no gzip",
        "a gzip bomb",
        "a truncated gzip",
    ],
)
def test_a_misbehaving_service_is_one_error(data: bytes, error: type[UplinkError]) -> None:
    with wicked(answering(data)) as server, pytest.raises(error) as caught:
        asked(server)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("what", ["silent", "head", "body"])
def test_a_slow_service_is_given_up_after_the_deadline(what: str) -> None:
    def answer(visit: Visit) -> None:
        visit.request()
        if what == "silent":
            visit.stopping.wait(30)
        data = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"x" * 500
        visit.drip(data if what == "head" else data[:60], 0.02 if what == "body" else 0.1)
        visit.stopping.wait(30)

    with wicked(answer) as server, pytest.raises(UnreachableError):
        asked(server, Ask("GET", "/x", within_s=0.5))


def test_a_service_that_never_greets_is_given_up(tmp_path: Path) -> None:
    key = certificate(tmp_path)

    def answer(visit: Visit) -> None:
        visit.stopping.wait(30)

    with wicked(answer) as server:
        service = server.service
        https = type(service)(f"https://127.0.0.1:{service.port}", service.host, service.port, tls=True)
        line = Line(https, lambda: {key[1]}, SystemClock())
        with pytest.raises(UnreachableError):
            line.ask(Ask("GET", "/x", within_s=0.5))


def test_nobody_there() -> None:
    with wicked(lambda _: None) as server:
        gone = server.service
    line = Line(gone, set, SystemClock())
    with pytest.raises(UnreachableError, match="Nobody answers"):
        line.ask(GET)


def test_the_right_key_is_taken_whatever_the_certificate_says(tmp_path: Path) -> None:
    key = certificate(tmp_path)
    with wicked(answering(reply(b"hello")), tls=key) as server:
        assert asked(server, GET, bytes(32), key[1]).body == b"hello"


def test_a_thief_hears_nothing(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def answer(visit: Visit) -> None:
        heard.append(visit.socket.recv(1000))

    secret = Ask("POST", "/bridge/v1/status", b"secret", token="secret")
    with wicked(answer, tls=certificate(tmp_path)) as server:
        for pins in ((), (bytes(32),)):
            with pytest.raises(WrongKeyError, match="Nothing was said to it") as caught:
                asked(server, secret, *pins)
            assert caught.value.fingerprint == server.fingerprint
    assert not any(heard)


def test_what_speaks_no_tls_is_refused() -> None:
    with wicked(answering(b"HTTP/1.1 400 Bad\r\n\r\n")) as server:
        service = server.service
        https = type(service)(f"https://127.0.0.1:{service.port}", service.host, service.port, tls=True)
        line = Line(https, set, SystemClock())
        with pytest.raises((NonsenseError, UnreachableError)):
            line.ask(GET)


def test_a_connection_is_kept_and_replaced_when_it_died() -> None:
    def answer(visit: Visit) -> None:
        for _ in range(2):
            if visit.request():
                visit.send(reply(str(visit.number).encode()))

    with wicked(answer) as server:
        line = line_to(server)
        found = [line.ask(GET).body for _ in range(2)]
        time.sleep(0.05)  # the other end hangs up meanwhile
        found.append(line.ask(GET).body)
        line.drop()
    assert found == [b"1", b"1", b"2"]


def test_a_long_body_is_packed_and_the_token_goes_with_it() -> None:
    heard: list[bytes] = []

    def answer(visit: Visit) -> None:
        heard.append(visit.request())
        visit.send(reply(gzip.compress(b"a" * 900), 200, b"Content-Encoding: gzip"))

    with wicked(answer) as server:
        found = asked(server, Ask("POST", "/x", b"b" * 10_000, "token", 1000))
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert found.body == b"a" * 900
    assert b"Authorization: Bearer token" in head
    assert gzip.decompress(body) == b"b" * 10_000


def test_closing_ends_a_wait_and_allows_no_more() -> None:
    def answer(visit: Visit) -> None:
        visit.request()
        line.close()
        visit.stopping.wait(30)

    with wicked(answer) as server:
        line = line_to(server)
        with pytest.raises(UnreachableError):
            line.ask(Ask("GET", "/x", within_s=60.0))
        with pytest.raises(UnreachableError, match="stopping"):
            line.ask(GET)


def answering_with_its_number(visit: Visit) -> None:
    while visit.request():
        visit.send(reply(str(visit.number).encode()))


@pytest.mark.parametrize("rested_s", [0.0, 6.0], ids=["in use", "at rest"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_half_open_connection_ends_in_seconds_and_the_question_goes_over_another(
    tmp_path: Path, tls: bool, rested_s: float
) -> None:
    with wicked(answering_with_its_number, tls=certificate(tmp_path) if tls else None) as server:
        line = line_to(server, server.fingerprint)
        assert line.ask(GET).body == b"1"
        server.fall_silent()
        time.sleep(rested_s)
        before_s = SystemClock().monotonic_s()
        assert line.ask(Ask("GET", "/x", within_s=120.0)).body == b"2"
        assert SystemClock().monotonic_s() - before_s < (2.0 if rested_s else 8.0)
        line.drop()


def test_a_connection_that_rested_for_long_is_replaced_before_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE_S", 0.3)
    with wicked(answering_with_its_number) as server:
        line = line_to(server)
        found = [line.ask(GET).body for _ in range(2)]
        time.sleep(0.4)
        found.append(line.ask(GET).body)
        line.drop()
    assert found == [b"1", b"1", b"2"]


def test_what_is_only_slow_is_not_asked_a_second_time() -> None:
    asked: list[int] = []

    def answer(visit: Visit) -> None:
        while visit.request():
            asked.append(visit.number)
            if len(asked) > 1:
                visit.stopping.wait(30)
            visit.send(reply(b""))

    with wicked(answer) as server:
        line = line_to(server)
        line.ask(GET)
        with pytest.raises(UnreachableError, match="no answer in time"):
            line.ask(Ask("GET", "/x", within_s=0.5))
    assert asked == [1, 1]
