"""The browser without a screen keeps cookies, sends the page's token, and reads pages as people do."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from access_control.demo.errors import StageError
from access_control.demo.http import Browser, Page

PAGE = b"""<!doctype html><html><head><meta name="csrf-token" content="t&amp;1"><script>let hidden;</script></head>
<body><h1>Front&nbsp;desk</h1><p>Nobody is <b>here</b>.</p></body></html>"""


class Service(http.server.BaseHTTPRequestHandler):
    """Hands out a cookie and a page, and repeats what is posted."""

    def do_GET(self) -> None:
        self._answer(200, PAGE)

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"]))
        known = b"%b %b" % (self.headers.get("Cookie", "").encode(), self.headers.get("X-CSRFToken", "").encode())
        self._answer(409, said + b" " + known)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Set-Cookie", "session=s1; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def browser() -> Iterator[Browser]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Browser(f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
        thread.join()


def test_a_form_carries_cookie_and_token(browser: Browser) -> None:
    assert browser.get("/").text() == "Front desk Nobody is here ."
    answer = browser.post("/desk", name="Ada Lovelace")
    assert answer.status == 409
    assert answer.body == "csrf_token=t%261&name=Ada+Lovelace session=s1 "


def test_json_carries_the_token_in_a_header(browser: Browser) -> None:
    browser.get("/")
    assert browser.post_json("/start", {"a": 1}).body == '{"a": 1} session=s1 t&1'


def test_the_token_of_a_form_is_found_too() -> None:
    assert Page(200, "", '<input name="csrf_token" type="hidden" value="abc">').token() == "abc"
    assert Page(200, "", "nothing").token() == ""


def test_what_is_no_json_is_said() -> None:
    assert Page(200, "/", '{"a": [1]}').json() == {"a": [1]}
    with pytest.raises(StageError, match="answered 500, and not with JSON"):
        Page(500, "/", "oops").json()


def test_a_service_that_is_away_is_said() -> None:
    with pytest.raises(StageError, match="does not answer"):
        Browser("http://127.0.0.1:1").get("/")
