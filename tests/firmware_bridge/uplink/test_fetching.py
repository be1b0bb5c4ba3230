"""Documents are fetched when they are newer, each kind by itself, and never in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.building.processes import until
from tests.firmware_bridge.uplink.wicked import Visit, Wicked, reply

if TYPE_CHECKING:
    from tests.firmware_bridge.uplink.conftest import Around, Script


def count(script: Script, path: str) -> int:
    with script.lock:
        return [asked for asked, _ in script.asked].count(path)


def test_a_hint_fetches_at_once_what_no_status_named(around: Around, script: Script, server: Wicked) -> None:
    script.documents = {"policy": around.school.policy()}
    script.push("hint", {"policy": "1/1"})
    with around.uplink(server):
        until(lambda: around.documents.policy, "the Policy is in force")
    assert count(script, "documents/policy") == 1


def test_what_is_served_but_not_newer_is_not_asked_for_in_a_circle(
    around: Around, script: Script, server: Wicked
) -> None:
    script.instead = {"documents/orders": lambda _: reply(b"", 304)}
    script.status_more = {"orders": "1/9"}
    with around.uplink(server):
        until(lambda: count(script, "status") >= 3, "Statuses go on")
    assert 1 <= count(script, "documents/orders") <= count(script, "status")


def test_orders_come_while_a_policy_hangs(around: Around, script: Script, server: Wicked) -> None:
    script.documents = {"orders": around.school.orders()}

    def hang(visit: Visit) -> None:
        visit.stopping.wait(60)

    script.instead = {"documents/policy": hang}
    script.status_more = {"policy": "1/1", "orders": "1/1"}
    with around.uplink(server):
        until(lambda: "orders" in around.applied, "Orders are in force")
    assert "policy" not in around.applied


def test_a_service_that_refuses_a_document_is_trouble(around: Around, script: Script, server: Wicked) -> None:
    gone = reply(b'{"status":404,"code":"not_there","detail":"There is none.","action":"Wait."}', 404)
    script.instead = {"documents/policy": lambda _: gone}
    script.status_more = {"policy": "1/1"}
    with around.uplink(server):
        until(lambda: count(script, "documents/policy") >= 2, "it is tried again")
    assert around.documents.policy is None
