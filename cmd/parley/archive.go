package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"parley/archive"
	"parley/certificate"
	"parley/chat"
	"parley/locale"
	"parley/logging"
	"parley/server"
)

// archiveCommands are those that keep a data directory safe, or make one: they work on the directory itself, whether or not a
// server runs there.
func archiveCommands(lang locale.Lang) []*cobra.Command {
	return []*cobra.Command{backupCommand(lang), restoreCommand(lang), verifyCommand(lang), exportCommand(lang), importCommand(lang)}
}

// work is what a command does with a data directory and the words typed. It returns the lines to be shown.
type work func(c *cobra.Command, data string, args []string, progress archive.Progress) (said []string, err error)

// offline makes a command that works on a data directory.
func offline(c *cobra.Command, lang locale.Lang, do work) *cobra.Command {
	where := settingFlags(c, lang, dataSetting())
	c.RunE = func(c *cobra.Command, args []string) error {
		config, err := where.load()
		if err != nil {
			return err
		}
		ignoreFileSizeSignal()
		m := newMeter(lang)
		said, err := do(c, config.Data, args, m.progress)
		m.end()
		for _, line := range said {
			fmt.Fprintln(c.OutOrStdout(), logging.Harmless(line))
		}
		if errors.Is(err, context.Canceled) {
			return locale.Errorf(locale.Text{
				EN: "interrupted: nothing was written",
				ZH: "已中断：操作未完成，没有留下任何文件",
			})
		}
		return server.NameOwner(config.Data, err)
	}
	return c
}

func backupCommand(lang locale.Lang) *cobra.Command {
	return offline(&cobra.Command{
		Use: locale.Text{EN: "backup FILE", ZH: "backup 文件"}.In(lang),
		Short: locale.Text{
			EN: "back up the data into one file; the server can keep running",
			ZH: "把数据备份到一个文件（服务器运行时也可以）",
		}.In(lang),
		Example: `  parley backup /backup/parley-monday.db
  parley backup --data /var/lib/parley /backup/parley-$(date +%F).db`,
		Args: exactly(1),
	}, lang, func(c *cobra.Command, data string, args []string, progress archive.Progress) ([]string, error) {
		if err := server.LostDatabase(data); err != nil {
			return nil, err
		}
		made, report, err := archive.MakeBackup(c.Context(), data, args[0], progress)
		if err != nil {
			return nil, err
		}
		if err = server.NoteBackup(data, made); err != nil {
			err = locale.Errorf(locale.Text{
				EN: "the backup is complete, but could not be recorded in the data directory: %v",
				ZH: "备份已完成，但无法在数据目录中登记这次备份：%v",
			}, err)
		}
		said := []string{locale.Text{
			EN: "%s: %s, %d bytes, sha256 %s", ZH: "%s：%s，%d 字节，sha256 %s",
		}.Format(lang, made.File, messages(report.Messages(), lang), made.Bytes, made.SHA256)}
		if report.Messages() == 0 {
			said = append(said, locale.Text{
				EN: "the history in %s has no messages yet: check that this is the server's " +
					"data directory (--data)",
				ZH: "%s 中还没有任何消息：请确认这是服务器的数据目录（--data）",
			}.Format(lang, data))
		}
		return said, err
	})
}

func restoreCommand(lang locale.Lang) *cobra.Command {
	return offline(&cobra.Command{
		Use: locale.Text{EN: "restore FILE", ZH: "restore 备份文件"}.In(lang),
		Short: locale.Text{
			EN: "create a new data directory from a backup",
			ZH: "把备份恢复到新的数据目录",
		}.In(lang),
		Example: "  parley restore --data /var/lib/parley-new /backup/parley-monday.db",
		Args:    exactly(1),
	}, lang, func(c *cobra.Command, data string, args []string, progress archive.Progress) ([]string, error) {
		return fillEmpty(data, lang, func() (*archive.Report, error) {
			return archive.Restore(c.Context(), args[0], data, progress)
		})
	})
}

func importCommand(lang locale.Lang) *cobra.Command {
	return offline(&cobra.Command{
		Use: locale.Text{EN: "import FILE", ZH: "import 导出文件"}.In(lang),
		Short: locale.Text{
			EN: "create a new data directory from an export; - reads standard input",
			ZH: "从导出文件生成新的数据目录；- 表示标准输入",
		}.In(lang),
		Example: `  parley import --data /var/lib/parley-new history.jsonl
  zcat history.jsonl.gz | parley import --data /var/lib/parley-new -`,
		Args: exactly(1),
	}, lang, func(c *cobra.Command, data string, args []string, progress archive.Progress) ([]string, error) {
		from := os.Stdin
		if args[0] != "-" {
			f, err := os.Open(args[0])
			if errors.Is(err, fs.ErrNotExist) {
				return nil, locale.Errorf(locale.Text{
					EN: "no such file: %s; name an export, or - for standard input",
					ZH: "文件 %s 不存在：请指定 parley export 的输出文件，或用 - 表示标准输入",
				}, args[0])
			}
			if err != nil {
				return nil, locale.Errorf(locale.Text{
					EN: "cannot read the export: %v",
					ZH: "无法读取导出文件：%v",
				}, err)
			}
			defer f.Close()
			from = f
		}
		return fillEmpty(data, lang, func() (*archive.Report, error) {
			return archive.Import(c.Context(), from, data, time.Now(), progress)
		})
	})
}

// messages returns a number of messages in words.
func messages[N int | uint64 | chat.Seq](n N, lang locale.Lang) string {
	return locale.Text{
		EN: locale.Counted(n, "message"),
		ZH: fmt.Sprintf("%d 条消息", n),
	}.In(lang)
}

// fillEmpty has an empty data directory filled while nobody else can use it, and says what is in it then.
func fillEmpty(data string, lang locale.Lang, fill func() (*archive.Report, error)) (said []string, err error) {
	claim, err := server.ClaimEmpty(data)
	if err != nil {
		return nil, err
	}
	report, err := fill()
	if err != nil {
		return nil, errors.Join(err, claim.Abandon())
	}
	for _, r := range report.Rooms {
		said = append(said, locale.Text{
			EN: "%s: %s", ZH: "%s：%s",
		}.Format(lang, roomName(r.ID, lang), messages(r.Messages, lang)))
	}
	if report.Messages() > 0 {
		said = append(said, locale.Text{
			EN: "newest message: %s",
			ZH: "最新一条的时间：%s",
		}.Format(lang, report.Newest.Local().Format(time.DateTime)))
	}
	said = append(said, unsummed(report, lang)...)
	said = append(said,
		locale.Text{
			EN: "the new directory has no certificate: before the first start, copy %s and %s " +
				"from the old directory, or every client must verify a new fingerprint",
			ZH: "新目录中没有证书：首次启动前，请从旧目录复制 %s 和 %s，否则所有客户端都需要重新核对证书指纹",
		}.Format(lang, certificate.CertName, certificate.KeyName),
		locale.Text{
			EN: "complete; start the server with parley serve --data %[1]s",
			ZH: "已全部写入 %s；启动服务器：parley serve --data %[1]s",
		}.Format(lang, data))
	return said, claim.Keep()
}

func verifyCommand(lang locale.Lang) *cobra.Command {
	return offline(&cobra.Command{
		Use: locale.Text{EN: "verify [FILE]", ZH: "verify [文件]"}.In(lang),
		Short: locale.Text{
			EN: "check every message of a backup, an export or the data directory; the server " +
				"can keep running",
			ZH: "校验备份、导出文件或数据目录中的每条消息（服务器运行时也可以）",
		}.In(lang),
		Example: `  parley verify /backup/parley-monday.db
  parley verify history.jsonl
  parley verify --data /var/lib/parley`,
		Args: atMost(1),
	}, lang, func(c *cobra.Command, data string, args []string, progress archive.Progress) ([]string, error) {
		var report *archive.Report
		var err error
		isExport := len(args) > 0 && archive.IsExport(args[0])
		switch {
		case isExport:
			report, err = archive.VerifyExport(c.Context(), args[0], time.Now(), progress)
		case len(args) > 0:
			report, err = archive.VerifyFile(c.Context(), args[0], progress)
		default:
			if err = server.LostDatabase(data); err == nil {
				report, err = archive.VerifyData(c.Context(), data, progress)
			}
		}
		if err == nil {
			err = errors.Join(report.Problems...)
		}
		if err != nil {
			return nil, err
		}
		return verified(report, isExport, lang), nil
	})
}

// verified words what a history has in which nothing is wrong. An export has no digests.
func verified(report *archive.Report, isExport bool, lang locale.Lang) (said []string) {
	for _, r := range report.Rooms {
		line := locale.Text{EN: "%s: %s", ZH: "%s：%s"}.Format(
			lang, roomName(r.ID, lang), messages(r.Messages, lang))
		if !isExport {
			line += locale.Text{
				EN: ", digest %.12s",
				ZH: "，摘要 %.12s",
			}.Format(lang, r.Digest.String())
		}
		said = append(said, line)
	}
	if isExport {
		return append(said, locale.Text{
			EN: "no problems found: the export is complete", ZH: "没有发现问题：导出文件完整",
		}.In(lang))
	}
	said = append(said, unsummed(report, lang)...)
	return append(said,
		locale.Text{
			EN: "no problems found (rooms with equal digests have the same messages)",
			ZH: "没有发现问题（两个房间的摘要相同，消息就相同）",
		}.In(lang),
		locale.Text{
			EN: "hash of the log: %v (it also covers what is not a message, so two copies with " +
				"the same messages can differ in it)",
			ZH: "日志摘要：%v（还包含消息以外的内容：消息相同，日志摘要也可能不同）",
		}.Format(lang, report.Hash))
}

// unsummed says that a backup was not compared with its checksum, if that is so.
func unsummed(report *archive.Report, lang locale.Lang) []string {
	if report.Unsummed == "" {
		return nil
	}
	return []string{locale.Text{
		EN: "no checksum file %s: only what the database itself contains was checked",
		ZH: "没有找到校验和文件 %s：只检查了数据库本身的内容",
	}.Format(lang, report.Unsummed)}
}

func exportCommand(lang locale.Lang) *cobra.Command {
	return offline(&cobra.Command{
		Use: locale.Text{EN: "export [ROOM]", ZH: "export [房间]"}.In(lang),
		Short: locale.Text{
			EN: "print the history of all rooms, or of one, as JSON lines",
			ZH: "以 JSON Lines 格式（每行一个对象）输出所有房间或指定房间的聊天记录",
		}.In(lang),
		Example: `  parley export > history.jsonl
  parley export lobby | gzip > lobby.jsonl.gz`,
		Args: atMost(1),
	}, lang, func(c *cobra.Command, data string, args []string, progress archive.Progress) ([]string, error) {
		if onTerminal(c.OutOrStdout()) { // where the lines are shown already
			progress = func(locale.Text, int64, int64) {}
		}
		if err := server.LostDatabase(data); err != nil {
			return nil, err
		}
		room := chat.RoomID(strings.Join(args, "")) // none: every room
		if parsed, err := chat.ParseAnyRoom(string(room)); err == nil {
			room = parsed // otherwise Export says which rooms there are
		}
		err := archive.Export(c.Context(), data, room, c.OutOrStdout(), progress)
		if errors.Is(err, context.Canceled) {
			return nil, locale.Errorf(locale.Text{
				EN: "interrupted: the export is incomplete",
				ZH: "已中断：导出不完整",
			})
		}
		return nil, err
	})
}

// roomName names a room in a list of what a history has.
func roomName(room chat.RoomID, lang locale.Lang) string {
	switch {
	case room == chat.Everywhere:
		return locale.Text{EN: "* (announcements)", ZH: "*（管理员消息）"}.In(lang)
	case room.IsDirect():
		return locale.Text{EN: "%s (private messages)", ZH: "%s（私聊）"}.Format(lang, room)
	}
	return string(room)
}
