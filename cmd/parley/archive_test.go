package main

import (
	"testing"

	"parley/chat"
	"parley/locale"
)

func TestListsOfRoomsSayWhichOnesNobodyCanJoin(t *testing.T) {
	for room, want := range map[chat.RoomID][2]string{
		"lobby":                 {"lobby", "lobby"},
		chat.Everywhere:         {"* (announcements)", "*（管理员消息）"},
		chat.DirectRoom(12, 34): {"@12:34 (private messages)", "@12:34（私聊）"},
		"@ann+bob":              {"@ann+bob (private messages)", "@ann+bob（私聊）"},
	} {
		en, zh := roomName(room, locale.English), roomName(room, locale.Chinese)
		if en != want[0] || zh != want[1] {
			t.Errorf("%s is called %q and %q", room, en, zh)
		}
	}
}
