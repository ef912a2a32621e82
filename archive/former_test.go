package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/chat"
	"parley/store"
)

// former is a database of a former format, as an old version wrote it, and its export by that
// version.
type former struct {
	format   int
	messages uint64
	export   string
}

func formers(t *testing.T) (all []former) {
	t.Helper()
	for _, f := range []former{{format: 1, messages: 9}, {format: 2, messages: 23}, {
		format:   3,
		messages: 31,
	}} {
		export, err := os.ReadFile(fmt.Sprintf("../store/testdata/format%d.jsonl", f.format))
		if err != nil {
			t.Fatal(err)
		}
		f.export = string(export)
		all = append(all, f)
	}
	return all
}

// in puts the database into a directory of its own, under a name.
func (f former) in(t *testing.T, name string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	data, err := os.ReadFile(fmt.Sprintf("../store/testdata/format%d.db", f.format))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, name), string(data))
	return dir
}

// lines returns an export without the lines that differ between its formats, the first and the
// last.
func lines(export string) []string {
	all := strings.Split(strings.TrimSuffix(export, "\n"), "\n")
	return all[1 : len(all)-1]
}

// holds checks that a data directory is sound and has the messages and rooms of the export, each as
// it was, and perhaps more messages behind them.
func (f former) holds(t *testing.T, dir string) {
	t.Helper()
	report, err := VerifyData(t.Context(), dir, quiet)
	if err != nil || len(report.Problems) > 0 || report.Messages() != f.messages {
		t.Errorf("%+v, %v", report, err)
	}
	got, want := lines(exported(t, dir, "")), lines(f.export)
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s\nwant %s", got[i], want[i])
		}
	}
}

func TestFormerFormatsAreVerifiedBackedUpAndRestored(t *testing.T) {
	for _, f := range formers(t) {
		t.Run(fmt.Sprint("format ", f.format), func(t *testing.T) {
			dir := f.in(t, store.FileName)
			f.holds(t, dir)
			file := backedUp(t, dir)
			report, err := VerifyFile(t.Context(), file, quiet)
			if err != nil || len(report.Problems) > 0 {
				t.Errorf("%+v, %v", report, err)
			}
			restored := t.TempDir()
			if _, err := Restore(t.Context(), file, restored, quiet); err != nil {
				t.Fatal(err)
			}
			f.holds(t, restored)
			f.holds(t, dir) // as before

			migrated := f.in(t, store.FileName)
			apply(t, migrated) // opens it
			f.holds(t, migrated)
			for _, d := range []string{restored, migrated} {
				apply(t, d, chat.Announce{By: chat.ByOperator(), Text: "on we go"})
				report, err := VerifyData(t.Context(), d, quiet)
				if err != nil || len(report.Problems) > 0 || report.Messages() <= f.messages {
					t.Errorf("%+v, %v", report, err)
				}
				path := filepath.Join(d, store.FileName)
				change(t, path, "UPDATE message SET text = 'x' WHERE seq = 2")
				report, err = VerifyData(t.Context(), d, quiet)
				if err != nil || len(report.Problems) == 0 {
					t.Errorf("a changed text: %+v, %v", report, err)
				}
			}
		})
	}
}

// TestDamagedBackupsOfFormat2AreFound by their chain, and not restored.
func TestDamagedBackupsOfFormat2AreFound(t *testing.T) {
	f := formers(t)[1]
	file := filepath.Join(f.in(t, "backup.db"), "backup.db")
	change(t, file, "UPDATE message SET text = 'x' WHERE room = 'dev' AND seq = 2")
	report, err := VerifyFile(t.Context(), file, quiet)
	if err != nil || len(report.Problems) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	refusedWith(t, report.Problems[0], "room dev: messages were changed or removed")
	empty := t.TempDir()
	_, err = Restore(t.Context(), file, empty, quiet)
	refusedWith(t, err, "room dev: messages were changed or removed")
	wants(t, empty)
	data := f.in(t, store.FileName)
	change(t, filepath.Join(data, store.FileName), "UPDATE message SET text = 'x' WHERE seq = 2")
	_, _, err = MakeBackup(t.Context(), data, filepath.Join(empty, "b.db"), quiet)
	refusedWith(t, err, "messages were changed or removed")
	wants(t, empty)
}

// TestExportsOfFormat1AreImported: what they hold is exported again in format 2, and that is
// imported as the same.
func TestExportsOfFormat1AreImported(t *testing.T) {
	for _, f := range formers(t)[:2] { // both wrote exports of format 1
		if !strings.HasPrefix(f.export, `{"type":"export","format":1,`) {
			t.Fatalf("%.60s", f.export)
		}
		dir, err := imported(t, f.export)
		if err != nil {
			t.Fatal(err)
		}
		f.holds(t, dir)
		apply(t, dir, chat.Announce{
			By:   chat.ByOperator(),
			Text: "on we go",
		}) // from now on messages have places
		second := exported(t, dir, "")
		if !strings.Contains(second, `"text":"on we go","place":2}`) {
			t.Errorf("%s", second)
		}
		again, err := imported(t, second)
		if err != nil || exported(t, again, "") != second {
			t.Errorf("the export imported is another: %v", err)
		}
	}
}

// TestAnImportGoesOnBehindAllPlaces: users are named by places, so none may come twice.
func TestAnImportGoesOnBehindAllPlaces(t *testing.T) {
	late := strings.Replace(second, `"author":1,"place":2`, `"author":70,"reply":1,"place":71`, 1)
	const two = `{"type":"entity","kind":"room","key":"@2:90","value":{"id":"@2:90","seq":0}}`
	for place, export := range map[int]string{
		72: signed(1, 2, header, lobby2, first, late),
		91: signed(2, 2, header, two, lobby2, first, second),
	} {
		goesOnBehind(t, export, place)
	}
	future := strings.ReplaceAll(two, "@2:90", "@2:4611686018427387905")
	tooLate := signed(2, 2, header, future, lobby2, first, second)
	_, err := imported(t, tooLate)
	refusedWith(t, err, "its place in the log is 4611686018427387905")
}

// goesOnBehind imports an export and checks the place of the next message.
func goesOnBehind(t *testing.T, export string, place int) {
	t.Helper()
	dir, err := imported(t, export)
	if err != nil {
		t.Fatal(err)
	}
	if got := exported(t, dir, ""); got != export {
		t.Errorf("it was\n%sand is\n%s", export, got)
	}
	apply(t, dir, chat.Announce{By: chat.ByOperator(), Text: "next"})
	if got := exported(t, dir, ""); !strings.Contains(got,
		fmt.Sprintf(`"text":"next","place":%d}`, place)) {
		t.Error(got)
	}
	if report, err := VerifyData(t.Context(), dir, quiet); err != nil || len(report.Problems) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
}
