from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from access_control.core.decision.model import Revision
from access_control.core.wire.errors import RefusalCode
from access_control.core.wire.revisions import check_revision, newer

Refusing = Callable[[RefusalCode], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("offered", "in_force", "is_newer"),
    [
        (Revision(1, 5), None, True),
        (Revision(1, 6), Revision(1, 5), True),
        (Revision(2, 1), Revision(1, 500), True),
        (Revision(1, 5), Revision(1, 5), False),
        (Revision(1, 4), Revision(1, 5), False),
        (Revision(1, 500), Revision(2, 1), False),
    ],
)
def test_epochs_come_first(offered: Revision, in_force: Revision | None, is_newer: bool) -> None:
    assert newer(offered, in_force) is is_newer
    if is_newer:
        check_revision(in_force, offered)


def test_a_bridge_does_not_go_backwards(refuses: Refusing) -> None:
    with refuses(RefusalCode.OLDER):
        check_revision(Revision(2, 1), Revision(1, 7))


def test_the_same_document_again_is_harmless() -> None:
    check_revision(Revision(1, 5), Revision(1, 5), same_bytes=True)


def test_other_content_under_the_same_revision_is_refused(refuses: Refusing) -> None:
    with refuses(RefusalCode.SAME_REVISION):
        check_revision(Revision(1, 5), Revision(1, 5), same_bytes=False)
