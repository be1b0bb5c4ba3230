"""The browser that tests of pages use works, and axe and the console's ear notice what they must."""

from tests.building.browser import Chrome, complaints, violations


def test_axe_finds_a_button_without_a_name(chrome: Chrome) -> None:
    page = chrome.page()
    page.set_content("<html lang=en><title>A page</title><main><h1>A page</h1><button></button></main></html>")
    assert any("button-name" in line for line in violations(page))
    page.set_content("<html lang=en><title>A page</title><main><h1>A page</h1><button>Go</button></main></html>")
    assert violations(page) == []


def test_what_a_page_complains_of_is_heard(chrome: Chrome) -> None:
    page = chrome.page()
    page.evaluate("console.error('the sky falls')")
    assert complaints(page) == ["the sky falls"]
