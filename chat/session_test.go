package chat

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestSessionIDAsText(t *testing.T) {
	for text, id := range map[string]SessionID{
		"here/0000000000000007/1":                   s1,
		"a/b/ffffffffffffffff/18446744073709551615": {"a/b", 1<<64 - 1, 1<<64 - 1},
		"/0000000000000000/0":                       {},
	} {
		var read SessionID
		if err := read.UnmarshalText([]byte(text)); err != nil || read != id || id.String() != text {
			t.Errorf("%s: %v, %v", text, read, err)
		}
	}
}

func TestSessionIDsHaveOneText(t *testing.T) {
	for _, text := range []string{
		"", "here", "here/1", "here/7/1", "here/0000000000000007/", "here/0000000000000007/01",
		"here/0000000000000007/+1", "here/000000000000000A/1", "here/0000000000000007/-1",
		"here/0000000000000007/18446744073709551616", "here/00000000000000007/1",
		"here/0x00000000000007/1", "here/0000000000000007/1 ",
	} {
		id := s2
		if err := id.UnmarshalText([]byte(text)); err == nil || id != s2 {
			t.Errorf("%q is read as %v, %v", text, id, err)
		}
	}
}

func TestSessionIDsAreOrdered(t *testing.T) {
	want := []SessionID{
		{"here", 7, 2}, {"here", 7, 10}, {"here", 16, 1}, {"there", 1, 1},
	}
	got := []SessionID{want[3], want[2], want[1], want[0]}
	slices.SortFunc(got, SessionID.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestAnEntityWithAnInvalidSessionIsRefused: also where the field has a text form of its own.
func TestAnEntityWithAnInvalidSessionIsRefused(t *testing.T) {
	const rest = `"door":"udp","nick":{"name":"Ann","key":"ann"},"rooms":[],` +
		`"entered":"2030-05-01T12:00:00Z"}`
	for _, c := range []struct {
		what, start string
		ok          bool
	}{
		{"as written", `{"id":"here/0000000000000007/1",`, true},
		{"with a peer", `{"id":"here/0000000000000007/1","peer":"10.0.0.7:1",`, true},
		{"an ID that is an object", `{"id":{"Node":"here","Life":7,"N":1},`, false},
		{"an ID that is null", `{"id":null,`, false},
		{"an ID of other digits", `{"id":"here/7/1",`, false},
		{"a peer that is null", `{"id":"here/0000000000000007/1","peer":null,`, false},
		{"a peer without an address", `{"id":"here/0000000000000007/1","peer":"here",`, false},
	} {
		change := Change{EntitySession, s1.String(), json.RawMessage(c.start + rest)}
		if err := NewState().AddEntity(change); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}
