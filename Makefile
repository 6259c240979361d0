# SPDX-License-Identifier: MIT
#
# A thin front of CMake: all output is under build/<preset>, see CMakePresets.json.
# The rules hand the work to a build tool that runs its own jobs, hence one at a time here.
.NOTPARALLEL:
.PHONY: all demo test bench soak install format clean help

PREFIX	?= /usr/local
MINUTES	?= 10
export PAGODA_BUILD ?= $(CURDIR)/build

all:
	scripts/build release

help:
	@echo "make            build the library, the command and the tests (build/release)"
	@echo "make demo       install what is missing, build, replay a trace, run the examples"
	@echo "make test       install what is missing, build and test all configurations"
	@echo "make bench      install what is missing, build, run the benchmark"
	@echo "make soak       long tests, MINUTES=$(MINUTES) each"
	@echo "make install    into PREFIX=$(PREFIX), below DESTDIR if set"
	@echo "make format     clang-format over the C files that git tracks"
	@echo "make clean      remove $(PAGODA_BUILD)"

demo:
	scripts/install-deps build
	scripts/build release installable examples
	scripts/demo

test:
	scripts/install-deps test
	scripts/run-tests

bench:
	scripts/install-deps bench
	scripts/build release
	$(PAGODA_BUILD)/release/bin/pagoda-bench $(BENCH_ARGS)

soak:
	scripts/install-deps test
	scripts/build release
	scripts/soak $(MINUTES)

install:
	scripts/build release installable
	cmake --install "$(PAGODA_BUILD)/release" --prefix "$(abspath $(PREFIX))"

format:
	scripts/install-deps dev
	git ls-files -z '*.c' '*.h' | xargs -0 -r clang-format-14 -i

clean:
	rm -rf "$(PAGODA_BUILD)"
