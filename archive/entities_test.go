package archive

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"parley/store"
)

// TestImportRefusesARoomThatNoServerMakes, and says in which line it is.
func TestImportRefusesARoomThatNoServerMakes(t *testing.T) {
	stored := talk(t)
	path := filepath.Join(stored, store.FileName)
	for what, c := range map[string]struct{ key, value, why string }{
		"a topic of two lines": {
			"lobby", `{"id":"lobby","seq":0,"topic":"tea\nat five"}`,
			"invalid topic",
		},
		"a topic of 900 KB": {"lobby", `{"id":"lobby","seq":0,"topic":"` + strings.Repeat("x",
			900<<10) + `"}`, "invalid topic"},
		"an invisible topic": {
			"lobby", `{"id":"lobby","seq":0,"topic":" \u200b"}`,
			"invalid topic",
		},
		"a steering topic": {
			"lobby", `{"id":"lobby","seq":0,"topic":"\u001b[2J"}`,
			"invalid topic",
		},
		"half a character": {
			"lobby", `{"id":"lobby","seq":0,"topic":"\uD83d tea"}`,
			"half a character",
		},
		"a topic of two alone": {
			"@ann+bob", `{"id":"@ann+bob","seq":0,"topic":"tea"}`,
			"invalid topic",
		},
		"a name in capitals": {"lobby", `{"id":"lobby","Seq":0}`, `"Seq" is not known`},
		"a name twice": {
			"lobby", `{"id":"lobby","seq":0,"seq":0}`,
			`"seq" is there twice`,
		},
		"a name missing": {"lobby", `{"id":"lobby"}`, `"seq" is missing`},
		"null":           {"lobby", `{"id":"lobby","seq":null}`, "null"},
		"a seq beyond all": {
			"lobby", `{"id":"lobby","seq":9223372036854775808}`,
			"invalid seq",
		},
		"another key":           {"lobby", `{"id":"Lobby","seq":0}`, "another key"},
		"a room in capitals":    {"Lobby", `{"id":"Lobby","seq":0}`, "not a valid room name"},
		"a room with a space":   {"tea room", `{"id":"tea room","seq":0}`, "not a valid room name"},
		"a room of mixed looks": {"lоbby", `{"id":"lоbby","seq":0}`, "not a valid room name"},
		// a Cyrillic o
		"too long a room": {strings.Repeat("x", 65), `{"id":"` + strings.Repeat("x",
			65) + `","seq":0}`, "not a valid room name"},
		"two in wrong order": {"@bob+ann", `{"id":"@bob+ann","seq":0}`, "not a valid room name"},
		"one alone":          {"@ann", `{"id":"@ann","seq":0}`, "not a valid room name"},
		"nobody":             {"@+", `{"id":"@+","seq":0}`, "not a valid room name"},
	} {
		line := fmt.Sprintf(`{"type":"entity","kind":"room","key":%q,"value":%s}`, c.key, c.value)
		_, err := decode(strings.NewReader(signed(1, 0, header, line)), noon, nil,
			nil) // it comes to neither
		if err == nil || !strings.Contains(err.Error(), c.why) || !strings.HasPrefix(err.Error(),
			"line 2: ") {
			t.Errorf("%s: %v, want %q", what, err, c.why)
		}
		change(t, path,
			fmt.Sprintf("INSERT OR REPLACE INTO state VALUES ('room', '%s', '%s', 0, zeroblob(32))",
				c.key, c.value))
		report, err := VerifyData(t.Context(), stored, quiet)
		if err != nil || len(report.Problems) == 0 || !strings.Contains(report.Problems[0].Error(),
			c.why) {
			t.Errorf("%s, stored: %v, %v, want %q", what, report, err, c.why)
		}
		change(t, path, fmt.Sprintf("DELETE FROM state WHERE key = '%s'", c.key))
	}
}
