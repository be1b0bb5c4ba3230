"""The panel answers only whoever has its token, at its own address."""

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from access_control.demo.errors import StageError
from access_control.demo.panel.server import COOKIE, HEADER, Panel

TOKEN = "a-token-of-this-test"


class SaidOfFaults:
    """The other page, which remembers too."""

    def __init__(self) -> None:
        self.done: list[Mapping[str, str]] = []

    def html(self, csrf: str) -> str:
        return f"<p>{csrf}</p>"

    def state(self) -> Mapping[str, Any]:
        return {"pressed": {}}

    def do(self, fields: Mapping[str, str]) -> str:
        self.done.append(fields)
        if not fields:
            raise StageError("There is no such fault.")
        return "It is cut."


class Said:
    """Answers that remember what they were asked."""

    def __init__(self) -> None:
        self.done: list[bytes] = []
        self.faults = SaidOfFaults()

    def state(self, after: int) -> Mapping[str, Any]:
        return {"after": after}

    def people(self, text: str) -> list[Mapping[str, Any]]:
        return [{"name": text}]

    def do(self, asked: bytes) -> str:
        self.done.append(asked)
        if asked == b"no":
            raise StageError("That cannot be done.")
        return "Done."


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def panel(said: Said) -> Iterator[Panel]:
    with Panel(0, TOKEN, said) as running:
        yield running


def ask(
    panel: Panel, path: str, headers: Mapping[str, str] | None = None, *, body: bytes | None = None, host: str = ""
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request; ``host`` is what the browser believes to speak to."""
    line = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=20)
    try:
        all_of_them = {"Host": host or f"127.0.0.1:{panel.port}", **(headers or {})}
        line.request("GET" if body is None else "POST", path, body, all_of_them)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


KNOWN = {"Cookie": f"{COOKIE}={TOKEN}"}
MEANT = {HEADER: "1"}


def test_the_link_gives_a_cookie_and_hides_the_token(panel: Panel) -> None:
    status, headers, _ = ask(panel, f"/?token={TOKEN}")
    assert status == 303
    assert headers["Location"] == "/"
    assert "HttpOnly" in headers["Set-Cookie"]
    assert TOKEN in panel.url


@pytest.mark.parametrize(
    "path", ["/", "/panel.js", "/state", "/people?q=a", "/faults", "/faults/state", "/?token=wrong", "/?token="]
)
def test_without_the_token_there_is_nothing(panel: Panel, path: str) -> None:
    assert ask(panel, path)[0] == 403
    assert ask(panel, path, {"Cookie": f"{COOKIE}=wrong"})[0] == 403
    assert ask(panel, path, {"Cookie": "\x7f=;;;"})[0] == 403


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/faults", "text/html"),
        ("/panel.js", "text/javascript"),
        ("/faults.js", "text/javascript"),
        ("/panel.css", "text/css"),
    ],
)
def test_the_page_and_its_looks(panel: Panel, path: str, kind: str) -> None:
    status, headers, body = ask(panel, path, KNOWN)
    assert status == 200
    assert headers["Content-Type"].startswith(kind)
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert body


@pytest.mark.parametrize("path", ["/../server.py", "/css/../panel.py", "/css/", "/%2e%2e/server.py", "/nothing.css"])
def test_no_other_file_is_handed_out(panel: Panel, path: str) -> None:
    assert ask(panel, path, KNOWN)[0] == 404


def test_questions(panel: Panel) -> None:
    assert json.loads(ask(panel, "/state?after=7", KNOWN)[2]) == {"after": 7}
    assert json.loads(ask(panel, "/state?after=-x", KNOWN)[2]) == {"after": 0}
    assert json.loads(ask(panel, "/people?q=Ava%20T", KNOWN)[2]) == [{"name": "Ava T"}]


def test_deeds(panel: Panel, said: Said) -> None:
    done = ask(panel, "/do", KNOWN | MEANT, body=b"yes")
    assert json.loads(done[2]) == {"ok": True, "sentence": "Done."}
    refused = ask(panel, "/do", KNOWN | MEANT, body=b"no")
    assert json.loads(refused[2]) == {"ok": False, "sentence": "That cannot be done."}
    assert said.done == [b"yes", b"no"]


def secret(panel: Panel) -> str:
    """What the panel writes into its forms."""
    return ask(panel, "/faults", KNOWN)[2].decode().removeprefix("<p>").removesuffix("</p>")


def press(panel: Panel, headers: Mapping[str, str], **fields: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    return ask(panel, "/press", headers, body=urlencode(fields).encode())


def test_a_form_of_the_panel_is_done_and_leads_back_to_its_page(panel: Panel, said: Said) -> None:
    status, headers, _ = press(panel, KNOWN, csrf=secret(panel), switch="line_cut-main-A 1")
    assert (status, headers["Location"]) == (303, "/faults")
    assert said.faults.done == [{"switch": "line_cut-main-A 1"}]


def test_its_script_gets_the_sentence(panel: Panel) -> None:
    json_please = KNOWN | {"Accept": "application/json"}
    done = press(panel, json_please, csrf=secret(panel), mend="1")
    assert json.loads(done[2]) == {"ok": True, "sentence": "It is cut."}
    refused = press(panel, json_please, csrf=secret(panel))
    assert json.loads(refused[2]) == {"ok": False, "sentence": "There is no such fault."}


def test_a_form_without_the_secret_breaks_nothing(panel: Panel, said: Said) -> None:
    right = secret(panel)
    assert press(panel, KNOWN, mend="1")[0] == 403
    assert press(panel, KNOWN, csrf="wrong", mend="1")[0] == 403
    assert press(panel, KNOWN, csrf="\N{SNOWMAN}", mend="1")[0] == 403
    assert press(panel, KNOWN | MEANT, csrf=TOKEN, mend="1")[0] == 403
    assert press(panel, {}, csrf=right, mend="1")[0] == 403
    assert ask(panel, "/press", KNOWN, body=urlencode({"csrf": right}).encode(), host="evil.example:80")[0] == 403
    assert ask(panel, "/press", KNOWN, body=b"\xff=1&csrf")[0] == 403
    assert ask(panel, "/press", KNOWN | MEANT, body=b"csrf=" + right.encode() + b"&x=" + b"y" * 5000)[0] == 400
    assert said.faults.done == []


def test_each_panel_has_a_secret_of_its_own(panel: Panel, said: Said) -> None:
    with Panel(0, TOKEN, said) as other:
        assert secret(other) != secret(panel)


def test_a_form_of_another_page_does_nothing(panel: Panel, said: Said) -> None:
    assert HEADER == "X-Panel"
    assert ask(panel, "/do", KNOWN, body=b"yes")[0] == 403
    assert ask(panel, "/do", MEANT, body=b"yes")[0] == 403
    assert ask(panel, "/do", KNOWN | MEANT, body=b"yes", host="evil.example:80")[0] == 403
    assert ask(panel, "/", KNOWN, host="evil.example:80")[0] == 403
    assert ask(panel, "/elsewhere", KNOWN | MEANT, body=b"yes")[0] == 400
    assert said.done == []
