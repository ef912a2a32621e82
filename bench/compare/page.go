package main

import (
	"fmt"

	"parley/bench/trial"
)

// page is what people read.
func page(r *trial.Results) []byte {
	return fmt.Appendf(nil, `# What Parley is measured at

`+"`make bench`"+` makes this page. Whatever is compared ran in turn, round by round, in alternating order; a number is the median of the
rounds, a ratio the median of the rounds' ratios (lowest to highest behind it). All numbers of all rounds are in
[results.json](results.json). On a machine where other things run, too, ratios hold and milliseconds do not.

%s

%s
The other is, for G6, `+"`bench/forward`"+`: a loop that writes each line once to each member, stores nothing, and knows neither rates nor
members that are gone. For G7 and G8 it is SQLite alone, with the same table, in the same mode (WAL, an fsync for each commit).

What misses a goal, and why: [misses.md](misses.md). Other servers, and the goals over TCP: [peers.md](peers.md).
%s`, r.Machine.Sentence(), r.Rows(), r.Rest())
}
