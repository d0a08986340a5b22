"""The page in a real browser: what keys, mouse and fingers do, and a labelling that is killed in mid-way."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from browser import PLAYING, browser, needs_browser, wait
from labeller import Served, served
from micro import padzoo, preset
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By

from padzoo.core.trajectory import Trajectory
from padzoo.datamodules.judges.judgement import Judgement, standing
from padzoo.datamodules.judges.judgement_file import JudgementFile
from padzoo.datamodules.sets.writer import ShardWriter

pytestmark = needs_browser

GREENS = """return [...document.querySelectorAll('canvas')].map(canvas =>
    Math.round(canvas.getContext('2d').getImageData(32, 60, 1, 1).data[1] / 10))"""  # a pattern's number
CRITERION = "Better is the <i>greener</i> clip, whatever else may be seen in it or happens there."


def press(driver: Chrome, *keys: str) -> None:
    ActionChains(driver).send_keys(*keys).perform()


def text(driver: Chrome, name: str) -> str:
    return driver.find_element(By.ID, name).text


def labels(driver: Chrome) -> list[str]:
    return [clip.get_attribute("aria-label") or "" for clip in driver.find_elements(By.CLASS_NAME, "clip")]


def begin(driver: Chrome, url: str) -> None:
    driver.get(url)
    wait(driver, PLAYING)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labels") / "labels.jsonl"


@pytest.fixture(scope="module")
def server(shards: Path, out: Path) -> Iterator[Served]:
    with served(shards, "--out", out, "--name", "ann", "--criterion", CRITERION) as server:
        yield server


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    with browser() as driver:
        yield driver


@pytest.fixture
def page(server: Served, driver: Chrome, request: pytest.FixtureRequest) -> Iterator[Chrome]:
    """The page of a labeller of the test's own; nothing goes wrong on it that nobody sees."""
    driver.get_log("browser")
    begin(driver, f"{server.url}?name={request.node.name[:40]}")
    yield driver
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def said(out: Path, who: str) -> list[Judgement]:
    return [each for each in standing(JudgementFile(out).judgements) if each.who == who[:40]]


def next_round(driver: Chrome, rounds: int) -> None:
    wait(driver, f"progress.textContent.startsWith('{rounds} round')")
    wait(driver, PLAYING)


def test_keys_rank_tie_take_back_skip_and_undo(page: Chrome, out: Path) -> None:
    me = "test_keys_rank_tie_take_back_skip_and_undo"
    assert text(page, "criterion") == CRITERION
    assert labels(page)[0] == "Clip 1, not ranked"
    press(page, "3", "1", Keys.ENTER)  # not all are ranked: Enter does nothing
    press(page, "t", "4")
    ranked = ["ranked equal 2nd", "ranked 3rd", "ranked 1st", "ranked equal 2nd"]
    assert labels(page) == [f"Clip {place}, {rank}" for place, rank in enumerate(ranked, start=1)]
    press(page, Keys.BACKSPACE, Keys.BACKSPACE, "2", Keys.ENTER)
    assert said(out, me) == []  # two are not ranked yet
    press(page, "4", Keys.ENTER, Keys.ENTER)
    next_round(page, 1)
    assert [each.ranks for each in said(out, me)] == [[4, 2, 1, 3]]
    assert said(out, me)[0].seconds > 0
    press(page, "s")
    wait(page, "progress.textContent.includes('1 skipped')")
    wait(page, PLAYING)
    press(page, "u")
    wait(page, "!progress.textContent.includes('skipped')")
    wait(page, PLAYING)
    press(page, "e", Keys.ENTER)
    wait(page, "progress.textContent.includes('6 ties')")
    assert [each.ranks for each in said(out, me)] == [[4, 2, 1, 3], [1, 1, 1, 1]]


def test_clips_play_in_step_and_frame_by_frame(page: Chrome) -> None:
    press(page, " ", Keys.HOME)
    steps = """return [...document.querySelectorAll('canvas')].map(canvas =>
        Math.round(canvas.getContext('2d').getImageData(32, 60, 1, 1).data[0] / 4))"""  # four times the step's number
    page.execute_script("time.value = 10; time.dispatchEvent(new Event('input'))")
    wait(page, "stage.dataset.frame == 10")
    assert page.execute_script(steps) == [10] * 4
    for key, frame in ((Keys.ARROW_RIGHT, 11), (Keys.ARROW_RIGHT, 12), (Keys.ARROW_LEFT, 11)):
        press(page, key)
        wait(page, f"stage.dataset.frame == {frame}")
        assert page.execute_script(steps) == [frame] * 4
    assert page.find_element(By.ID, "play").get_attribute("aria-label") == "Play"
    last = int(page.execute_script("return time.max"))
    page.execute_script(f"time.value = {last}; time.dispatchEvent(new Event('input'))")
    wait(page, f"stage.dataset.frame == {last}")
    shown = page.execute_script(steps)
    assert max(shown) == last
    ended = [
        len(clip.find_elements(By.CSS_SELECTOR, ":scope.ended")) for clip in page.find_elements(By.CLASS_NAME, "clip")
    ]
    assert ended == [int(step < last) for step in shown] or not any(ended)
    press(page, "-", "r")
    assert page.execute_script("return document.querySelector('#speeds :checked').value") == "0.5"
    wait(page, "stage.dataset.frame < 8")
    press(page, "+", "+")
    assert page.execute_script("return document.querySelector('#speeds :checked').value") == "2"


def test_a_screen_reader_has_a_name_for_everything_and_hears_what_happens(page: Chrome) -> None:
    nodes = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    shown = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    controls = [(role, name) for role, name in shown if role in ("button", "slider", "radio", "toolbar", "main")]
    assert len(controls) >= 20
    assert all(name for _, name in controls)
    assert {f"Clip {place}, not ranked" for place in range(1, 5)} <= {name for _, name in controls}
    assert ("heading", CRITERION) in shown
    press(page, "2")
    assert page.execute_script("return spoken.textContent") == "Clip 2, ranked 1st"
    press(page, "t", "3", "1")
    assert page.execute_script("return spoken.textContent") == "Clip 1, ranked 2nd. All ranked; Enter saves."


def test_a_mouse_does_all_of_it_and_enter_saves(page: Chrome, out: Path) -> None:
    me = "test_a_mouse_does_all_of_it_and_enter_saves"
    clips = page.find_elements(By.CLASS_NAME, "clip")
    for place in (1, 2, 0, 2):  # one is taken back
        clips[place].click()
    ActionChains(page).key_down(Keys.SHIFT).click(clips[3]).key_up(Keys.SHIFT).perform()
    press(page, Keys.ENTER)
    next_round(page, 1)
    assert [each.ranks for each in said(out, me)] == [[2, 1, 3, 2]]
    for name in ("skip", "undo"):
        page.find_element(By.ID, name).click()
        wait(page, "!submit.disabled || !skip.disabled")
        wait(page, PLAYING)
    page.find_element(By.ID, "equal").click()
    button = page.find_element(By.ID, "submit")
    ActionChains(page).double_click(button).perform()
    next_round(page, 2)
    assert len(said(out, me)) == 2


def test_a_double_click_counts_as_one(page: Chrome, out: Path) -> None:
    clips = page.find_elements(By.CLASS_NAME, "clip")
    ActionChains(page).double_click(clips[2]).perform()
    assert labels(page)[2] == "Clip 3, ranked 1st"
    assert text(page, "hint") == "Which clip is the next best?"
    ActionChains(page).double_click(page.find_element(By.ID, "skip")).perform()
    wait(page, "progress.textContent.includes('1 skipped')")
    wait(page, PLAYING)
    ActionChains(page).double_click(page.find_element(By.ID, "forward")).perform()  # here it is two steps
    wait(page, "!submit.disabled || !skip.disabled")
    assert [each.state for each in said(out, "test_a_double_click_counts_as_one")] == ["skipped"]


def test_the_clips_keep_their_places_from_round_to_round(server: Served, driver: Chrome) -> None:
    begin(driver, f"{server.url}?name=bea")
    places = "return [...document.querySelectorAll('.clip')].map(clip => JSON.stringify(clip.getBoundingClientRect()))"
    before = driver.execute_script(places)
    for number in range(2):
        press(driver, "1", "t", "2", "3")
        assert driver.execute_script(places) == before
        press(driver, Keys.ENTER)
        next_round(driver, number + 1)  # what is said of progress grows
        assert driver.execute_script(places) == before


def test_fingers_rank_on_a_phone_without_scrolling(server: Served, out: Path) -> None:
    with browser(390, 844, "dark", mobile=True) as driver:
        begin(driver, server.url)
        size = driver.execute_script(
            "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert size == [390, 844]
        for clip in driver.find_elements(By.CLASS_NAME, "clip")[:3]:
            clip.click()
        driver.find_element(By.ID, "submit").click()
        next_round(driver, 1)
    assert [each.ranks for each in said(out, "ann")] == [[1, 2, 3, 4]]


def test_a_server_that_went_is_waited_for(shards: Path, driver: Chrome, tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    with served(shards, "--out", out, "--name", "ann") as server:
        begin(driver, server.url + "?name=bob")
        server.kill()
    press(driver, "1", "2", "3", Keys.ENTER)
    wait(driver, "!notice.hidden && notice.textContent.startsWith('No connection')")
    with served(shards, "--out", out, "--port", server.port) as again:  # with another token
        wait(driver, "notice.textContent.startsWith('This address is no longer valid')")
        begin(driver, again.url + "?name=bob")
        press(driver, "1", "2", "3", Keys.ENTER)
        next_round(driver, 1)
    assert [each.ranks for each in said(out, "bob")] == [[1, 2, 3, 4]]


@pytest.fixture(scope="module")
def halves(trajectories: list[Trajectory], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A set to label, and one that is held out."""
    folders = [tmp_path_factory.mktemp("halves") / name for name in ("labelled", "held_out")]
    for half, folder in enumerate(folders):
        with ShardWriter(folder, source={}) as writer:
            for trajectory in trajectories[half::2]:
                writer.write(trajectory)
    return folders


def best_first(driver: Chrome) -> list[str]:
    """Returns the keys that rank the greener clip higher."""
    greens = driver.execute_script(GREENS)
    return [str(1 + place) for place in sorted(range(4), key=lambda place: -greens[place])]


def label(driver: Chrome, first: int, last: int) -> None:
    """Ranks clips by keyboard for some rounds."""
    for number in range(first, last):
        press(driver, *best_first(driver), Keys.ENTER)
        next_round(driver, number + 1)


def test_thirty_rounds_killed_in_mid_way_train_a_reward_model(halves: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "labels.jsonl"
    with served(halves[0], "--out", out, "--name", "ann") as server, browser(scheme="dark") as driver:
        begin(driver, server.url)
        label(driver, 0, 15)
        shown = driver.execute_script(GREENS)
        press(driver, *best_first(driver)[:2])  # ranked and not sent
        assert sum("ranked 1st" in each or "ranked 2nd" in each for each in labels(driver)) == 2
        server.kill()
        with suppress(WebDriverException):  # it ends without an answer
            driver.execute_cdp_cmd("Browser.crash", {})
    assert len(said(out, "ann")) == 15
    with served(halves[0], "--out", out, "--name", "ann") as server, browser(scheme="dark") as driver:
        begin(driver, server.url)
        assert driver.execute_script(GREENS) == shown
        assert all(each.endswith("not ranked") for each in labels(driver))
        label(driver, 15, 30)
    found = said(out, "ann")
    assert len(found) == 30 == len({frozenset(each.clips) for each in found})
    assert found == JudgementFile(out).judgements  # nothing was said twice
    assert all(better > worse and not tie for each in found for better, worse, tie in each.pairs)
    held_out = tmp_path / "held_out.jsonl"
    assert padzoo("prefer", halves[1], "--criterion", "criteria.later", "--comparisons", 66, "--out", held_out) == 0
    root = tmp_path / "reward"
    options = [
        *preset("reward", "reward"), "--model.policy", "policy_tiny.sft", "--model.encoder", "random_projection",
        "--model.components", 8, "--model.lr", 1e-2, "--data.mode", "sampled", "--data.train", halves[0],
        "--data.train_preferences", out, "--data.test", halves[1], "--data.test_preferences", held_out,
        "--trainer.default_root_dir", root, "--trainer.max_steps", 60,
    ]  # fmt: skip
    assert padzoo("fit", *options) == 0
    assert padzoo("test", *options, "--ckpt_path", root / "checkpoints" / "last.ckpt") == 0
    assert json.loads((root / "test.json").read_text())["test/accuracy"] > 0.9
