#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CTest: only=plain
#
# The traces in the repository in every form, wrong files, wrong options, other machines.

. "$(dirname "$0")/lib/cli.sh"

data=$PAGODA_SRC/data
small=$data/amd64-512m-first20k.trace.xz
machine=$data/amd64-512m/machine.txt

echo "- the trace of the demo, on its own machine"
run 0 replay "$small"
silent err
says out "$data/amd64-512m/machine.txt"
is allocations 1787
is allocations 1787 2
is mm_page_free 472
says out " 0 malformed lines"
says out " 0 violations; "
says out " 0 leaked"
says out "Snapshot (last event) (there: derived)"

echo "- plain, .zst, standard input, trace.dat"
xz -dc "$small" >"$work/amd64.trace"
for args in "$work/amd64.trace" -; do
	run 0 replay -q --machine-file "$machine" "$args" <"$work/amd64.trace"
	is allocations 1787
done
run 0 replay -q --machine-file "$machine" - <"$small"
is allocations 1787
if command -v zstd >/dev/null; then
	zstd -q "$work/amd64.trace" -o "$work/amd64.trace.zst"
	run 0 replay -q --machine-file "$machine" "$work/amd64.trace.zst"
	is allocations 1787
fi
run 0 replay -q "$data/i386-1536m-first5k.trace.xz" "$data/i386-1536m-first5k.dat"
[ "$(grep -c "^Trace " "$work/out")" -eq 2 ] || fail "not two reports"
says out "i386-1536m-highmem/machine.txt"
tail -c +1 "$data/i386-1536m-first5k.dat" |
	"$PAGODA_BIN" replay -q --machine-file "$data/i386-1536m-highmem/machine.txt" - >"$work/out" ||
	fail "a trace.dat from a pipe"
is allocations 1183

echo "- the same again and again"
run 0 replay -q --repeat 3 "$small"
says out "median of 3 runs"

echo "- other machines"
run 0 replay -q --machine i386 --mem 1G --nr-cpus 1 "$small"
says out "machine=i386 mem=1G nr_cpus=1"
run 0 replay -q --mem 32M "$small"
run 0 replay -q --mem 2G --nr-cpus 16 --boot "numa=2" "$small"
run 0 replay -q --machine x86_64 --mem 64M "$work/amd64.trace"

echo "- a trace that breaks off is replayed as far as it goes"
head -c 60000 "$small" >"$work/broken.xz"
run 3 replay -q --machine-file "$machine" "$work/broken.xz"
says err "cut off"
[ "$(figure allocations)" -gt 100 ] || fail "nothing was replayed"

echo "- wrong files"
run 2 replay "$work/amd64.trace"
says err "no machine.txt belongs to this trace"
says err "--machine="
run 2 replay - </dev/null
run 3 replay --machine-file /nonexistent "$small"
says err "/nonexistent: No such file"
run 3 replay --mem 64M /nonexistent
run 3 replay --mem 64M /
run 3 replay --mem 64M /dev/null
says err "is empty"
run 3 replay --mem 64M "$PAGODA_SRC/LICENSE"
says err "no ftrace text"
run 3 replay --machine-file "$PAGODA_SRC/LICENSE" "$small"
says err "names no range of RAM"
run 3 replay -q --mem 64M /nonexistent "$small"		# the other one is replayed
is allocations 1787

echo "- wrong options"
run 2
run 2 nonsense
run 2 replay
run 2 replay --nonsense "$small"
run 2 replay --repeat 0 "$small"
run 2 replay --repeat x "$small"
run 2 replay --nr-cpus -1 "$small"
run 4 replay --mem 1 "$small"
says err "mem=1"
run 4 replay --machine vax --mem 64M "$small"
says err "machine=vax"
run 4 replay --boot "frobnicate" "$small"
says err "frobnicate"

echo "- help and version"
for option in --help --version --usage; do
	for sub in "" replay info; do
		run 0 ${sub:+$sub} $option
		silent err
		grep -q pagoda "$work/out" || fail "nothing said by $sub $option"
	done
done

if [ -w /dev/full ]; then
	"$PAGODA_BIN" replay -q "$small" >/dev/full 2>"$work/err"
	[ $? -eq 3 ] || fail "a full disk goes unnoticed"
fi

done_testing
