package command

import (
	"testing"
	"time"

	"parley/chat"
	"parley/locale"
)

// isWorded checks an answer in both languages.
func isWorded(t *testing.T, a Answer, en, zh string) {
	t.Helper()
	for lang, want := range map[locale.Lang]string{locale.English: en, locale.Chinese: zh} {
		if got := a.Text(lang); got != want {
			t.Errorf("%+v reads %q, want %q", a, got, want)
		}
	}
}

func TestAKickSaysThatTheMemberCanJoinAgain(t *testing.T) {
	isWorded(t, &Done{Done: "removed", Nick: "ann"},
		"ann was removed from the chat room, and can join again",
		"已将 ann 踢出聊天室，对方可以重新加入")
}

func TestDoorsAreNamedByTheirProtocol(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	for door, name := range map[string]string{"udp": "UDP", "line": "TCP", "irc": "irc"} {
		isWorded(t, &Member{Nick: "ann", Door: door, Rooms: []chat.RoomID{"lobby"}, Entered: at},
			"ann  ("+name+", since 2026-11-22 12:00:00)", "ann（"+name+"，2026-11-22 12:00:00 进入）")
	}
}
