"""Take the pictures of reports: as a browser shows them at the width of a desk, of a phone, and on paper.

    python docs/picture.py REPORT PICTURE             the top of a report, for the README
    python docs/picture.py --hour REPORT FOLDER       an hour of talk: desk.png, phone.png, print.png

`docs/interview.py` makes up the hour.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1280, 860
PHONE = (390, 760)
PAGE = (703, 994)
"""CSS pixels between the margins of an A4 page."""

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def main() -> None:
    """Open a report and write what is asked for as PNG."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("report", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--hour", action="store_true")
    options = parser.parse_args()
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        sys.exit("The picture needs Chromium; install it (on Debian and Ubuntu: apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        if options.hour:
            options.out.mkdir(parents=True, exist_ok=True)
            _hour(browser, options.report.resolve().as_uri(), options.out)
        else:
            page = _open(browser, options.report.resolve().as_uri(), (WIDTH, HEIGHT), 1.5)
            _save(page, options.out)
        browser.close()


def _hour(browser: Any, address: str, folder: Path) -> None:
    _save(_open(browser, address, (WIDTH, HEIGHT)), folder / "desk.png")
    phone = _open(browser, address, PHONE, 1.5)
    phone.evaluate("document.getElementById('u201').scrollIntoView()")
    phone.wait_for_timeout(300)
    _save(phone, folder / "phone.png")
    printed = _open(browser, address, PAGE)
    printed.emulate_media(media="print")
    _save(printed, folder / "print.png")


def _open(browser: Any, address: str, size: tuple[int, int], scale: float = 1.0) -> Any:
    view = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=view, device_scale_factor=scale)
    page.goto(address)
    return page


def _save(page: Any, path: Path) -> None:
    from PIL import Image

    Image.open(BytesIO(page.screenshot())).convert("RGB").save(path, optimize=True)


if __name__ == "__main__":
    main()
