"""Makes the pictures of the labelling page in `docs/`: `python docs/label_pictures.py FOLDER`, of recordings."""

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from selenium.webdriver import ActionChains, Keys

DOCS = Path(__file__).parent
sys.path.append(str(DOCS.parent / "tests" / "support"))

from browser import PLAYING, browser, wait  # noqa: E402
from labeller import served  # noqa: E402

PACE = 5  # seconds a round
CRITERION = "Better is the run to the left pad, then to any other pad, then the shorter run."


def picture(folder: str, name: str, ways: int, width: int, height: int, scheme: str, mobile: bool) -> None:
    """Ranks two rounds and a part of the third, at the ends of the clips, and takes a picture of the page."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(
            folder, "--out", f"{scratch}/labels.jsonl", "--name", "ann", "--ways", ways, "--criterion", CRITERION
        ) as server,
        browser(width, height, scheme, mobile) as driver,
    ):
        driver.get(server.url)
        for rounds in (1, 2):
            wait(driver, PLAYING)
            time.sleep(PACE)
            ActionChains(driver).send_keys(*"12345"[:ways], Keys.ENTER).perform()
            wait(driver, f"progress.textContent.startsWith('{rounds} round')")
        wait(driver, PLAYING)
        ActionChains(driver).send_keys("3", "1", "t", "4").perform()
        wait(driver, "stage.dataset.frame > 25")
        shown = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    shown.quantize(256, dither=Image.Dither.NONE).save(DOCS / f"{name}.png", optimize=True)


if __name__ == "__main__":
    picture(sys.argv[1], "label", 4, 1180, 640, "light", mobile=False)
    picture(sys.argv[1], "label_phone", 5, 390, 844, "dark", mobile=True)
