package line

import (
	"testing"

	"parley/chat"
	"parley/door/stream"
)

// TestAFaultInACommandIsToldToItsMember: its session ends, and the others talk on.
func TestAFaultInACommandIsToldToItsMember(t *testing.T) {
	h := open(t, nil)
	ann, ben := h.enter("ann"), h.enter("ben")
	ann.reads("ben enters the chat room")
	h.storage.armed.Store(true)
	ben.types("/history")
	ben.reads(english.Refused(chat.Refuse(chat.Internal)))
	ben.ends()
	ann.reads("ben quits the chat room")
	ann.types("/who")
	ann.reads("ann")
}

// TestAMemberThatReadsTooSlowlyIsToldSo, and so is one whose line could not be shown.
func TestAMemberThatReadsTooSlowlyIsToldSo(t *testing.T) {
	h := open(t, nil)
	m := h.door.NewSession().(*member)
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{m.LastWords(stream.Slow), english.Slow},
		{h.door.Unshown(), english.Unshown},
	} {
		if string(c.got) != c.want+"\n" {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
