package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Measure is a row of the table: what Parley reached and, where it is compared, what the other did, a number for each round.
type Measure struct {
	Goal    string    `json:"goal"`
	Name    string    `json:"name"`
	Unit    string    `json:"unit,omitempty"`
	Ours    []float64 `json:"ours"`
	Theirs  []float64 `json:"theirs,omitempty"`
	Limit   float64   `json:"limit,omitempty"`    // of the ratio if it is compared, else of the number; 0: none is set
	AtLeast bool      `json:"at_least,omitempty"` // the limit is the least wanted, not the most
}

// ratios are those of the rounds; empty if nothing is compared.
func (m Measure) ratios() []float64 {
	var all []float64
	for i := range min(len(m.Ours), len(m.Theirs)) {
		if m.Theirs[i] > 0 {
			all = append(all, m.Ours[i]/m.Theirs[i])
		}
	}
	return all
}

// Value is what the limit is about: the median ratio, or the median number.
func (m Measure) Value() float64 {
	if len(m.Theirs) > 0 {
		return median(m.ratios())
	}
	return median(m.Ours)
}

// Reached says whether the limit is kept.
func (m Measure) Reached() bool {
	if m.AtLeast {
		return m.Value() >= m.Limit
	}
	return m.Value() <= m.Limit // of NaN neither
}

// median is the middle one, or the mean of the middle two; NaN of none.
func median(all []float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// Results are everything that came out.
type Results struct {
	Machine  Machine   `json:"machine"`
	Commands []string  `json:"commands"` // to get it again
	Measures []Measure `json:"measures"`
	Notes    []string  `json:"notes,omitempty"`
	drawings map[string][]byte
}

func (b *bench) add(m Measure) { b.results.Measures = append(b.results.Measures, m) }

func (b *bench) note(format string, args ...any) {
	b.results.Notes = append(b.results.Notes, fmt.Sprintf(format, args...))
}

// command notes how something is started, once.
func (b *bench) command(format string, args ...any) {
	if c := fmt.Sprintf(format, args...); !slices.Contains(b.results.Commands, c) {
		b.results.Commands = append(b.results.Commands, c)
	}
}

func join(args []string) string { return strings.Join(args, " ") }

func (b *bench) draw(name string, svg []byte) {
	if b.results.drawings == nil {
		b.results.drawings = map[string][]byte{}
	}
	b.results.drawings[name] = svg
}

// write makes the page, the drawings and the numbers in a directory.
func (r *Results) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	numbers, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{"README.md": r.page(), "results.json": append(numbers, '\n')}
	for name, svg := range r.drawings {
		files[name] = svg
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// page is what people read.
func (r *Results) page() []byte {
	var b bytes.Buffer
	m := r.Machine
	fmt.Fprintf(&b, `# What Parley is measured at

`+"`make bench`"+` makes this page. Whatever is compared ran in turn, round by round, in alternating order; a number is the median of the
rounds, a ratio the median of the rounds' ratios (lowest to highest behind it). All numbers of all rounds are in
[results.json](results.json). On a machine where other things run, too, ratios hold and milliseconds do not.

%s, %d cores, Linux %s, %s, %s. Commit %s of %s.

`, m.CPU, m.Cores, m.Kernel, m.Go, m.Disk, m.Commit, m.Date)
	fmt.Fprintln(&b, "| goal | measured | Parley | the other | ratio | wanted | |")
	fmt.Fprintln(&b, "|---|---|---|---|---|---|---|")
	for _, row := range r.Measures {
		fmt.Fprintln(&b, row.row())
	}
	fmt.Fprint(&b, `
The other is, for G6, `+"`bench/forward`"+`: a loop that writes each line once to each member, stores nothing, and knows neither rates nor
members that are gone. For G7 and G8 it is SQLite alone, with the same table, in the same mode (WAL, an fsync for each commit).

What misses a goal, and why: [misses.md](misses.md).
`)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	for _, name := range []string{"cpu.svg", "latency.svg"} {
		if r.drawings[name] != nil {
			fmt.Fprintf(&b, "\n![](%s)\n", name)
		}
	}
	fmt.Fprintf(&b, "\nWhat ran:\n\n")
	for _, c := range r.Commands {
		fmt.Fprintf(&b, "    %s\n", c)
	}
	return b.Bytes()
}

func (m Measure) row() string {
	cells := []string{m.Goal, m.Name, number(median(m.Ours), m.Unit), "", "", "", ""}
	if len(m.Theirs) > 0 {
		ratios := m.ratios()
		cells[3] = number(median(m.Theirs), m.Unit)
		if len(ratios) > 0 {
			cells[4] = fmt.Sprintf("%.2f (%.2f–%.2f)", median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
	}
	if m.Limit != 0 {
		sign, unit := "≤", m.Unit
		if m.AtLeast {
			sign = "≥"
		}
		if len(m.Theirs) > 0 {
			unit = ""
		}
		cells[5], cells[6] = sign+" "+number(m.Limit, unit), "**missed**"
		if m.Reached() {
			cells[6] = "reached"
		}
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// number writes three digits that count, and all before the point.
func number(v float64, unit string) string {
	digits := 2
	switch {
	case v >= 100:
		digits = 0
	case v >= 10:
		digits = 1
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, v, unit))
}
