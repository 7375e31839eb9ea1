# Two commands for users: `make reports` and `make test`. Each target prepares what it needs; a second run reinstalls nothing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEMPLATES := $(VENV)/share/jupyter/nbconvert/templates
PLAN ?= params/runs/nord-milano.yml
WORKERS ?= 2

.PHONY: reports test lab docs lint lock help clean

help:  ## show this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

reports: $(READY)  ## write the site of Nord Milano (or PLAN=params/runs/….yml) into reports/
	@$(BIN)/quadro run "$(PLAN)"

test: $(READY)  ## run the tests; SLOW=1 adds the slow ones
	@QUADRO_STARTED=$${QUADRO_STARTED:-$$(date +%s)} \
	  $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(if $(SLOW),,-m "not slow") $(ARGS)

lab: $(READY)  ## open JupyterLab on the notebooks (Settings → Language for Italian)
	@$(BIN)/jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements  # asks for news
	$(BIN)/jupyter lab --notebook-dir=. $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

docs: $(READY)  ## write the reference of what a notebook may use into docs/api/, from its docstrings
	$(BIN)/pdoc --docformat google --no-show-source --output-directory docs/api \
	  toolkit.report.report toolkit.report.comparison toolkit.charts toolkit.indicators toolkit.text.facts

lint: $(READY)  ## style, types, notebooks without outputs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/nbstripout --keep-id --verify notebooks/*.ipynb

lock: $(READY)  ## resolve requirements.lock and environment.yml again (needs a registry)
	$(BIN)/python tools/lock.py

clean:  ## remove the environment and the built site
	rm -rf $(VENV) && find reports -mindepth 1 -not -name README.md -delete

$(READY): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "Quadro needs Python 3.11, 3.12 or 3.13; this is %d.%d. Name another one: make PYTHON=python3.12 …" % v[:2])'
	@test -d $(VENV) || "$(PYTHON)" -m venv $(VENV)
	@echo "Installing the locked packages (once; about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -rf $(TEMPLATES)/quadro && mkdir -p $(TEMPLATES) && ln -s "$$(pwd)"/toolkit/render/templates/quadro $(TEMPLATES)/quadro
	@$(BIN)/python -c "from toolkit import vega; vega.program()"  # or the first run would do it
	@touch $(READY)
