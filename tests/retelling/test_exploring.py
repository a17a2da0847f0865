"""``ackproof explore``: the page, in a real browser."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from shutil import which
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, sync_playwright

from ackproof.cli import explore
from ackproof.config.reading import read_pipeline
from ackproof.retelling.exploring import handler_of, state
from ackproof.retelling.showing import parts

ROOT = Path(__file__).parent.parent.parent
PAYMENTS = ROOT / "examples" / "payments.ackproof.toml"
CHROMIUM = which("chromium")
LOSS = ("producer sends r1", "appends r1 at offset 0", "acknowledgement of r1", "crashes", "makes broker 2 the leader")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(read_pipeline(PAYMENTS))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_each_state_tells_what_may_happen_what_everybody_has_and_what_is_true() -> None:
    produce = parts(read_pipeline(PAYMENTS))["the produce half"]

    first, after = state(produce, []), state(produce, [0])

    assert {"says": "producer sends r1", "fault": None} in list(first["choices"])  # type: ignore[call-overload]  # JSON
    assert ["producer", "in flight", "r1", True] in list(after["rows"])  # type: ignore[call-overload]  # JSON


@pytest.mark.parametrize("path", ["/state?part=nothing&path=", "/state?part=the+produce+half&path=99", "/favicon.ico"])
def test_what_is_not_there_is_no_fault_of_the_server(address: str, path: str) -> None:
    with pytest.raises(HTTPError, match=r"40[04]"):
        urlopen(address + path)


def test_a_pipeline_that_is_none_gives_3(tmp_path: Path) -> None:
    bad = tmp_path / "bad.ackproof.toml"
    bad.write_text("kafak = 3\n")

    assert explore(bad) == 3


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """The page in headless Chromium, at the produce half."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page()
        shown.goto(address)
        shown.get_by_label("Part").select_option("the produce half")
        yield shown
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: bash .ci/run tools installs it")
def test_somebody_walks_into_the_loss_of_a_record_and_back(page: Page) -> None:
    for words in LOSS:
        page.locator("#choices button", has_text=words).first.click()
        page.locator("#drawing .step", has_text=words).wait_for()
    broken = page.locator("#truths tr", has_text="✗").filter(has_text="send succeeded").count()
    page.get_by_text("one step back").click()
    page.locator("#drawing .step", has_text="makes broker 2").wait_for(state="detached")
    mended = page.locator("#truths tr", has_text="✗").filter(has_text="send succeeded").count()

    assert (broken, mended) == (1, 0)
