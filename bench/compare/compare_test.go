package main

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"parley/bench/trial"
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
	var r trial.Results
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
	for _, want := range []string{
		"| G6 | 20 members, 20 messages/s: server CPU",
		"parley bench --pid PID", "](cpu.svg)", "](latency.svg)", r.Machine.Commit,
	} {
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
