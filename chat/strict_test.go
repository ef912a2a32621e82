package chat

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// line is read strictly, as an export's lines are.
type line struct {
	Type string          `json:"type"`
	Nick Nick            `json:"nick"`
	When time.Time       `json:"when"`
	All  []string        `json:"all"`
	Raw  json.RawMessage `json:"raw"`
	Note string          `json:"note,omitempty"`
	Mine int             `json:"-"`
	embedded
}

type embedded struct {
	N uint64 `json:"n"`
}

const wellFormed = `{"type":"a\ud83d\ude00\\ud83d","nick":{"name":"Ann","key":"ann"},"when":"2030-05-01T12:00:00Z","all":null,"raw":{"x":1,"x":2},"n":7}`

func parse(text string) (l line, err error) {
	o, err := ParseObject([]byte(text))
	if err == nil {
		err = o.Fill(&l)
	}
	return l, err
}

func TestStrictJSONTakesWhatIsWellFormed(t *testing.T) {
	want := line{
		Type: `a😀\ud83d`, Nick: Nick{Name: "Ann", Key: "ann"}, When: time.Date(2030, 5, 1, 12, 0, 0, 0, time.UTC),
		Raw: json.RawMessage(`{"x":1,"x":2}`), embedded: embedded{N: 7},
	}
	for _, text := range []string{
		wellFormed,
		" " + strings.ReplaceAll(wellFormed, ",", "\t,\n") + "\r\n",
		strings.Replace(wellFormed, `"n":7`, `"note":"","\u006e":7`, 1),
		strings.Replace(wellFormed, `\ud83d\ude00`, `\uD83D\uDE00`, 1),
	} {
		got, err := parse(text)
		got.Raw = json.RawMessage(strings.NewReplacer("\t", "", "\n", "").Replace(string(got.Raw)))
		if err != nil || !cmp.Equal(got, want, cmp.AllowUnexported(line{})) {
			t.Errorf("%s is %+v, %v", text, got, err)
		}
	}
}

func TestStrictJSONRefusesWhatMeansTwoThings(t *testing.T) {
	with := func(from, to string) string { return strings.Replace(wellFormed, from, to, 1) }
	for _, c := range []struct{ text, why string }{
		{"", "EOF"},
		{"[]", "does not start with {"},
		{"null", "does not start with {"},
		{wellFormed[:40], "EOF"},
		{wellFormed + "{}", "something follows it"},
		{with("Ann", "\xff"), "not UTF-8"},
		{with(`"n":7`, `"n":7,"n":7`), `"n" is there twice`},
		{with(`"n":7`, `"n":7,"\u006e":7`), `"n" is there twice`},
		{with(`"n":7`, `"N":7`), `"N" is not known`},
		{with(`"n":7`, `"n":7,"more":0`), `"more" is not known`},
		{with(`"n":7`, `"n":7,"-":0`), `"-" is not known`},
		{with(`"n":7`, `"n":7,"":0`), `"" is not known`},
		{with(`,"n":7`, ``), `"n" is missing`},
		{with(`7`, `null`), `"n": it is null`},
		{with(`7`, `7.0`), `"n": `},
		{with(`7`, `-7`), `"n": `},
		{with(`"key"`, `"Key"`), `"nick": "Key" is not known`},
		{with(`"key":"ann"`, `"key":"ann","key":"bob"`), `"nick": "key" is there twice`},
		{with(`,"key":"ann"`, ``), `"nick": "key" is missing`},
		{with(`\ud83d\ude00`, `\ud83d`), `\ud83d is half a character`},
		{with(`\ud83d\ude00`, `\ud83d\ud83d\ude00`), `\ud83d is half a character`},
		{with(`\ud83d\ude00`, `\ude00`), `\ude00 is half a character`},
		{with(`\ud83d\ude00`, `\uD83Dde00`), `\uD83D is half a character`},
		{with(`Ann`, `Ann\uDFFF`), `\uDFFF is half a character`},
	} {
		if got, err := parse(c.text); err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s is %+v, %v, want %q", c.text, got, err, c.why)
		}
	}
}

// TestEveryEntityThatTheRulesLeadToIsValid, whatever is said and done; invalid ones are in package archive.
func TestEveryEntityThatTheRulesLeadToIsValid(t *testing.T) {
	names := []string{"小明", "Ann", "ⅷ", "İstanbul", "Ὀδυσσεύς", "ΝΙΚΟΛΑΣ", "паша", "ﷲ", "Straße", "👍🏽", "𝓑𝓸𝓫", strings.Repeat("ж", 32)}
	s := NewState()
	var place Place
	checked := map[string]int{}
	apply := func(c Command) {
		place++
		r := Apply(s, Record{Place: place, Time: time.Unix(1, 1).UTC(), Origin: Origin{Node: "n", Epoch: 1, N: uint64(place)}, Command: c})
		if r.Refusal != nil {
			t.Errorf("%+v is refused: %v", c, r.Refusal)
		}
		for _, change := range r.Changes {
			value, err := json.Marshal(change.Value)
			if err != nil {
				t.Fatal(err)
			}
			change.Value = json.RawMessage(value)
			if err := NewState().AddEntity(change); err != nil {
				t.Errorf("%T led to %s: %v", c, value, err)
			}
			checked[change.Kind]++
		}
	}
	for i, name := range names {
		id := sid(i + 1)
		apply(Enter{Session: id, Door: "line", Nick: nick(name)})
		apply(Direct{By: By(id), ToKey: nick(names[0]).Key, Text: "psst", New: true})
		room, err := ParseRoom(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		apply(Join{By: By(id), Room: room, Rooms: 99, Joined: 99, New: true})
		apply(SetTopic{By: By(id), Room: room, Text: strings.Repeat("茶", NoteMaxBytes/3)})
		apply(SetAway{By: By(id), Text: "lunch"})
	}
	for kind, want := range map[string]int{
		EntityRoom:    4 * len(names), // all but being away
		EntitySession: 3 * len(names), // entering, joining, being away
		entityNode:    5 * len(names),
	} {
		if checked[kind] != want {
			t.Errorf("%d changes of kind %s were checked, want %d", checked[kind], kind, want)
		}
	}
}
