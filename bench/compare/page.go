package main

import (
	"fmt"

	"parley/bench/trial"
)

// page is what people read.
func page(r *trial.Results) []byte {
	return fmt.Appendf(nil, `# Benchmark results

`+"`make bench`"+` makes this page. The compared programs ran in turn, in
alternating order. Each number is the median of all rounds. Each ratio is the median of the ratios
of the rounds, with the lowest and the highest in parentheses. All numbers of all rounds are in
[results.json](results.json). On a busy machine, trust the ratios, not the milliseconds.

The goals, where a delivery is one member receiving one message:

- G6: as little CPU per delivery as a loop that stores nothing.
- G7: the sender's receipt (the server's answer that a message is stored) about as fast as a
  commit of SQLite alone (a bare commit).
- G8: at least half the messages a second that SQLite alone stores in batches.
- G9: a fast start with a long history.

G1 to G5 are in [peers.md](peers.md).

%s

%s
The reference for G6 is `+"`bench/forward`"+`, a loop that sends each line once to each member. It
stores nothing, has no rate limits and does not detect members that are gone. The reference for G7
and G8 is SQLite alone, with the same table and in the same mode (a write-ahead log, with an fsync
for each commit).

[misses.md](misses.md) explains the missed goals. [peers.md](peers.md) compares other servers, and
has the goals over TCP.
%s`, r.Machine.Sentence(), r.Rows(), r.Rest())
}
