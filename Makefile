# The commands of this project. `make help` lists them.
.PHONY: help run build test bench bench-peers bench-build conformance format tidy tidy-deep report deps clean
.DEFAULT_GOAL := help

MODE ?= memory durable tiny restart
HOST = 127.0.0.1
DATA = data
PORT = 4437
STEPS ?=
BENCH ?=
THALWEG := build/release/thalweg

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' Makefile | expand -t 14

run: build  ## build and serve on http://127.0.0.1:4437, durable, data in ./data
	$(THALWEG) serve --data-dir $(DATA) --host $(HOST) --port $(PORT)

build: deps  ## build/release/thalweg
	@cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset release --target thalweg

test: deps  ## everything CI runs; STEPS="unit readme" picks some
	@python3 tools/run_tests.py $(STEPS)

bench: bench-build  ## ours against the machine's limits, minutes; BENCH="replay --quick" picks
	@python3 bench/run.py $(BENCH)

bench-peers: bench-build  ## the same with other servers, which it installs from their registries
	@python3 bench/peers/install.py
	@python3 bench/run.py --peers $(BENCH)

bench-build: build
	@cmake --build --preset release --target bench/all >/dev/null

conformance: deps  ## the official suite; MODE=memory, durable, or restart (killed halfway)
	@MODES="$(MODE)" python3 tools/run_tests.py --show conformance

format: deps  ## lay out every C++ file with clang-format
	@git ls-files -co --exclude-standard '*.h' '*.cc' | xargs clang-format-19 -i

tidy: deps  ## every lint, and the layout
	@python3 tools/tidy.py
	@git ls-files -co --exclude-standard '*.h' '*.cc' | xargs clang-format-19 --dry-run -Werror

tidy-deep: deps  ## clang-tidy over every source; takes minutes
	@cmake --preset release >/dev/null
	@run-clang-tidy-19 -quiet -p build/release '^$(CURDIR)/(src|test)/'

report:  ## sizes of files and functions against our goals
	@python3 tools/tidy.py --report

deps:  ## install the Debian packages that are missing
	@mkdir -p build
	@tools/install-deps.sh

clean:  ## remove what was built
	rm -rf build
