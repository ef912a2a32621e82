package main

import (
	"errors"
	"strings"
	"testing"

	"parley/doctor"
	"parley/locale"
	"parley/server"
)

func TestTheReportOnATerminal(t *testing.T) {
	var screen strings.Builder
	r := &table{to: &screen, lang: locale.Chinese, live: true, colours: true, width: 8}
	c := doctor.Check{Name: "space", Looks: locale.Text{EN: "disk space", ZH: "磁盘空间"}}
	r.begin(c)
	r.clear()
	for i, f := range []doctor.Finding{
		{Level: doctor.Fail, What: locale.Text{EN: "full\nreally", ZH: "满\n真的"}, Remedy: locale.Text{EN: "df"}},
		{Level: doctor.OK, What: locale.Text{EN: "fine", ZH: "好"}},
	} {
		if err := r.tell(c, f, i == 0); err != nil {
			t.Fatal(err)
		}
	}
	want := "...         磁盘空间\r\x1b[K" +
		"\x1b[31mxx 故障   \x1b[m  磁盘空间  满\n" +
		"                      真的\n" +
		"                      df\n" +
		"\x1b[32m正常      \x1b[m            好\n"
	if screen.String() != want {
		t.Errorf("got  %q\nwant %q", screen.String(), want)
	}
}

func TestARemedyStartsARunningServerAsItWasStarted(t *testing.T) {
	given := server.Given{
		File: "/etc/my room.toml",
		Typed: map[string]string{
			"data": "/elsewhere", "listen": ":9000,:9001/line", "no-limits": "true",
			"udp-allow": "",
		},
		Written: map[string]string{"message-max": "4KiB"},
	}
	got := serveAgain("/room", given, map[string]string{"listen": ":7", "data": "room"})
	const want = "parley serve --data /room --config '/etc/my room.toml' --listen :7 " +
		"--no-limits=true --udp-allow ''"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestTheVerdict(t *testing.T) {
	for watch, want := range map[int]string{
		0: "No problems.\n", 1: "No failures, 1 warning.\n",
		2: "No failures, 2 warnings.\n",
	} {
		var screen strings.Builder
		if err := newTable(&screen, locale.English).end(watch); err != nil || screen.String() != want {
			t.Errorf("%q, %v", screen.String(), err)
		}
	}
}

func TestAReportThatCannotBeWrittenIsAnError(t *testing.T) {
	broken := errors.New("broken pipe")
	c, f := doctor.Checks()[0], doctor.Finding{Level: doctor.OK}
	full := failingWriter{broken}
	for name, r := range map[string]report{"table": newTable(full, locale.English), "lines": lines{full}} {
		if err := r.tell(c, f, true); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
