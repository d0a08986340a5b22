"""A real browser without a window, as Debian packages it: `apt install chromium chromium-driver`."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.service import Service

BINARY = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
MISSING = "no browser: apt install chromium chromium-driver"
needs_browser = pytest.mark.skipif(not (BINARY and DRIVER), reason=MISSING)
PLAYING = "!document.querySelector('.loading') && stage.dataset.frame"  # of the labelling page


@contextmanager
def browser(width: int = 1280, height: int = 800, scheme: str = "light", mobile: bool = False) -> Iterator[Chrome]:
    """Opens a browser of a size, in a colour scheme, with a mouse or, if it is mobile, with a touch screen."""
    assert BINARY
    assert DRIVER
    options = webdriver.ChromeOptions()
    options.binary_location = BINARY
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        screen = {"width": width, "height": height, "deviceScaleFactor": 2 if mobile else 1, "mobile": mobile}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": mobile})
        yield driver
    finally:
        driver.quit()


def wait(driver: Chrome, script: str, seconds: float = 60) -> None:
    """Waits until an expression of the page is true."""
    until(lambda: driver.execute_script(f"return Boolean({script})"), script, seconds)


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Waits until something is the case."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not: {what}"
        time.sleep(0.02)
