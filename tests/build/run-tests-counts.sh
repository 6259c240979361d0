#!/usr/bin/env bash
# run-tests counts what ran: a failing test, a test not built, a stage without tests and a broken
# build are failures, and the last line says so. Tried on a made-up project with one preset.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

mkdir -p "$dir/scripts"
cp "$src/scripts/run-tests" "$src/scripts/build" "$dir/scripts/"
put CMakePresets.json '{ "version": 6, "configurePresets": [' \
	'{ "name": "page13", "binaryDir": "${sourceDir}/build/${presetName}" } ] }'

# project LINE...: a project whose tests are these lines
project() {
	rm -rf "$dir/build"
	put CMakeLists.txt 'cmake_minimum_required(VERSION 3.25)' 'project(counts LANGUAGES NONE)' \
		'enable_testing()' "$@"
}

# counts STATUS LINE: how run-tests ends, and its last line
counts() {
	local output status=0
	output=$(env -u PAGODA_BUILD "$dir/scripts/run-tests" page13 2>&1) || status=$?
	[ "$(tail -n 1 <<<"$output")" = "$2" ] || die "expected '$2' as the last line of: $output"
	[ "$status" -eq "$1" ] || die "expected status $1, got $status: $output"
}

good='add_test(NAME good COMMAND true)'
bad='add_test(NAME bad COMMAND sh -c "echo \"it < broke\"; false")'
skip='add_test(NAME skip COMMAND sh -c "exit 77")
set_tests_properties(skip PROPERTIES SKIP_RETURN_CODE 77)'

project "$good" "$skip"
counts 0 '1 passed, 0 failed'
project "$good" "$bad"
counts 1 '1 passed, 1 failed'
project "$good" 'add_test(NAME absent COMMAND ./absent)'
counts 1 '1 passed, 1 failed'
project "$good" 'add_test(NAME slow COMMAND sleep 60)' 'set_tests_properties(slow PROPERTIES TIMEOUT 1)'
counts 1 '1 passed, 1 failed'
project "$good" 'add_test(NAME crash COMMAND sh -c "kill -SEGV $$")'
counts 1 '1 passed, 1 failed'
project
counts 1 '0 passed, 1 failed'
project "$skip"
counts 1 '0 passed, 1 failed'
project "$good" 'add_custom_target(broken ALL COMMAND false)'
counts 1 '1 passed, 1 failed'
project 'message(FATAL_ERROR "no")'
counts 1 '0 passed, 1 failed'
