package chat

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseRoom(t *testing.T) {
	for typed, want := range map[string]RoomID{
		"dev": "dev", "#dev": "dev", "DEV": "dev", "Ｄｅｖ": "dev", "读书会": "读书会", "read-2030": "read-2030", "Straße": "straße",
		"": "", "#": "", "##dev": "", "@ann+bob": "", "a b": "", "a,b": "", "a:b": "", "a/b": "", "a\x00b": "", "a\x1b[31m": "", "a\nb": "",
		"\xff": "", "dеv": "", // a Cyrillic letter
		strings.Repeat("x", 33): "", strings.Repeat("x", 1000): "", "dev\u200b": "", "dev\u202e": "",
	} {
		got, err := ParseRoom(typed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
		var refusal *Refusal
		if err != nil && (!errors.As(err, &refusal) || refusal.Code != RoomName) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestParseAnyRoom(t *testing.T) {
	for typed, want := range map[string]RoomID{
		"#Dev": "dev", "@ann+bob": "@ann+bob", "@bob+ann": "", "@ann": "", "#@ann+bob": "", "": "",
	} {
		if got, err := ParseAnyRoom(typed); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
	}
}

func FuzzParseRoom(f *testing.F) {
	for _, seed := range []string{"dev", "#Dev", "读书会", "@a+b", "ﷺﷺ", "İ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		id, err := ParseRoom(typed)
		if err != nil {
			return
		}
		if again, err := ParseRoom(string(id)); again != id || err != nil {
			t.Errorf("%q is %q, and that is %q, %v", typed, id, again, err)
		}
		if len(id) > RoomMaxBytes || !utf8.ValidString(string(id)) || id.IsDirect() || strings.ContainsAny(string(id), " ,#\r\n\x00") {
			t.Errorf("%q is %q", typed, id)
		}
	})
}

func TestDirectRoomIsOneForBoth(t *testing.T) {
	if a, b := DirectRoom(12, 7), DirectRoom(7, 12); a != b || a != "@7:12" || !a.IsDirect() {
		t.Errorf("%q and %q", a, b)
	}
	for room, want := range map[RoomID]bool{
		"@7:12": true, "@7:7": true, "@12:7": false, "@07:12": false, "@0:7": false, "@7:": false,
		"@7:+12": false, "@7:9223372036854775808": false, "@ann:bob": false, "@ann+bob": false,
		"7:12": false, "lobby": false, "@7:12:13": false,
	} {
		if a, b, ok := room.Users(); ok != want || ok && DirectRoom(a, b) != room {
			t.Errorf("%s: %d, %d, %v", room, a, b, ok)
		}
		if want != room.IsRoom() && room != "@ann+bob" && room != Lobby {
			t.Errorf("%s is a room: %v", room, room.IsRoom())
		}
	}
	if Lobby.IsDirect() {
		t.Error("the lobby is of two")
	}
}
