#!/usr/bin/env bash
# Checks the English of the lines that changed since BASE (HEAD~1), and how long they are. It finds
# the constructions that CONTRIBUTING.md warns of, not every unclear sentence: read it aloud.
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$0")/.."
base=${BASE:-HEAD~1}
if ! git rev-parse -q --verify "$base^{commit}" >/dev/null; then
	echo "prose: skipped, as $base is not in this clone"
	exit 0
fi

# added prints PATH:LINE:TEXT for each added line.
added() {
	git diff -U0 --no-color --no-ext-diff "$base" -- '*.go' '*.md' ':!docs/bench' | awk '
		/^\+\+\+ / { path = substr($0, 7); next }
		/^@@ /     { split($3, at, ","); line = substr(at[1], 2); next }
		/^\+/      { gsub(/\t/, "    "); print path ":" line++ ":" substr($0, 2) }'
}

status=0
complain() { # complain ADVICE: what comes in is wrong
	local found
	found=$(cat)
	if [ -n "$found" ]; then
		echo "$found"
		echo "  ^ $1"
		status=1
	fi
}

lines=$(added)
complain 'say "is not a …"' < <(grep -P '(?<!here )\b(is|are|was|were) (no|none)\b(?! (longer|more|less))' <<<"$lines" || true)
complain 'name the subject: a client, a member, a message' < <(
	grep -P '(//|\*\*|\. |^[^:]*:\d+:(- )?)(Who|Whoever|What|Those|That which) [a-z][^?]*$|\b(whoever|of whom)\b' <<<"$lines" || true)
complain "use the trade's verbs: disconnect, distinguish, available" < <(
	grep -iP '\b(let go|told apart|to be had|likewise|has it that|as it has it)\b' <<<"$lines" || true)
complain 'at most 100 columns' < <(
	grep -P '^[^:]*:\d+:.{101}' <<<"$lines" | grep -vP '^[^:]*:\d+: *(\||\S*$|.*https?://)' | cut -c1-160 || true)
exit $status
