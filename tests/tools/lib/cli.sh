#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What the tests of the command share. Wants PAGODA_BIN and PAGODA_SRC.

set -u
: "${PAGODA_BIN:?the command to test}" "${PAGODA_SRC:?the source tree}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
	echo "FAILED: $*" >&2
	failures=$((failures + 1))
}

# run CODE ARG...: runs the command into $work/out and $work/err, and wants this exit status.
run() {
	local want=$1 code
	shift
	"$PAGODA_BIN" "$@" >"$work/out" 2>"$work/err"
	code=$?
	if [ $code -ne "$want" ]; then
		fail "pagoda $*: exit status $code, not $want"
		tail -n 5 "$work/err" >&2
	fi
}

# says FILE TEXT: one of the last run's files holds it.
says() {
	grep -qF -- "$2" "$work/$1" || { fail "no '$2' in $1:"; head -n 20 "$work/$1" >&2; }
}

silent() {
	[ ! -s "$work/$1" ] || { fail "$1 is not empty:"; head -n 5 "$work/$1" >&2; }
}

# figure TEXT [COLUMN]: the number in the line of the report that begins with TEXT; 0 without one.
figure() {
	awk -v text="$1" -v column="${2:-1}" '
		{ line = $0; sub(/^ +/, "", line) }
		index(line, text "  ") == 1 {
			rest = substr(line, length(text) + 1)
			split(rest, word, " ")
			gsub(",", "", word[column])
			print word[column] + 0
			found = 1
			exit
		}
		END { if (!found) print 0 }' "$work/out"
}

# is TEXT NUMBER [COLUMN]
is() {
	local got
	got=$(figure "$1" "${3:-1}")
	[ "$got" = "$2" ] || fail "'$1' is $got, not $2"
}

done_testing() {
	[ $failures -eq 0 ] && echo "all is well"
	exit $((failures > 0))
}
