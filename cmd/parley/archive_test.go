package main

import (
	"slices"
	"testing"

	"parley/archive"
	"parley/chat"
	"parley/locale"
)

func TestABackupWithoutItsChecksumIsSaidToBe(t *testing.T) {
	report := &archive.Report{}
	if said := unsummed(report, locale.English); said != nil {
		t.Errorf("%q", said)
	}
	report.Unsummed = "b.db.sha256"
	for lang, want := range map[locale.Lang]string{
		locale.English: "no checksum file b.db.sha256: only what the database itself contains " +
			"was checked",
		locale.Chinese: "没有找到校验和文件 b.db.sha256：只检查了数据库本身的内容",
	} {
		if said := verified(report, false, lang); !slices.Contains(said, want) {
			t.Errorf("%q", said)
		}
	}
}

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
