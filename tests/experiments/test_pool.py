"""Processes of a study end with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STUDY = """
import os, sys, time
from pathlib import Path
from heartsay.experiments.pool import run_all

def work(task):
    Path(os.environ["PLACE"]).write_text(str(os.getpid()))
    time.sleep(120)

if __name__ == "__main__":
    run_all(["a"], work, is_done=lambda t: False, needs=lambda t: (), workers=1, report=print)
"""


def test_a_process_ends_where_its_study_was_killed(tmp_path: Path) -> None:
    script, place = tmp_path / "study.py", tmp_path / "pid"
    script.write_text(STUDY)
    study = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PLACE": str(place)})
    for _ in range(600):
        if place.exists() and place.read_text():
            break
        time.sleep(0.1)
    worker = int(place.read_text())
    study.send_signal(signal.SIGKILL)
    study.wait()
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        state = Path(f"/proc/{worker}/stat")
        if state.exists() and ") Z " in state.read_text():
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    raise AssertionError("it went on")
