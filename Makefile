# make demo: set up and run the whole line; make test: set up and run tests.
PY := .venv/bin/python

.PHONY: setup demo test clean

setup:
	@bash setup.sh

demo: setup
	$(PY) -W ignore demo/run_demo.py

test: setup
	$(PY) -m pytest tests

clean:
	rm -rf .venv work_dirs demo/out build *.egg-info
