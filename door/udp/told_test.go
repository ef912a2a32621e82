package udp

import (
	"fmt"
	"testing"
	"time"

	"parley/chat"
	"parley/door/udp/socket"
	"parley/outbox"
)

func TestAMemberIsToldWhyItsDatagramIsDropped(t *testing.T) {
	const broken, large = "C ann \xff", "C ann and so on"
	for name, c := range map[string]struct {
		data      string
		truncated bool
		told      chat.Code // OK: nothing
	}{
		"not UTF-8":         {broken, false, chat.TextEncoding},
		"Latin-1":           {"C ann caf\xe9", false, chat.TextEncoding},
		"GBK":               {"C ann \xc4\xe3\xba\xc3", false, chat.TextEncoding},
		"a NUL":             {"C ann a\x00b", false, chat.TextEncoding},
		"a nickname":        {"L \xff", false, chat.TextEncoding},
		"too large":         {large, true, chat.TextTooLong},
		"too large, broken": {broken, true, chat.TextTooLong},
		"empty":             {"", false, chat.OK},
		"a line break":      {"\n", false, chat.OK},
	} {
		t.Run(name, func(t *testing.T) {
			d, clock := openDoor(t, Config{Members: 10})
			m := testMember(d, "127.0.0.1:9")
			p := socket.Packet{Peer: m.peer, Data: []byte(c.data), Truncated: c.truncated}
			told := func(when string, want ...string) {
				t.Helper()
				d.sending = nil
				if d.pack(m, paceMax); fmt.Sprint(texts(d.sending)) != fmt.Sprint(want) {
					t.Errorf("%s: told %q, want %q", when, texts(d.sending), want)
				}
			}
			var want []string
			if c.told != chat.OK {
				want = []string{c.told.Sentence()}
			}
			clock.at = clock.at.Add(time.Hour)
			d.receive(p)
			d.receive(p)
			told("twice at once", want...)
			clock.at = clock.at.Add(tellEvery - 1)
			d.receive(p)
			told("too soon")
			clock.at = clock.at.Add(1)
			d.receive(p)
			told("a second later", want...)
			if m.heard != clock.at {
				t.Error("the member counts as silent")
			}
		})
	}
}

// TestAStrangerIsToldNothingAboutRubbish: it might be told in somebody else's name.
func TestAStrangerIsToldNothingAboutRubbish(t *testing.T) {
	d, _ := openDoor(t, Config{Members: 10})
	d.writer.Close()
	d.writer = outbox.NewWriter(time.Hour, func(all []*member, _ int) []*member {
		t.Errorf("%d are sent something", len(all))
		return nil
	}, nil)
	for _, p := range []socket.Packet{
		{Data: []byte("C ann \xff")},
		{Data: []byte("L \x00")},
		{Data: []byte("C"), Truncated: true},
		{},
	} {
		p.Peer = strangerAt(1)
		d.receive(p)
	}
	d.writer.Close() // whatever was to be sent is sent
	if bad, large := d.counts.malformed.Load(), d.counts.oversized.Load(); bad != 3 || large != 1 {
		t.Errorf("%d are malformed and %d too large", bad, large)
	}
}
