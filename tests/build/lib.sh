# shellcheck shell=bash
# What the tests of the build share. A test sources this first; it then has $src, the checkout, and
# $dir, a directory of its own, removed at the end.

set -euo pipefail

# shellcheck disable=SC2034
src=${PAGODA_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

die() {
	echo "FAILED: $*" >&2
	exit 1
}

# put FILE LINE...: a file of a made-up tree
put() {
	mkdir -p "$(dirname "$dir/$1")"
	printf '%s\n' "${@:2}" >"$dir/$1"
}

# must_fail TEXT COMMAND...: the command ends with 1, not with an accident, and prints the text
must_fail() {
	local text=$1 output status=0
	shift
	output=$("$@" 2>&1) || status=$?
	[ "$status" -eq 1 ] || die "$* ended with $status instead of 1: $output"
	[[ $output == *"$text"* ]] || die "$* did not print '$text' but: $output"
}

must_pass() {
	local output
	output=$("$@" 2>&1) || die "$* ended with $?: $output"
}
