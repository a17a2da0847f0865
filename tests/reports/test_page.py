"""The page of a report: what it says, and how it behaves in a real browser."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from shutil import which

import attrs
import pytest
from playwright.sync_api import Page, sync_playwright

from ackproof.reports.page.page import panels
from ackproof.reports.page.sequence import GUTTER, LANE_WIDTH, MOST, sequence
from ackproof.reports.story.story import Story
from ackproof.retelling.reporting import report
from tests.reports.judged import held, violated
from tests.reports.stories import KNOWN, story

CHROMIUM = which("chromium")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def within(told: Story) -> bool:
    """Whether all of a diagram is inside of it, right of the numbers, and no text of a step on that of the next."""
    drawn = sequence(told)
    edges = [(step.left, step.left + step.width) for step in drawn.steps]
    heights = [(step.top, step.base) for step in drawn.steps]
    return (
        all(left >= GUTTER and right <= drawn.width for left, right in edges)
        and all(below[0] > above[1] for above, below in pairwise(heights))
        and heights[-1][1] < drawn.height
    )


@pytest.mark.parametrize("name", KNOWN)
def test_a_diagram_has_room_for_all_that_it_shows(name: str) -> None:
    told = story(name)

    assert within(told)
    assert sequence(told).width == GUTTER + LANE_WIDTH * len(told.lanes)


def test_a_long_execution_is_drawn_without_its_middle() -> None:
    told = story("a-zombie-finishes")
    moves = tuple(attrs.evolve(told.moves[0], number=number) for number in range(1, 1_001))

    drawn = sequence(attrs.evolve(told, moves=moves))

    assert (len(drawn.steps), drawn.left_out) == (MOST, 1_000 - MOST)
    assert [drawn.steps[at].move.number for at in (0, -1)] == [1, 1_000]


def test_what_changed_in_a_step_is_marked() -> None:
    rows = panels(story("acknowledged-by-the-leader-alone"))

    assert [[value for value, is_new in states if is_new] for states in rows] == [
        [],
        ["r1"],
        ["r1"],
        ["-", "r1"],
        ["down", "-"],
        ["leader", "0"],
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a violation and on a pipeline that holds."""
    made = tmp_path_factory.mktemp("report")
    report([violated(), held()], made)
    return made


def test_the_page_needs_nothing_from_elsewhere(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")

    assert not re.search(r"""(?:src|href)\s*=|@import|url\(|https?://""", page)
    assert len(page.encode()) < 100_000


def test_equal_judgements_give_equal_pages(folder: Path, tmp_path: Path) -> None:
    again = report([violated(), held()], tmp_path)

    assert [file.read_bytes() for file in again] == [(folder / file.name).read_bytes() for file in again]


@pytest.fixture(scope="module")
def browser_page(folder: Path) -> Iterator[Page]:
    """The page in headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((folder / "index.html").as_uri())
        yield page
        browser.close()


needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: bash .ci/run tools installs it")


def marked(page: Page) -> list[str | None]:
    """The steps that are marked in the diagram."""
    return [each.get_attribute("data-step") for each in page.locator("svg .now").all()]


@needs_chromium
def test_keys_buttons_and_clicks_go_through_the_steps(browser_page: Page) -> None:
    violation = browser_page.locator(".violation")
    first = marked(browser_page)
    violation.press("ArrowLeft")
    by_key = marked(browser_page)
    browser_page.get_by_label("step back").click()
    by_button = marked(browser_page)
    browser_page.locator("svg [data-step='1'] .hit").click()

    assert (first, by_key, by_button, marked(browser_page)) == (["5"], ["4"], ["3"], ["1"])
    assert browser_page.locator(".state td.new").all_inner_texts() == ["r1"]
    assert browser_page.locator(".steps span").inner_text() == "1 / 5: producer sends r1"


@needs_chromium
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_is_as_wide_as_the_window(browser_page: Page, size: dict[str, int]) -> None:
    browser_page.set_viewport_size({"width": size["width"], "height": size["height"]})

    assert browser_page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(browser_page: Page, scheme: str) -> None:
    browser_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    style = "getComputedStyle(document.body)"
    colours = [browser_page.evaluate(f"{style}.{name}") for name in ("color", "backgroundColor")]

    text, back = (sum(map(int, re.findall(r"\d+", colour))) for colour in colours)
    assert (text > back) is (scheme == "dark")
    assert abs(text - back) > 500


@needs_chromium
def test_what_is_printed_has_no_buttons(browser_page: Page) -> None:
    browser_page.emulate_media(media="print")

    assert not browser_page.locator(".steps").is_visible()
    assert browser_page.locator("svg.sequence").is_visible()
