package archive

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/chat"
)

func TestVerifyOfAnExportReadsEveryLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history.jsonl")
	whole := signed(1, 2, header, lobby2, first, second)
	write(t, file, whole)
	report, err := VerifyExport(t.Context(), file, time.Now(), quiet)
	if err != nil || len(report.Rooms) != 1 || report.Messages() != 2 || !IsExport(file) {
		t.Errorf("%+v, %v", report, err)
	}
	for damaged, why := range map[string]string{
		strings.Replace(whole, "two", "six", 1):     "the file was changed",
		whole[:strings.LastIndex(whole, `{"type"`)]: "line 5: ",
		strings.Replace(whole, `"seq":2,"time"`, `"seq":3,"time"`,
			1): "line 4: room lobby: message 3",
	} {
		write(t, file, damaged)
		_, err := VerifyExport(t.Context(), file, time.Now(), quiet)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %s", err, why)
		}
	}
}

func TestTheLobbyIsExportedByItsChineseName(t *testing.T) {
	dir := talk(t, "one")
	export := func(room chat.RoomID) string {
		var out bytes.Buffer
		if err := Export(t.Context(), dir, room, &out, quiet); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got, want := export(chat.LobbyInChinese), export(chat.Lobby); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
