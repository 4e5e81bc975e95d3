# Two commands for a bare machine, `make demo` and `make test`, and a few for daily work. Each sets up what it needs.
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
JOBS := $(shell nproc)
RELEASE := build/release/bin

.PHONY: help build demo test check check-long bench rules-table format size clean

help:
	@echo "make demo        train on examples/penguins.csv, evaluate, predict three rows"
	@echo "make test        build and run every test"
	@echo "make build       the programs, in $(RELEASE)"
	@echo "make check       what CI checks besides the tests: edges, exceptions, format, tidy"
	@echo "make check-long  every test at length: longer forms, shuffled and repeated; NEON, WebAssembly"
	@echo "make bench       build what measures, then measure this machine: deltarule bench"
	@echo "make rules-table train every update rule on three tables, for docs/rules.md"
	@echo "make format      clang-format on every C++ file"
	@echo "make size        functions and files over the aims of the style"

build:
	@scripts/setup build
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS)

demo: build
	@echo
	$(RELEASE)/deltarule train examples/penguins.csv --target species --force -o build/penguins.safetensors
	@echo
	$(RELEASE)/deltarule evaluate build/penguins.safetensors examples/penguins.csv
	@echo
	@head -n 4 examples/penguins.csv >build/three-penguins.csv
	$(RELEASE)/deltarule predict build/penguins.safetensors build/three-penguins.csv --proba

test:
	@scripts/setup test
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS)
	@ctest --preset dev -j $(JOBS) --no-label-summary

check:
	@scripts/setup ci
	@cmake --preset dev >/dev/null
	@tools/check_edges.py
	@tools/check_no_throw.py
	@tools/format_check
	@tools/tidy

# The quick tests shuffled and repeated, then the random campaigns at fifty times their length (DELTARULE_LONG, read by
# tests/campaign.hpp alone). One program at a time has the machine, since each may use all of its threads. Before them the
# kernels on other machines.
check-long:
	@scripts/setup portable
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS)
	@tests/portable/run all build/dev/tests/portable_bits
	@for program in build/dev/tests/test_*; do [[ -x $$program && ! -d $$program ]] || continue; \
	  $$program --gtest_brief=1 --gtest_shuffle --gtest_repeat=3 || exit 1; done
	@DELTARULE_LONG=1 ctest --preset dev --timeout 7200 --no-label-summary

# The programs are in build/bench/bin; docs/performance.md says what each is for. bench/regress builds its own.
bench:
	@scripts/setup bench
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench -j $(JOBS) --target deltarule_cli bench_micro bench_threads bench_scaling bench_driver
	build/bench/bin/deltarule bench

rules-table: build
	@bench/rules_table

format:
	@tools/format_check --fix

size:
	@tools/sizes.py

clean:
	rm -rf build
