package trial

import (
	"encoding/json"
	"fmt"
	"maps"
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

// Ratios are those of the rounds; empty if nothing is compared.
func (m Measure) Ratios() []float64 {
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
		return Median(m.Ratios())
	}
	return Median(m.Ours)
}

// Reached says whether the limit is kept.
func (m Measure) Reached() bool {
	if m.AtLeast {
		return m.Value() >= m.Limit
	}
	return m.Value() <= m.Limit // of NaN neither
}

// Median is the middle one, or the mean of the middle two; NaN of none.
func Median(all []float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// Results are everything that came out.
type Results struct {
	Machine  Machine           `json:"machine"`
	Commands []string          `json:"commands"` // to get it again
	Measures []Measure         `json:"measures"`
	Notes    []string          `json:"notes,omitempty"`
	Drawings map[string][]byte `json:"-"` // SVG by the names of their files
}

// Add adds a row.
func (r *Results) Add(m Measure) { r.Measures = append(r.Measures, m) }

// Note tells something that stands under the table.
func (r *Results) Note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Command notes how something is started, once.
func (r *Results) Command(format string, args ...any) {
	if c := fmt.Sprintf(format, args...); !slices.Contains(r.Commands, c) {
		r.Commands = append(r.Commands, c)
	}
}

// Draw adds a drawing.
func (r *Results) Draw(name string, svg []byte) {
	if r.Drawings == nil {
		r.Drawings = map[string][]byte{}
	}
	r.Drawings[name] = svg
}

// Write makes the page, the numbers and the drawings in a directory. Numbers are what holds the Results, or these themselves.
func (r *Results) Write(dir, page string, content []byte, numbers string, all any) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	encoded, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{page: content, numbers: append(encoded, '\n')}
	maps.Copy(files, r.Drawings)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Sentence is the machine in words.
func (m Machine) Sentence() string {
	return fmt.Sprintf("%s, %d cores, Linux %s, %s, %s. Commit %s of %s.", m.CPU, m.Cores, m.Kernel, m.Go, m.Disk, m.Commit, m.Date)
}

// Rows are the measures as a table, and name what Parley is compared with.
func (r *Results) Rows() string {
	var b strings.Builder
	fmt.Fprintln(&b, "| goal | measurement | Parley | reference | ratio | target | result |")
	fmt.Fprintln(&b, "|---|---|---|---|---|---|---|")
	for _, m := range r.Measures {
		fmt.Fprintln(&b, m.row())
	}
	return b.String()
}

// captions say what the drawings show, for readers who do not see them.
var captions = map[string]string{
	"cpu.svg":     "CPU of the server for each delivery",
	"latency.svg": "Latency of the deliveries by percentile",
	"peers.svg":   "CPU and latency of the servers",
}

// Rest is what stands under a table: notes, drawings in the order of their names, and what ran.
func (r *Results) Rest() string {
	var b strings.Builder
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Drawings)) {
		fmt.Fprintf(&b, "\n![%s](%s)\n", captions[name], name)
	}
	fmt.Fprintf(&b, "\nCommands:\n\n")
	for _, c := range r.Commands {
		fmt.Fprintf(&b, "    %s\n", c)
	}
	return b.String()
}

func (m Measure) row() string {
	cells := []string{m.Goal, m.Name, Number(Median(m.Ours), m.Unit), "", "", "", ""}
	if len(m.Theirs) > 0 {
		ratios := m.Ratios()
		cells[3] = Number(Median(m.Theirs), m.Unit)
		cells[4] = Spread(ratios)
	}
	if m.Limit != 0 {
		sign, unit := "≤", m.Unit
		if m.AtLeast {
			sign = "≥"
		}
		if len(m.Theirs) > 0 {
			unit = ""
		}
		cells[5], cells[6] = sign+" "+Number(m.Limit, unit), "**missed**"
		if m.Reached() {
			cells[6] = "reached"
		}
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// Spread writes the median and, behind it, the lowest and the highest; nothing of none.
func Spread(all []float64) string {
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", Median(all), slices.Min(all), slices.Max(all))
}

// Number writes three digits that count, and all before the point.
func Number(v float64, unit string) string {
	digits := 2
	switch {
	case v >= 100:
		digits = 0
	case v >= 10:
		digits = 1
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", digits, v, unit))
}
