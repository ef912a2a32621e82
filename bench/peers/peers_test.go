package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"parley/bench/trial"
)

// The whole comparison, for a moment each: what comes out means nothing, that it comes out does.
func TestEveryServerThatIsThereIsMeasured(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are measured as Linux has it")
	}
	t.Chdir("../..")
	out := t.TempDir()
	if err := run(t.Context(), quick, "", out, io.Discard); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(out, "peers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		trial.Results
		Servers []*server `json:"servers"`
	}
	if err := json.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(out, "peers.md"))
	if err != nil {
		t.Fatal(err)
	}
	measured := names(r.Servers)
	for _, s := range peers() {
		if s.Name == natsServer || slices.Contains(measured, s.Name) {
			continue
		}
		if !strings.Contains(string(page), s.Name+" is left out: ") {
			t.Errorf("%s is missing without a word", s.Name)
		}
		if s.find == nil {
			t.Errorf("%s is not measured", s.Name)
		}
	}
	for _, s := range r.Servers {
		for _, l := range []string{steady20, steady50, storm, rooms, idle} {
			if len(s.Figures[l]) != 1 || s.Figures[l][0] == nil || s.Figures[l][0].Faults > 0 || s.Figures[l][0].Closed > 0 {
				t.Errorf("%s under %s: %+v", s.Name, l, s.Figures[l])
			} else if f := s.Figures[l][0]; l != idle && (f.P50 <= 0 || f.LinesPerRead < 1 || f.Deliveries <= 0) {
				t.Errorf("%s under %s: %+v", s.Name, l, f)
			}
		}
		if !strings.Contains(string(page), "| "+strings.TrimSpace(s.Name+" "+s.Version)+" |") {
			t.Errorf("%s has no row", s.Name)
		}
	}
	for _, want := range []string{
		"forward --tcp round 127.0.0.1:0", "](peers.svg)",
		r.Machine.Commit,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
	svg, err := os.ReadFile(filepath.Join(out, "peers.svg"))
	if err == nil {
		err = xml.Unmarshal(svg, new(struct{}))
	}
	if err != nil {
		t.Error(err)
	}
}

// made is a comparison with numbers that are known.
func made() *bench {
	b := &bench{extent: quick}
	for i, name := range []string{floorMessage, floorRound, parley, inspircd} {
		s := &server{Name: name, Figures: map[string][]*figures{}}
		for _, l := range []string{steady20, steady50, storm, rooms, idle, silent} {
			for round := range 3 {
				s.Figures[l] = append(s.Figures[l], &figures{CPU: float64(i + 1 + round), Join: 0.2, Idle: 6000})
			}
		}
		b.servers = append(b.servers, s)
	}
	return b
}

func TestGoalsAreJudged(t *testing.T) {
	b := made()
	b.named(inspircd).Figures[rooms][1] = nil // could not be measured: that round does not count
	b.judge()
	var got []string
	for _, m := range b.Results.Measures {
		got = append(got, fmt.Sprintf("%s %.2f %v", m.Goal, m.Value(), m.Reached()))
	}
	// Parley took 3, 4, 5; the floors 1, 2, 3 and 2, 3, 4; InspIRCd 4, -, 6.
	want := []string{"G1 2.00 false", "G1 2.00 false", "G2 1.33 true", "G3 0.79 true", "G4 6.00 false", "G4 6.00 false", "G5 0.20 true"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for _, want := range []string{"| G2 | W2, against the floor", "**missed**", "| InspIRCd | 0.80 (0.75–0.83) |", "| Parley | 4.00 | 4.00 |", "6.00 (6.00 silent)"} {
		if page := string(b.page()); !strings.Contains(page, want) {
			t.Errorf("%q is not in\n%s", want, page)
		}
	}
}

func TestWithoutParleyNothingIsJudged(t *testing.T) {
	b := made()
	b.servers = slices.Delete(b.servers, 2, 3)
	b.judge()
	if len(b.Results.Measures) > 0 || !strings.Contains(string(b.page()), "was not measured") {
		t.Errorf("%+v", b.Results.Measures)
	}
}

func TestOnlyWhatIsWanted(t *testing.T) {
	for only, want := range map[string]string{
		"":                   "all",
		"W2":                 "all",
		"raw":                floorMessage + ", " + floorRound,
		"InspIRCd,Parley,W1": parley + ", " + inspircd,
	} {
		var got []string
		for _, name := range names(peers()) {
			if wants(only, names(peers()))(name) {
				got = append(got, name)
			}
		}
		if all := strings.Join(got, ", "); all != want && (want != "all" || len(got) != len(peers())) {
			t.Errorf("%q: %s", only, all)
		}
	}
}
