package archive

import (
	"strings"
	"testing"

	"parley/chat"
)

// TestAnnouncementsAreExportedOnce: and with each public room, as its history shows them.
func TestAnnouncementsAreExportedOnce(t *testing.T) {
	dir := t.TempDir()
	apply(t, dir,
		chat.Enter{Session: s1, Door: "udp", Nick: chat.Nick{Name: "Ann", Key: "ann"}},
		chat.Enter{Session: s2, Door: "udp", Nick: chat.Nick{Name: "Bob", Key: "bob"}},
		chat.Join{By: chat.By(s1), Room: "attic", Rooms: 9, Joined: 9, New: true},
		chat.Announce{By: chat.ByOperator(), Text: "tea at five"},
		chat.Direct{By: chat.By(s1), ToKey: "bob", Text: "coming?", New: true},
		chat.Post{By: chat.By(s1), Room: "attic", Text: "yes"},
		chat.Join{By: chat.By(s1), Room: "(dev)", Rooms: 9, Joined: 9, New: true}, // is before *
	)
	const told = `{"type":"message","room":"*","seq":1,"time":"2020-05-01T12:00:04.123456789Z",` +
		`"kind":"announcement","nick":"","text":"tea at five","place":4}`
	for room, want := range map[chat.RoomID]int{
		"": 1, "lobby": 1, "attic": 1, "(dev)": 1, chat.Everywhere: 1, "@1:2": 0,
	} {
		before := exported(t, dir, room)
		if got := strings.Count(before, told+"\n"); got != want {
			t.Errorf("the export of %q has the announcement %d times:\n%s", room, got, before)
		}
		again, err := imported(t, before)
		if err != nil {
			t.Fatal(err)
		}
		if after := exported(t, again, room); after != before {
			t.Errorf("%q was\n%sand is\n%s", room, before, after)
		}
		report, err := VerifyData(t.Context(), again, quiet)
		if err != nil || len(report.Problems) > 0 {
			t.Errorf("%+v, %v", report, err)
		}
	}
}

func TestOnlyAnnouncementsAreToldEverywhere(t *testing.T) {
	const (
		everywhere = `{"type":"entity","kind":"room","key":"*","value":{"id":"*","seq":1}}`
		message    = `{"type":"message","room":"*","seq":1,"time":"2020-05-01T12:00:01Z",` +
			`"kind":"announcement","nick":"","text":"tea","place":1}`
	)
	for what, c := range map[string]struct{ from, to, why string }{
		"an announcement": {},
		"a member's": {
			`"announcement","nick":""`, `"message","nick":"ann"`,
			"announcements only",
		},
		"without a place": {`,"place":1`, "", "announcements only"},
		"a topic":         {`"seq":1}}`, `"seq":1,"topic":"tea"}}`, "invalid topic"},
		"a quiet one":     {`"seq":1}}`, `"seq":1,"quiet":true}}`, "cannot be quiet"},
	} {
		content := signed(1, 1, header, strings.Replace(everywhere, c.from, c.to, 1),
			strings.Replace(message, c.from, c.to, 1))
		if _, err := imported(t, content); c.why != "" {
			refusedWith(t, err, c.why)
		} else if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
