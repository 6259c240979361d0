#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CTest: only=plain
#
# Every odd thing a trace can say of pages, one small trace each, on a machine of 64 MB of which
# 16 MB were free at the first event: what replay makes of it, by its own counters.

. "$(dirname "$0")/lib/cli.sh"

cat >"$work/machine.txt" <<'END'
cmdline: ncpu=2
[    0.000000] Zone ranges:
[    0.000000]   DMA      [mem 0x0000000000001000-0x0000000000ffffff]
[    0.000000]   DMA32    [mem 0x0000000001000000-0x0000000003ffffff]
[    0.000000] Early memory node ranges
[    0.000000]   node   0: [mem 0x0000000000001000-0x0000000003ffffff]
END
echo "0x2000 0x2fff 4096" >"$work/initial-free.txt"

n=0
trace() {
	n=0
	: >"$work/t.trace"
}

event() {
	n=$((n + 1))
	printf '            task-1       [%03d] .....     %d.000000: %s\n' "${cpu:-0}" $n "$1" >>"$work/t.trace"
}

alloc() {	# PFN ORDER [FLAGS [TYPE]]
	event "mm_page_alloc: page=0 pfn=$1 order=$2 migratetype=${4:-0} gfp_flags=${3:-GFP_KERNEL}"
}

free() {	# PFN ORDER
	event "mm_page_free: page=0 pfn=$1 order=$2"
}

out() {
	event "mm_page_alloc_zone_locked: page=0 pfn=$1 order=$2 migratetype=0 percpu_refill=1"
}

drain() {
	event "mm_page_pcpu_drain: page=0 pfn=$1 order=$2 migratetype=0"
}

replay() {	# CODE OPTION...
	local code=$1
	shift
	run "$code" replay "$@" "$work/t.trace"
	[ "$code" -ne 0 ] || { silent err; says out " 0 leaked"; says out " 0 violations"; }
}

echo "- allocations and frees that match"
trace; alloc 0x2000 0; alloc 0x2400 9; alloc 0x2002 1; free 0x2400 9; free 0x2000 0
replay 0 -q
is allocations 3
says out "; 1 blocks live at the end"
says out "Replayed   5 page events"
is "frees without a known allocation" 0

echo "- two CPUs, and one more than the machine has"
trace; cpu=1 alloc 0x2000 0; cpu=0 free 0x2000 0; cpu=7 alloc 0x2000 0
replay 0 -q

echo "- a block that is allocated while live was freed out of sight"
trace; alloc 0x2000 2; alloc 0x2000 2; alloc 0x2001 0; free 0x2001 0; free 0x2000 2
replay 0 -q
is "allocations of a live block: implied frees" 2
is "frees without a known allocation" 1

echo "- parts of a block"
trace; alloc 0x2000 3; free 0x2007 0; free 0x2004 1; free 0x2000 2; free 0x2006 0
replay 0 -q
is "frees of a part of a block" 4
says out "; 0 blocks live at the end"

echo "- parts of a huge page"
trace; alloc 0x2000 9 "GFP_TRANSHUGE_LIGHT" 1; free 0x2000 8; free 0x2100 0; free 0x2101 0
replay 0 -q
is "frees of a part of a block" 3
is "compound blocks later freed in parts, replayed as plain" 1
says out "; 254 blocks live at the end"

echo "- more freed than was allocated"
trace; alloc 0x2000 0; alloc 0x2001 0; alloc 0x2002 1; free 0x2000 2
replay 0 -q
is "frees of more than the live block" 1
says out "; 0 blocks live at the end"

echo "- memory in use before the first event, late memory, and twice"
trace; free 0x100 0; free 0x1800 9; free 0x100 0
replay 0 -q
is "frees of memory in use since before the first event, released here" 1
is "frees of memory initialised late, released here" 1
is "pages released by these" 513
is "frees without a known allocation" 1
is "allocated in bulk" 1

echo "- free by the list, yet freed: it was not free"
trace; free 0x2100 0
replay 0 -q
is "pages of initial-free.txt that were not free" 1
is "frees of memory initialised late, released here" 1

echo "- in an array at the first event"
trace; alloc 0x100 0; free 0x100 0
replay 0 -q
is "pages in per-CPU arrays at the first event" 1
is "frees without a known allocation" 0

echo "- in bulk"
trace; out 0x2000 0; out 0x2001 0; out 0x2002 0; out 0x2003 0; alloc 0x2001 0; drain 0x2002 0; free 0x2000 0
replay 0 -q
is "frees without a known allocation" 1
is "allocated in bulk" 1
replay 0 -q --infer
is "allocations inferred (--infer)" 2
is "frees without a known allocation" 0
says out "; 2 blocks live at the end"

echo "- compaction"
trace; alloc 0x2000 0 GFP_HIGHUSER_MOVABLE 1; out 0x2100 0; drain 0x2100 0
event "mm_compaction_begin: zone_start=0x1 migrate_pfn=0x1 free_pfn=0xe00 zone_end=0x1000, mode=sync"
free 0x2000 0
event "mm_compaction_migratepages: nr_migrated=1 nr_failed=0"
free 0x2100 0
replay 0 -q
is "frees without a known allocation" 1
is "taken by compaction" 1
is "pages moved by compaction" 1
replay 0 -q --infer
is "frees without a known allocation" 0
is "allocations inferred (--infer)" 1
says out "; 0 blocks live at the end"

echo "- an allocation that failed there"
trace; alloc 0x0 9 "GFP_TRANSHUGE_LIGHT|__GFP_NORETRY" 1; alloc 0x2000 0
replay 0 -q
is "failed allocations" 0 1
is "failed allocations" 1 2
is "wanted from DMA32, order 9" 1 2
is "failed allocations of the trace, not replayed" 1

echo "- allocations that fail here, and their frees"
trace
for pfn in 0x2000 0x2400 0x2800 0x2c00; do alloc $pfn 10; done
for pfn in 0x2000 0x2400 0x2800 0x2c00; do free $pfn 10; done
replay 0 -q
failed=$(figure "failed allocations")	# a zone is not given away to its last page
[ "$failed" -ge 1 ] || fail "no allocation failed"
is "wanted from DMA32, order 10" "$failed"
is "frees of blocks whose allocation failed here" "$failed"
is "frees without a known allocation" 0

echo "- frames the machine does not have"
trace; alloc 0x3fff 0; alloc 0x4000 0; free 0x8000000000 0
replay 0 -q
is "events at frames the machine does not have" 2

echo "- flags that are not replayed"
trace; alloc 0x2000 0 "GFP_NOFS|__GFP_NOFAIL|__GFP_ZERO"; alloc 0x2001 0 "GFP_DMA"; alloc 0x2002 0 "GFP_DMA32"
replay 0 -q
is "__GFP_ZERO dropped" 1
is "__GFP_NOFAIL dropped" 1
is "wanted from DMA, order 0" 1		# nothing is free there

echo "- phases and snapshots beside what was recorded"
mkdir "$work/phases" "$work/end"
cat >"$work/phases/00-one.txt" <<'END'
==> buddyinfo <==
Node 0, zone      DMA      0      0      0      0      0      0      0      0      0      0      0
Node 0, zone    DMA32      0      0      0      0      0      0      0      0      0      0      4
==> zoneinfo <==
Node 0, zone      DMA
              count: 0
Node 0, zone    DMA32
    cpu: 0
              count: 3
    cpu: 1
              count: 4
==> pagetypeinfo <==
Node 0, zone    DMA32            1            7            0            0            0
END
echo "Node 0, zone    DMA32      1      1      1      1      1      1      1      1      1      1      3" >"$work/end/buddyinfo.txt"
trace
event "tracing_mark_write: snapshot begin phase-00-one"
event "tracing_mark_write: snapshot end phase-00-one"
event "tracing_mark_write: phase one the first of all"
out 0x2000 0; alloc 0x2000 0
event "tracing_mark_write: snapshot begin end"
event "tracing_mark_write: snapshot end end"
event "tracing_mark_write: something else"
replay 0
says out "Snapshot phase-00-one (there: recorded)"
says out "Snapshot end (there: recorded)"
says out "Snapshot (last event) (there: derived)"
says out "           there       0      0      0      0      0      0      0      0      0      0      4      4096       7      10"
says out "           there       1      1      1      1      1      1      1      1      1      1      3      4095       -      10"
says out "equal the recorded ones in 3 of 3 cases"
replay 0 -q
says out "one                      1"

echo "- JSON"
replay 0 -q --json "$work/json"
for word in '"pagoda":' '"replays":' '"phases":' '"snapshots":' '"name":	"one"' '"text":	"the first of all"' \
	'"there_source":	"recorded"' '"allocations":	1' '"leaked":	0'; do
	grep -qF -- "$word" "$work/json" || fail "no '$word' in the JSON"
done
run 0 replay --json - "$work/t.trace"
! grep -q '^Trace ' "$work/out" || fail "a report among the JSON"
run 3 replay -q --json /nonexistent/x "$work/t.trace"
says err "/nonexistent/x: No such file"

echo "- malformed lines"
trace; alloc 0x2000 0; echo rubbish >>"$work/t.trace"; alloc 0x2001 0 GFP_NONSENSE; free 0x2000 0
replay 1 -q
says err "$work/t.trace:2: no TASK-PID [CPU]"
says err "$work/t.trace:3: gfp_flags holds no known GFP name: 'GFP_NONSENSE'"
says out "2 malformed lines"
is allocations 1
replay 1 -q --strict
says err "$work/t.trace:2:"
says err "stopped at a malformed line"
! grep -q "t.trace:3" "$work/err" || fail "--strict went on"
silent out
trace; alloc 0x2000 0; yes rubbish | head -n 30 >>"$work/t.trace"
replay 1 -q
[ "$(grep -c "no TASK-PID" "$work/err")" -eq 20 ] || fail "not 20 problems told"
says err "only counted"

echo "- no page events at all"
trace; event "kfree: call_site=0 ptr=0"

run 0 replay -q "$work/t.trace"
says err "no page events"

done_testing
