"""How long `heartsay --help` takes, from process start to exit."""

from __future__ import annotations

from common import HEARTSAY, arguments, median, repeat, report


def main() -> None:
    options = arguments(__doc__).parse_args()
    runs = repeat([*HEARTSAY, "--help"], options.runs)
    report(
        "startup",
        [
            ("seconds", median(r.seconds for r in runs), 0.5),
            ("megabytes", median(r.peak_megabytes for r in runs), None),
        ],
        options.json,
        runs=options.runs,
    )


if __name__ == "__main__":
    main()
