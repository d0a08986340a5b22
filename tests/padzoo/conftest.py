import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def hangup_counts() -> Iterator[None]:
    """Lets SIGHUP end what a test starts, also where the tests themselves are run by `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
