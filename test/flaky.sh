#!/usr/bin/env bash
# Runs every test alone COUNT times and names those that fail. OUT keeps what they print, and
# how long the others took. Arguments are packages, by default all; ONLY is a pattern for the
# names of tests; RACE is -race or nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go} count=${COUNT:-50} race=${RACE--race} only=${ONLY:-.}
out=${OUT:-$(mktemp -d "${TMPDIR:-/tmp}/parley-flaky-XXXXXX")}
mkdir -p "$out" && out=$(cd "$out" && pwd)
failing=0

# alone PACKAGE BINARY TEST runs one test, in the folder of its package.
alone() {
	local began=$SECONDS log=$2.$3.log
	if "$2" -test.run "^$3\$" -test.count "$count" -test.timeout 1h >"$log" 2>&1; then
		echo "$((SECONDS - began)) s: $1 $3" >>"$out/times"
		rm "$log"
	else
		echo "FAIL $1 $3: $(grep -c "^--- FAIL: $3 " "$log") of $count, see $log"
		failing=$((failing + 1))
	fi
}

for package in $("$go" list "${@:-./...}"); do
	dir=$("$go" list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' "$package")
	[ -n "$dir" ] || continue
	binary=$out/$(echo "$package" | tr / .)
	# shellcheck disable=SC2086 # a flag or nothing
	"$go" test $race -c -o "$binary" "$package"
	pushd "$dir" >/dev/null
	for name in $("$binary" -test.list "$only" | grep -E '^(Test|Fuzz|Example)' || true); do
		alone "$package" "$binary" "$name"
	done
	popd >/dev/null
	rm "$binary"
done
echo "$failing tests fail of those that were run $count times alone, in $SECONDS s"
[ "$failing" = 0 ]
