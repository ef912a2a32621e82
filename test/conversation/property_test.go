package conversation

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parley/chat"
)

// visit is what somebody does in a conversation that is made up: comes in under a nickname, unless somebody has it, talks and leaves.
type visit struct {
	nick  string
	lines int
}

// TestAnyConversation: people come in through any doors, at the same time and under a few nicknames, talk and leave. Then each
// nickname had one holder at a time, what was taken is stored once, in the order of whoever said it, and everybody who was there
// heard it so.
func TestAnyConversation(t *testing.T) {
	t.Parallel()
	stage, err := open(t.TempDir(), patience)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stage.Close(); err != nil {
			t.Error(err)
		}
	}()
	rapid.Check(t, func(r *rapid.T) {
		one := rapid.Custom(func(r *rapid.T) visit {
			return visit{rapid.SampledFrom([]string{"ann", "Ann", "bob"}).Draw(r, "nick"), rapid.IntRange(1, 4).Draw(r, "lines")}
		})
		var cast Cast
		var doors assignment
		var visits [][]visit
		for i := range rapid.IntRange(2, 4).Draw(r, "people") {
			cast = append(cast, Plays(fmt.Sprint("person ", i)))
			doors = append(doors, rapid.SampledFrom(Doors()).Draw(r, "door"))
			visits = append(visits, rapid.SliceOfN(one, 1, 4).Draw(r, "visits"))
		}
		took := make([][]string, len(cast))
		o, err := stage.tell(cast, doors, func(s *Story) {
			s.isCrowded = true
			var visiting []func()
			for i, m := range s.members {
				visiting = append(visiting, func() { took[i] = m.visits(visits[i]) })
			}
			s.Together(visiting...)
		})
		if err == nil {
			err = errors.Join(oneHolder(o.messages), storedOnce(o.messages, took))
		}
		if err != nil {
			stage.clear()
			r.Fatalf("by %s: %v", doors, err)
		}
	})
}

// visits visits, and returns what was said.
func (m *Member) visits(all []visit) (said []string) {
	for i, v := range all {
		if m.EntersAs(v.nick); m.Refusal() != chat.OK {
			continue
		}
		for line := range v.lines {
			text := fmt.Sprint(m.role, ", visit ", i, ", line ", line)
			m.Says(text)
			said = append(said, text)
		}
		m.Quits()
	}
	return said
}

// oneHolder checks that whoever enters, speaks or leaves has the nickname alone.
func oneHolder(messages []chat.Message) error {
	holders := map[string]string{} // by key, as shown
	for _, m := range messages {
		if m.Kind == chat.KindAnnouncement {
			continue
		}
		nick, err := chat.ParseNick(m.Nick)
		if err != nil {
			return err
		}
		key := nick.Key
		switch held := holders[key]; {
		case m.Kind == chat.KindEntered && held != "":
			return fmt.Errorf("%s enters as message %d while %s is inside", m.Nick, m.Seq, held)
		case m.Kind == chat.KindEntered:
			holders[key] = m.Nick
		case held != m.Nick:
			return fmt.Errorf("%s, who is not inside, is in message %d", m.Nick, m.Seq)
		case m.Kind == chat.KindLeft:
			delete(holders, key)
		}
	}
	return nil
}

// storedOnce checks that all that each said is stored, once and in their order, and nothing else.
func storedOnce(messages []chat.Message, said [][]string) error {
	for _, m := range messages {
		if m.Kind != chat.KindMessage {
			continue
		}
		found := false
		for i, texts := range said {
			if len(texts) > 0 && texts[0] == m.Text {
				said[i], found = texts[1:], true
			}
		}
		if !found {
			return fmt.Errorf("message %d is stored twice, out of turn, or was never said: %q", m.Seq, m.Text)
		}
	}
	for _, texts := range said {
		if len(texts) > 0 {
			return fmt.Errorf("said and not stored: %q", texts)
		}
	}
	return nil
}

// clear removes who is inside after a conversation that went wrong, and forgets what is stored of it.
func (s *stage) clear() {
	for m := range s.Desk().Hub.Who(chat.Lobby) {
		_ = s.do(chat.Kick{By: chat.ByOperator(), NickKey: m.Nick.Key}) // or it has left already
	}
	_, _ = s.outcome()
}
