package chat

import (
	"encoding/hex"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestFollowIsWhatItWas: digests are on disks, so what they run over never changes.
func TestFollowIsWhatItWas(t *testing.T) {
	m := Message{Room: Lobby, Seq: 1, Time: time.Unix(0, 1_900_000_000_123_456_789), Kind: KindMessage, Nick: "小明", Text: "one\ntwo"}
	first := Hash{}.Follow(m)
	const want = "1785b525b237ed3ba5aa3d01c7c817d6baf15743f38d7a263acb0ce19446c62c"
	if got := hex.EncodeToString(first[:]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestHashesAreWhatTheyWere: sums of them are on disks, so they never change.
func TestHashesAreWhatTheyWere(t *testing.T) {
	m := Message{
		Room: Lobby, Seq: 1, Time: time.Unix(0, 1_900_000_000_123_456_789), Kind: KindMessage,
		Nick: "小明", Text: "one\ntwo",
	}
	later := m
	later.Author, later.Reply, later.Place = 7, 8, 9
	for want, m := range map[string]Message{
		"0bd3fac42f13466ccf43b50c2f00673241345541e7b539b81b54a092ee5687be": m,
		"475f7e0e428c5aee6f8d56e658d5a719c705e15073dd08e4460379b61b33c7f5": later,
	} {
		if got := m.Hash(); got.String() != want {
			t.Errorf("%+v has the hash %v, want %s", m, got, want)
		}
	}
}

// TestHashesTellEveryFieldApart, those of a chain and those of a sum.
func TestHashesTellEveryFieldApart(t *testing.T) {
	m := Message{Room: "a", Seq: 1, Time: noon, Kind: KindMessage, Nick: "b", Text: "c"}
	with := func(change func(*Message)) Message {
		other := m
		change(&other)
		return other
	}
	messages := map[string]Message{
		"itself": m,
		"room":   with(func(m *Message) { m.Room = "x" }),
		"seq":    with(func(m *Message) { m.Seq = 2 }),
		"time":   with(func(m *Message) { m.Time = noon.Add(1) }),
		"kind":   with(func(m *Message) { m.Kind = KindLeft }),
		"nick":   with(func(m *Message) { m.Nick = "x" }),
		"text":   with(func(m *Message) { m.Text = "x" }),
		"author": with(func(m *Message) { m.Author = 5 }),
		"reply":  with(func(m *Message) { m.Reply = 5 }),

		"nick and text joined": with(func(m *Message) { m.Nick, m.Text = "bc", "" }),
	}
	seen := map[Hash]string{}
	tell := func(what string, h Hash) {
		t.Helper()
		if like, taken := seen[h]; taken {
			t.Errorf("%s has the hash of %s", what, like)
		}
		seen[h] = what
	}
	for what, m := range messages {
		tell(what+" in a sum", m.Hash())
		for _, before := range []Hash{{}, {1}} {
			tell(what+" in a chain", before.Follow(m))
		}
	}
	tell("place", with(func(m *Message) { m.Place = 5 }).Hash())
}

// TestLaterFieldsThatAreZeroLeaveTheRunningHash: an equal history has an equal hash in each
// version.
func TestLaterFieldsThatAreZeroLeaveTheRunningHash(t *testing.T) {
	room := Room{ID: Lobby, Seq: 1, Topic: "tea"}
	session := Session{
		ID: s1, Door: "udp", Nick: nick("Ann"), Rooms: []RoomID{Lobby},
		Entered: noon,
	}
	turn := turn{record: Record{Place: 1}}
	turn.result.Messages = []Message{
		{Room: Lobby, Seq: 1, Time: noon, Kind: KindMessage, Nick: "Ann", Text: "hello"},
	}
	turn.result.Changes = []Change{
		{Kind: EntityRoom, Key: "lobby", Value: room},
		{Kind: EntitySession, Key: s1.String(), Value: session},
	}
	const want = "ed32bdd7e8a9aa6999af337ca47a69e99fd84491ed26c42b17c7ca19f4db3a32"
	if got := turn.hash(Hash{}); got.String() != want {
		t.Errorf("%v, want %s", got, want)
	}
	var without, with encoding
	room.encode(&without)
	room.Amended = 1
	room.encode(&with)
	if room.Rev() != Rev(room.Seq)+1 || len(with) != len(without)+16 {
		t.Errorf("rev %d, and %d bytes more", room.Rev(), len(with)-len(without))
	}
}

// TestSumsHaveNoOrder, and Minus undoes Plus.
func TestSumsHaveNoOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) (h Hash) {
			copy(h[:], rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 0x7f, 0x80, 0xff}), 32,
				32).Draw(t, what))
			return h
		}
		a, b, c := draw("a"), draw("b"), draw("c")
		modulus := new(big.Int).Lsh(big.NewInt(1), 256)
		want := new(big.Int).Add(new(big.Int).SetBytes(a[:]), new(big.Int).SetBytes(b[:]))
		want.Mod(want, modulus)
		if got := a.Plus(b); new(big.Int).SetBytes(got[:]).Cmp(want) != 0 {
			t.Errorf("%v + %v is %v", a, b, got)
		}
		undone := a.Plus(b).Minus(b) == a && a.Minus(b).Plus(b) == a
		if a.Plus(b).Plus(c) != c.Plus(a).Plus(b) || !undone {
			t.Errorf("%v, %v, %v", a, b, c)
		}
	})
}
