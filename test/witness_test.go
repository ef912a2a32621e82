package test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/chat"
)

// tally counts, over all clients, lines shown, and messages stored, lost (shown and not stored) and doubled (stored or shown
// more than once).
type tally struct{ seen, stored, lost, twice int }

func (t *tally) add(o tally) {
	t.seen += o.seen
	t.stored += o.stored
	t.lost += o.lost
	t.twice += o.twice
}

func (t tally) String() string {
	return fmt.Sprintf("seen %d, stored %d, lost %d, twice %d", t.seen, t.stored, t.lost, t.twice)
}

// notebook is where a witness writes down what it is shown, before it looks on.
type notebook struct {
	who  string
	file *os.File
}

func newNotebook(t *testing.T, who string) *notebook {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), who))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &notebook{who, file}
}

func (n *notebook) note(lines ...string) {
	for _, l := range lines {
		fmt.Fprintln(n.file, l)
	}
}

// shown is how a stored message was shown to the others.
func shown(m chat.Message) string {
	switch m.Kind {
	case chat.KindEntered:
		return m.Nick + " enters the chat room"
	case chat.KindLeft:
		return m.Nick + " quits the chat room"
	default:
		return m.Nick + ": " + m.Text
	}
}

// doubled counts messages that are stored twice: what the writers say never repeats, and nobody enters who is inside.
func doubled(t *testing.T, stored []chat.Message) int {
	seen, inside := map[string]bool{}, map[string]bool{}
	n := 0
	for _, m := range stored {
		again := seen[shown(m)]
		switch m.Kind {
		case chat.KindEntered, chat.KindLeft:
			again = inside[m.Nick] == (m.Kind == chat.KindEntered)
			inside[m.Nick] = !inside[m.Nick]
		default:
			seen[shown(m)] = true
		}
		if again {
			n++
			t.Errorf("stored twice: %q", shown(m))
		}
	}
	return n
}

// coming is a notice of one or of several, whom a door that gathers them need not name all.
var coming = regexp.MustCompile(`^(.+?)(?: and \d+ others?)? (enters?|quits?) the chat room$`)

// notices returns what of a line tells who came or went, as shown; none: it tells something else.
func notices(line string) (all []string) {
	m := coming.FindStringSubmatch(line)
	if m == nil || strings.Contains(line, ": ") {
		return nil
	}
	for nick := range strings.SplitSeq(m[1], ", ") {
		all = append(all, nick+" "+strings.TrimSuffix(m[2], "s")+"s the chat room")
	}
	return all
}

// reading follows a notebook through what is stored.
type reading struct {
	*notebook
	t      *testing.T
	places map[string][]int // by how it was shown: where it is stored
	last   int              // the place of what was said last
	latest int              // the last place of all: what is said next comes after it
	of     tally
}

// check looks for each line seen, in the order seen, in what is stored. Notices that are gathered have no order among themselves,
// but stand between what was said before and after them.
func (n *notebook) check(t *testing.T, stored []chat.Message) tally {
	r := reading{notebook: n, t: t, places: map[string][]int{}}
	for i, m := range stored {
		r.places[shown(m)] = append(r.places[shown(m)], i+1)
	}
	content, err := os.Open(n.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	for scan := bufio.NewScanner(content); scan.Scan(); {
		r.of.seen++
		if all := notices(scan.Text()); all != nil {
			for _, notice := range all {
				r.latest = max(r.latest, r.find(notice, r.last))
			}
			continue
		}
		r.last = r.find(scan.Text(), r.latest)
		r.latest = r.last
	}
	return r.of
}

// find returns where a line is stored behind a place. It is not found there again.
func (r *reading) find(line string, after int) int {
	places := r.places[line]
	for len(places) > 0 && places[0] < after {
		places = places[1:]
	}
	if len(places) > 0 && places[0] > after {
		r.places[line] = places[1:]
		return places[0]
	}
	switch known, ok := r.places[line]; {
	case !ok:
		r.of.lost++
		r.t.Errorf("%s saw %q, which is not stored", r.who, line)
	case len(known) == 0:
		r.of.twice++
		r.t.Errorf("%s saw %q more often than it is stored", r.who, line)
	default:
		r.t.Errorf("%s saw %q after what follows it in the history", r.who, line)
	}
	return after
}
