#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# pagoda info: the log of the boot on standard error, zones, watermarks and costs, views by name.

. "$(dirname "$0")/lib/cli.sh"

echo "- a machine"
run 0 info --machine i386 --mem 1G --nr-cpus 2
says err "usable"
says out "HighMem"
says out "struct_page_bytes 64"
awk '$2 == "Normal" && $7 > 0 && $7 < $8 && $8 < $9 { found = 1 } END { exit !found }' "$work/out" ||
	fail "no watermarks of zone Normal"

echo "- nodes"
run 0 info --mem 512M --numa 2 --nr-cpus 2
[ "$(awk '$2 == "DMA32"' "$work/out" | wc -l)" -eq 2 ] || fail "not two zones DMA32"

echo "- views"
for view in buddyinfo zoneinfo meminfo pagetypeinfo vmstat memmap; do
	run 0 info --mem 64M $view
	silent err
	[ -s "$work/out" ] || fail "$view is empty"
done
run 0 info --mem 64M buddyinfo meminfo
says out "==> buddyinfo <=="
says out "MemTotal:"
run 2 info --mem 64M nonsense
says err "nonsense: there is no such view"

echo "- machines that do not boot"
run 4 info --mem 1
run 4 info --machine vax
run 4 info --boot nonsense
says err "nonsense"
run 2 info --nonsense

done_testing
