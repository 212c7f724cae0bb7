"""Size of the report of a long conversation, and how soon Chromium paints it; needs playwright and Chromium.

The conversation is the made-up interview of `docs/interview.py`. Paint is the browser's own first contentful
paint, at which heading, strip and first passages stand; the list is ready once its script has run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from common import HEARTSAY, ROOT, arguments, measure, median, report, scratch, with_model

UTTERANCES = 2000
READY = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
PAINT = """new Promise((done) => new PerformanceObserver((list) => {
  const [found] = list.getEntriesByName("first-contentful-paint");
  if (found) done(found.startTime);
}).observe({ type: "paint", buffered: true }))"""


def main() -> None:
    parser = arguments(__doc__ or "")
    parser.add_argument("--utterances", type=int, default=UTTERANCES)
    options = parser.parse_args()
    with scratch() as folder:
        talk, page = folder / "talk.json", folder / "out" / "talk.html"
        maker = [sys.executable, str(ROOT / "docs/interview.py"), str(talk)]
        subprocess.run([*maker, "--utterances", str(options.utterances)], check=True)
        command: list[str | Path] = [*HEARTSAY, "analyze", talk, "--out", folder / "out", "--format", "html"]
        measure(with_model(command, options.model))
        paints, ready = _visits(page, options.runs)
        size = page.stat().st_size / 1e6
    report(
        "report",
        [
            ("first_paint_seconds", median(paints), 1.5),
            ("list_ready_seconds", median(ready), None),
            ("megabytes", round(size, 3), 3),
        ],
        options.json,
        utterances=options.utterances,
        runs=options.runs,
    )


def _visits(page: Path, runs: int) -> tuple[list[float], list[float]]:
    """Seconds until the first paint, and until the list can be filtered, of each run after one to warm up."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        sys.exit("This benchmark needs Chromium on the path.")
    paints, ready = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(runs + 1):
            tab = browser.new_page(viewport={"width": 1280, "height": 860})
            tab.goto(page.as_uri())
            paints.append(tab.evaluate(PAINT) / 1000)
            ready.append(tab.evaluate(READY) / 1000)
            tab.close()
        browser.close()
    return paints[1:], ready[1:]


if __name__ == "__main__":
    main()
