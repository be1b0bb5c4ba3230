"""Of two keys each is tried before the handshake counts as failed, and the one that proved itself is tried first."""

from firmware_bridge.protocol.osdp.keyring import Keyring

OLD, NEW = b"O" * 16, b"N" * 16


def test_without_a_key_there_is_nothing_to_try() -> None:
    assert Keyring(None, None).key is None
    assert not Keyring(None, None).try_other()


def test_one_key_is_no_choice() -> None:
    ring = Keyring(OLD, None)
    assert not ring.try_other()
    assert ring.key == OLD


def test_two_keys_are_tried_in_turn_and_then_it_counts() -> None:
    ring = Keyring(OLD, NEW)
    assert ring.try_other()
    assert ring.key == NEW
    assert not ring.try_other()
    assert ring.try_other()
    assert ring.key == OLD


def test_the_one_that_proved_itself_stays() -> None:
    ring = Keyring(OLD, NEW)
    ring.try_other()
    ring.proved()
    assert ring.key == NEW
    assert ring.try_other()
    assert ring.key == OLD
