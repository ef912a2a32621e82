package server

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"parley/archive"
	"parley/locale"
	"parley/store"
)

// rescue copies a database that is not in its place, or was spoiled there, into a file of its own,
// and returns an error that says where that is and whether it has everything that was shown.
func (s *Server) rescue(missing error) error {
	rescued, err := s.store.Rescue(s.havens()...)
	switch {
	case rescued == "":
		return errors.Join(locale.Errorf(locale.Text{
			EN: "some messages that members saw are not stored in %s: %v. " +
				"Restore the last backup: parley restore --data NEW BACKUP",
			ZH: "数据目录 %s 中缺少部分已显示给成员的消息：%v。" +
				"请恢复最近的备份：parley restore --data 新目录 备份文件",
		}, s.config.Data, missing), err)
	case !s.isWhole(rescued):
		rescued = notToRestore(rescued)
		return errors.Join(locale.Errorf(locale.Text{
			EN: "some messages that members saw are not stored in %s: %v. " +
				"The readable part is in %[3]s, but it is incomplete or damaged " +
				"(parley verify %[3]s says how). Restore the last backup: parley restore --data NEW BACKUP",
			ZH: "数据目录 %s 中缺少部分已显示给成员的消息：%v。" +
				"尚能读取的内容在 %[3]s，但不完整或已损坏（parley verify %[3]s）。" +
				"请恢复最近的备份：parley restore --data 新目录 备份文件",
		}, s.config.Data, missing, rescued), err)
	}
	return errors.Join(locale.Errorf(locale.Text{
		EN: "some messages that members saw are not stored in %s: %v. " +
			"The whole history was saved in %[3]s. Restore it into a new directory: " +
			"parley restore --data NEW %[3]s",
		ZH: "数据目录 %s 中缺少部分已显示给成员的消息：%v。" +
			"全部聊天记录已另存为 %[3]s，请恢复到新目录：" +
			"parley restore --data 新目录 %[3]s",
	}, s.config.Data, missing, rescued), err)
}

// notToRestore gives a rescued file a name that Rescued does not find, and returns that.
func notToRestore(rescued string) string {
	dir, name := filepath.Split(rescued)
	remains := filepath.Join(dir, strings.Replace(name, "rescued", "remains", 1))
	if err := os.Rename(rescued, remains); err != nil {
		return rescued
	}
	return remains
}

// havens returns where a database can be saved, the best place first: the data directory may be
// gone. systemd removes a service's own temporary directory with the service.
func (s *Server) havens() []string {
	dirs := []string{s.config.Data, filepath.Join(s.config.Data, ".."), "."}
	if os.Getenv("INVOCATION_ID") == "" {
		dirs = append(dirs, os.TempDir())
	}
	return dirs
}

// isWhole says whether a copy of the database is sound, and has all that was ever stored.
func (s *Server) isWhole(file string) bool {
	report, err := archive.VerifyFile(context.Background(), file, func(locale.Text, int64, int64) {})
	if err != nil || len(report.Problems) > 0 {
		return false
	}
	progress, digests := s.store.Committed()
	if report.Place != progress.Place || report.Hash != progress.Hash {
		return false
	}
	for _, room := range report.Rooms {
		if room.Digest != digests[room.ID].Hash {
			return false
		}
		delete(digests, room.ID)
	}
	return len(digests) == 0
}

// LostDatabase is MissingDatabase for a program that does not hold the directory: a server that lost
// its database, or a restore, may be at work in it.
func LostDatabase(dir string) error {
	missing := MissingDatabase(dir)
	if missing == nil {
		return nil
	}
	holder, err := FindHolder(dir)
	switch {
	case errors.Is(err, ErrNotRunning):
		return missing
	case err != nil:
		return err
	}
	return locale.Errorf(locale.Text{
		EN: "the server that uses the data directory %[1]s (process %[2]d) lost its database: " +
			"stop it with kill %[2]d, never with kill -9; its last message says where the history is",
		ZH: "使用数据目录 %[1]s 的服务器（进程 %[2]d）丢失了数据库：" +
			"请用 kill %[2]d 停止它，切勿 kill -9；停止时会显示聊天记录另存到了哪里",
	}, dir, holder.PID)
}

// Rescued returns the newest of the files in a data directory that a server saved its whole database
// in, empty if there is none.
func Rescued(dir string) (file string) {
	entries, _ := os.ReadDir(dir) // without them there is none to name
	var newest time.Time
	for _, e := range entries {
		named, _ := filepath.Match(store.RescuePattern, e.Name()) // the pattern is a good one
		if info, err := e.Info(); named && err == nil && info.Mode().IsRegular() && info.ModTime().After(newest) {
			file, newest = filepath.Join(dir, e.Name()), info.ModTime()
		}
	}
	return file
}

// backToHistory says how a data directory without its database gets the history back.
func backToHistory(dir string) error {
	if saved := Rescued(dir); saved != "" {
		return locale.Errorf(locale.Text{
			EN: "put it back, or restore %[1]s, which the server saved when it was stopped, " +
				"into a new directory (parley restore --data NEW %[1]s)",
			ZH: "请放回该文件，或将服务器停止时另存的 %[1]s 恢复到新目录" +
				"（parley restore --data 新目录 %[1]s）",
		}, saved)
	}
	return locale.Errorf(locale.Text{
		EN: "put it back, or restore a backup into a new directory (parley restore --data NEW BACKUP)",
		ZH: "请放回该文件，或将备份恢复到新目录（parley restore --data 新目录 备份文件）",
	})
}

// awayFromHistory says how a data directory without its database begins anew. A WAL that is still
// there belongs to the history, and keeps a new one from being begun beside it.
func awayFromHistory(dir string) error {
	wal, err := os.Lstat(filepath.Join(dir, store.FileName+"-wal"))
	if err == nil && wal.Size() > 0 || Rescued(dir) != "" {
		return locale.Errorf(locale.Text{
			EN: "To begin with an empty history, move the directory away (mv %[1]s %[1]s.old)",
			ZH: "如要从头开始（不保留聊天记录），请将该目录移走（mv %[1]s %[1]s.old）",
		}, filepath.Clean(dir))
	}
	return locale.Errorf(locale.Text{
		EN: "To begin with an empty history, remove %s", ZH: "如要从头开始（不保留聊天记录），请删除 %s",
	}, filepath.Join(dir, lockName))
}
