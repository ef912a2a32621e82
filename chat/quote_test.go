package chat

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestQuoteCutsBetweenCharacters(t *testing.T) {
	for text, want := range map[string]string{
		"bob":                               `"bob"`,
		"\x1b[2J":                           `"\x1b[2J"`,
		strings.Repeat("x", quoteMax):       `"` + strings.Repeat("x", quoteMax) + `"`,
		strings.Repeat("x", quoteMax+1):     `"` + strings.Repeat("x", quoteMax) + `"…`,
		"x" + strings.Repeat("好", quoteMax): `"x` + strings.Repeat("好", quoteMax/3) + `"…`,
	} {
		if got := Quote(text); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestAnErrorAboutAnEntityIsShort, however long the names and values in it are.
func TestAnErrorAboutAnEntityIsShort(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	room := func(key, value string) Change {
		return Change{
			EntityRoom, key,
			json.RawMessage(value),
		}
	}
	for where, c := range map[string]Change{
		"kind":          {long, "x", json.RawMessage(`{}`)},
		"key":           room(long, `{"id":"x","seq":1}`),
		"other key":     room("x", `{"id":"`+long+`","seq":1}`),
		"room":          room(long, `{"id":"`+long+`","seq":1}`),
		"topic":         room("x", `{"id":"x","seq":1,"topic":"`+long+`"}`),
		"member":        room("x", `{"id":"x","`+long+`":1}`),
		"member, twice": room("x", `{"`+long+`":1,"`+long+`":1}`),
		"number":        room("x", `{"id":"x","seq":1`+strings.Repeat("0", 1<<20)+`}`),
		"time": {entityNode, "x", json.RawMessage(
			`{"id":"x","epoch":1,"n":1,"seen":"` + long + `"}`)},
		"node": {entityNode, long, json.RawMessage(
			`{"id":"` + long + `","epoch":1,"n":1,"seen":"9999-01-01T00:00:00Z"}`)},
	} {
		_, loadErr := LoadState(Progress{}, []Change{c})
		for _, err := range []error{loadErr, NewState().AddEntity(c)} {
			if err != nil && len(err.Error()) > 10*quoteMax {
				t.Errorf("a long %s: an error of %d bytes", where, len(err.Error()))
			}
		}
		if err := NewState().AddEntity(c); err == nil {
			t.Errorf("a long %s is not refused", where)
		}
	}
}
