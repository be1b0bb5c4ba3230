import pytest

from access_control.core.wire.addresses import read_address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bridge-a.school.lan:4711", ("bridge-a.school.lan", 4711)),
        ("10.0.0.7:1", ("10.0.0.7", 1)),
        ("[fe80::1]:65535", ("fe80::1", 65535)),
        ("a:80", ("a", 80)),
    ],
)
def test_host_and_port_are_read(text: str, found: tuple[str, int]) -> None:
    assert read_address(text) == found


NO_ADDRESSES = [
    *("host", "host:", ":80", "host:0", "host:080", "host:65536", "-host:80", "host-:80", "", "ho st:80", "a:80\n"),
    *("::1:80", "[::1]", "[host]:80", "user@host:80", "http://host:80", f"{'a' * 270}:80"),
]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        read_address(text)
