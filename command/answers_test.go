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

func TestANewRoomIsToldFromAnEmptyOne(t *testing.T) {
	isWorded(t, &Joined{Room: "dev", New: true},
		"[dev] you talk in this room now; the room is new", "[dev] 已新建并切换到这个房间")
	isWorded(t, &Joined{Room: "dev", Topic: "tea"},
		"[dev] you talk in this room now; nobody else is here; topic: tea",
		"[dev] 已切换到这个房间，这里只有你；主题：tea")
	isWorded(t, &Joined{Room: "dev", Others: 2},
		"[dev] you talk in this room now, with 2 others", "[dev] 已切换到这个房间，另有 2 人")
}

func TestMembersOutsideTheLobbyAreCounted(t *testing.T) {
	isWorded(t, &Elsewhere{Count: 1, Here: 2, Typed: true},
		"1 more member is not in the lobby: /rooms lists the other rooms",
		"另有 1 人不在大厅：用 /rooms 查看其他房间")
	isWorded(t, &Elsewhere{Count: 2, Here: 2},
		"2 more members are not in the lobby: parley rooms lists the other rooms",
		"另有 2 人不在大厅：用 parley rooms 查看其他房间")
	isWorded(t, &Elsewhere{Count: 1},
		"nobody is here\n1 member is not in the lobby: parley rooms lists the other rooms",
		"房间里没有人\n有 1 人不在大厅：用 parley rooms 查看其他房间")
	for _, c := range []struct {
		caller *Caller
		args   Arguments
		count  int
		want   bool
	}{
		{nil, Arguments{}, 1, true},
		{nil, Arguments{}, 0, false},
		{nil, Arguments{"room": "lobby"}, 1, false},
		{&Caller{}, Arguments{}, 1, false},
	} {
		if got := (&Elsewhere{Count: c.count}).Matters(c.caller, c.args); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestDoorsAreNamedByTheirProtocol(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.Local)
	for door, name := range map[string]string{"udp": "UDP", "line": "TCP", "irc": "irc"} {
		isWorded(t, &Member{Nick: "ann", Door: door, Rooms: []chat.RoomID{"lobby"}, Entered: at},
			"ann  ("+name+", since 2026-11-22 12:00:00)", "ann（"+name+"，2026-11-22 12:00:00 进入）")
	}
}
