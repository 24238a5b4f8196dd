# make demo: set up and run the whole line; make test: set up and run tests;
# make compare: all methods on the embedded example, with tables and figures.
PY := .venv/bin/python

# Large pages for tensors: where small ones are costly (nested virtual
# machines) the CPU runs are up to twice as fast; no effect elsewhere.
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.PHONY: setup demo compare test clean

setup:
	@bash setup.sh

demo: setup
	$(PY) -W ignore demo/run_demo.py

compare: setup
	$(PY) -W ignore tools/compare_adapters.py \
		configs/flexpose/comparisons/demo.py

test: setup
	$(PY) -m pytest tests -n 2

clean:
	rm -rf .venv work_dirs demo/out build *.egg-info
