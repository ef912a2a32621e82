package main

import (
	"slices"
	"testing"

	"parley/server"
)

func TestConfigNamesWhatARunningServerHasOtherwise(t *testing.T) {
	flags := map[string]string{"data": "here", "udp-words": "zh", "udp-rate": "5"}
	all, err := server.Resolve(server.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	given := server.Given{
		Typed:   map[string]string{"data": "/srv/here", "udp-words": "zh"},
		Written: map[string]string{"listen": ":9"},
	}
	want := []string{`listen = ":9"`, "udp.rate = 20"}
	if got := differing(all, given); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	given.Typed["udp-rate"], given.Written = "5", nil
	if got := differing(all, given); len(got) > 0 {
		t.Errorf("%q differ", got)
	}
}
