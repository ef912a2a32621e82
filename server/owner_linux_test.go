package server

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/locale"
)

func TestOnlyACommandThatMakesFilesIsToRunAsTheOwner(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Skip(err)
	}
	owner := otherOwner(dir)
	denied := &fs.PathError{Op: "open", Path: filepath.Join(dir, "parley.lock"), Err: fs.ErrPermission}
	for want, err := range map[string]error{
		" belongs to " + owner + ": run the command with sudo (sudo parley …)":                  NameOwner(dir, denied),
		" belongs to " + owner + ": run the command with sudo (sudo -u " + owner + " parley …)": nameOwner(dir, true, denied),
	} {
		if err == nil || !strings.HasSuffix(err.Error(), dir+want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	want := "数据目录 " + dir + " 属于 " + owner + "：请用 sudo 执行该命令（sudo parley …）"
	if got := locale.Explain(NameOwner(dir, denied), locale.Chinese); got != want {
		t.Errorf("in Chinese: %q, want %q", got, want)
	}
	elsewhere := &fs.PathError{Op: "open", Path: "/elsewhere/x", Err: fs.ErrPermission}
	for _, err := range []error{elsewhere, errors.New("hm")} {
		if got := NameOwner(dir, err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestRootMakesNoFilesInTheDirectoryOfAnotherUser(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Skip(err)
	}
	d, err := openDataDir(dir)
	if err == nil {
		t.Fatal(d.close())
	}
	if want := "(runuser -u " + otherOwner(dir) + " -- parley …)"; !strings.HasSuffix(err.Error(),
		want) {
		t.Errorf("%v, want %q", err, want)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
