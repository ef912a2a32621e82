package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The whole comparison, for a moment each: what comes out means nothing, that it comes out does.
func TestEverythingIsMeasured(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are measured as Linux has it")
	}
	t.Chdir("../..")
	out := t.TempDir()
	if err := run(t.Context(), quick, "", out, io.Discard); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(out, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r Results
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	goals := map[string]int{}
	for _, m := range r.Measures {
		goals[m.Goal]++
		for _, v := range append(m.Ours, m.Theirs...) {
			if v < 0 || v == 0 && !strings.Contains(m.Name, "CPU") { // too short for a tick of CPU time, perhaps
				t.Errorf("%+v", m)
			}
		}
	}
	for goal, want := range map[string]int{"G6": 10, "G7": 2, "G8": 2, "G9": 4} {
		if goals[goal] != want {
			t.Errorf("%d measures of %s, want %d", goals[goal], goal, want)
		}
	}
	if len(r.Notes) > 0 {
		t.Errorf("faults: %q", r.Notes)
	}
	page, err := os.ReadFile(filepath.Join(out, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| G6 | 20 members, 20 messages/s: server CPU", "parley bench --pid PID", "![](cpu.svg)", "![](latency.svg)", r.Machine.Commit} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	for _, name := range []string{"cpu.svg", "latency.svg"} {
		svg, err := os.ReadFile(filepath.Join(out, name))
		if err == nil {
			err = xml.Unmarshal(svg, new(struct{}))
		}
		if err != nil {
			t.Error(name, err)
		}
	}
}

func TestContendersTakeTurns(t *testing.T) {
	var order string
	one := func(name string) contender {
		return contender{name, func() error { order += name; return nil }}
	}
	b := &bench{extent: extent{rounds: 3}}
	if err := b.inTurn(one("a"), one("b")); err != nil || order != "abbaab" {
		t.Errorf("%s %v", order, err)
	}
}

func TestRows(t *testing.T) {
	for want, m := range map[string]Measure{
		"| G1 | a | 2.00 µs | 4.00 µs | 0.50 (0.25–1.00) | ≤ 0.50 | reached |":    {Goal: "G1", Name: "a", Unit: "µs", Ours: []float64{2, 1, 4}, Theirs: []float64{4, 4, 4}, Limit: 0.5},
		"| G1 | b | 3.00 µs | 4.00 µs | 0.75 (0.75–0.75) | ≤ 0.70 | **missed** |": {Goal: "G1", Name: "b", Unit: "µs", Ours: []float64{3}, Theirs: []float64{4}, Limit: 0.7},
		"| G1 | c | 300 /s | 1000 /s | 0.30 (0.30–0.30) | ≥ 0.50 | **missed** |":  {Goal: "G1", Name: "c", Unit: "/s", Ours: []float64{300}, Theirs: []float64{1000}, Limit: 0.5, AtLeast: true},
		"| G1 | d | 55.0 ms |  |  | ≤ 100 ms | reached |":                         {Goal: "G1", Name: "d", Unit: "ms", Ours: []float64{50, 60}, Limit: 100},
		"| G1 | e | 1.00 |  |  |  |  |":                                           {Goal: "G1", Name: "e", Ours: []float64{1}},
		"| G1 | f | 1.00 | 0.00 |  | ≤ 1.00 | **missed** |":                       {Goal: "G1", Name: "f", Ours: []float64{1}, Theirs: []float64{0}, Limit: 1},
	} {
		if got := m.row(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("nothing has a median")
	}
}
