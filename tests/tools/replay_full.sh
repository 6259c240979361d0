#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CTest: only=plain serial slow timeout=240
#
# The three whole traces, on their own machines and on others. They are not in the repository: from
# $PAGODA_TRACES, or from shared/traces beside the source tree.

. "$(dirname "$0")/lib/cli.sh"

traces=${PAGODA_TRACES:-$PAGODA_SRC/../shared/traces}
if [ ! -r "$traces/amd64-512m.trace.xz" ]; then
	echo "skipped: there is no amd64-512m.trace.xz in $traces: set PAGODA_TRACES" >&2
	exit 77
fi

# counts NAME: events by type, as the figures beside the trace have them.
counts() {
	local type nr
	for type in mm_page_alloc mm_page_free mm_page_alloc_zone_locked mm_page_pcpu_drain \
		    mm_page_free_batched mm_page_alloc_extfrag kmalloc kfree kmem_cache_alloc \
		    kmem_cache_free tracing_mark_write; do
		nr=$(awk -v type=$type '/^events by type/ { inside = 1 } /^$/ { inside = 0 }
			inside && $1 == type { print $2 }' "$traces/$1/figures.txt")
		is $type "$nr"
	done
}

# near NAME PERCENT: free pages of each snapshot and zone here and there, those in arrays with them,
# where they are known.
near() {
	awk -F'|' -v percent="$2" '
		/^Snapshot / { inside = 1; next }
		/^$/ { inside = 0 }
		inside {
			gsub(",", "", $2)
			gsub(",", "", $3)
			split($2, list, " ")
			split($3, array, " ")
			if (array[2] == "-")
				next
			n++
			here = list[1] + array[1]
			there = list[2] + array[2]
			difference = here > there ? here - there : there - here
			if (difference * 100 > percent * there + 6400) {
				print here " free pages, there " there ": " $1
				bad = 1
			}
		}
		END { exit bad || n < 20 }' "$work/out" >&2 || fail "$1: free memory is far from the recorded"
}

page_size=$("$PAGODA_BIN" info --mem 64M memmap | awk '$1 == "page_size" { print $2 }')

# whole NAME ALLOCATIONS FAILED EXTFRAG PERCENT
whole() {
	echo "- $1"
	run 0 replay -q "$traces/$1.trace.xz"
	silent err
	counts "$1"
	is allocations "$2"
	is allocations "$2" 2
	is "failed allocations" "$3" 2
	is "external-fragmentation events" "$4" 2
	says out " 0 malformed lines, 0 lost events"
	says out " 0 violations; "
	says out " 0 leaked"
	grep "^Replayed" "$work/out"
	run 0 replay -q --infer "$traces/$1.trace.xz"
	says out " 0 violations; "
	says out " 0 leaked"
	[ "$page_size" -ne 4096 ] || near "$1" "$5"
}

whole amd64-512m 136954 0 13 1
whole i386-1536m-highmem 234961 0 12 2
whole amd64-256m-pressure 284639 107 126 8

echo "- what if"
run 0 replay -q --machine i386 --mem 512M "$traces/amd64-512m.trace.xz"
run 0 replay -q --mem 96M --nr-cpus 1 "$traces/amd64-512m.trace.xz"
[ "$(figure "failed allocations")" -gt 1000 ] || fail "96 MB were enough"
run 0 replay -q --machine x86_64 --mem 4G "$traces/i386-1536m-highmem.trace.xz"
is "failed allocations" 0
run 0 replay -q --mem 64G --nr-cpus 64 --boot numa=4 "$traces/amd64-256m-pressure.trace.xz"
is "failed allocations" 0

done_testing
