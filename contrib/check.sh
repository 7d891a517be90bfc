#!/bin/sh
# Installs what testing needs, builds lastack in build/, and runs every test.  Prints one line when all is well.
# Safe to repeat; as root, or as a user who may sudo.
set -eu
cd "$(dirname "$0")/.."
. contrib/common.sh

install "$build_needs $test_needs"
build build
say "testing"
status=0
run_tests build || status=$?
grep -E '^(FAIL|XPASS|ERROR)' build/check.log || true
# automake's summary: "# PASS:  128"
if ! awk '/^# (TOTAL|PASS|FAIL|SKIP|ERROR|XPASS|XFAIL):/ { n[$2] += $3; seen = 1 }
	END {
		if (!seen)
			exit 1
		printf "%d passed, %d failed", n["PASS:"] + n["XFAIL:"], n["FAIL:"] + n["ERROR:"] + n["XPASS:"]
		print n["SKIP:"] ? ", " n["SKIP:"] " skipped" : ""
	}' build/check.log; then
	tail -n 30 build/check.log
	echo "0 passed, 1 failed"
fi
[ $status = 0 ] || echo "$0: not all is well (all of it: build/check.log)" >&2
exit $status
