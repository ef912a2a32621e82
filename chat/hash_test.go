package chat

import (
	"encoding/hex"
	"testing"
	"time"
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

func TestFollowTellsEveryFieldApart(t *testing.T) {
	m := Message{Room: "a", Seq: 1, Time: noon, Kind: KindMessage, Nick: "b", Text: "c"}
	seen := map[Hash]string{}
	for what, other := range map[string]Message{
		"itself":               m,
		"room":                 {Room: "x", Seq: 1, Time: noon, Kind: KindMessage, Nick: "b", Text: "c"},
		"seq":                  {Room: "a", Seq: 2, Time: noon, Kind: KindMessage, Nick: "b", Text: "c"},
		"time":                 {Room: "a", Seq: 1, Time: noon.Add(1), Kind: KindMessage, Nick: "b", Text: "c"},
		"kind":                 {Room: "a", Seq: 1, Time: noon, Kind: KindLeft, Nick: "b", Text: "c"},
		"nick":                 {Room: "a", Seq: 1, Time: noon, Kind: KindMessage, Nick: "x", Text: "c"},
		"text":                 {Room: "a", Seq: 1, Time: noon, Kind: KindMessage, Nick: "b", Text: "x"},
		"nick and text joined": {Room: "a", Seq: 1, Time: noon, Kind: KindMessage, Nick: "bc", Text: ""},
	} {
		for _, before := range []Hash{{}, {1}} {
			h := before.Follow(other)
			if like, taken := seen[h]; taken {
				t.Errorf("%s has the digest of %s", what, like)
			}
			seen[h] = what
		}
	}
}
