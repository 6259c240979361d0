#!/usr/bin/env bash
# The shell scripts are clean by shellcheck, and explain themselves.
. "$(dirname "$0")/lib.sh"

cd "$src"
shopt -s nullglob globstar
for script in scripts/*; do
	[ -x "$script" ] || continue
	"$script" --help | grep -q '^Usage:' || die "$script --help prints no usage"
done
if ! command -v shellcheck >/dev/null; then
	echo "no shellcheck here"
	exit 77
fi
scripts=(.ci/run tests/**/*.sh)
for script in scripts/*; do
	[ ! -x "$script" ] || scripts+=("$script")
done
shellcheck -x -P SCRIPTDIR "${scripts[@]}"
