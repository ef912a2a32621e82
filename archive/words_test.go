package archive

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/locale"
)

func TestWhatIsNotAnExportOrABackupIsToldInChinese(t *testing.T) {
	for content, want := range map[string]string{
		"\xff":       "第 1 行：不是 UTF-8 文本",
		"dear diary": "第 1 行：不是导出文件：首行应为 ",
	} {
		path := filepath.Join(t.TempDir(), "export")
		write(t, path, content)
		from, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Import(t.Context(), from, t.TempDir(), time.Now(), quiet)
		from.Close()
		if got := locale.Explain(err, locale.Chinese); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	file := filepath.Join(t.TempDir(), "diary")
	write(t, file, strings.Repeat("dear diary\n", 1000))
	_, err := Restore(t.Context(), file, t.TempDir(), quiet)
	if got := locale.Explain(err, locale.Chinese); !strings.HasSuffix(got, "（它不是 SQLite 文件）") {
		t.Error(got)
	}
}

func TestAPlaceThatGoesBackIsSaidToBeWrong(t *testing.T) {
	in := intake{
		format: 2, state: chat.NewState(), last: chat.Message{Room: chat.Lobby, Place: 7},
	}
	err := in.message(chat.Message{Room: chat.Lobby, Place: 5})
	for lang, want := range map[locale.Lang]string{
		locale.English: "its place in the log is 5, but must be at least 7, that of the message " +
			"before it",
		locale.Chinese: "其在日志中的位置为 5，不应小于前一条消息的位置 7",
	} {
		if got := locale.Explain(err, lang); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestADirectoryIsNotABackup(t *testing.T) {
	dir := t.TempDir()
	_, err := Restore(t.Context(), dir, t.TempDir(), quiet)
	refusedWith(t, err, dir+" is a directory, not a backup: name the file that parley backup wrote")
	_, _, err = MakeBackup(t.Context(), talk(t, "one"), dir, quiet)
	refusedWith(t, err, "name a new file, such as "+filepath.Join(dir, "parley-backup.db"))
}
