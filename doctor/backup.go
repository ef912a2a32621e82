package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"parley/archive"
	"parley/locale"
	"parley/server"
)

// backupAge is how old a backup may be.
const backupAge = 7 * 24 * time.Hour

// backupAhead is how far the clock that dated a backup may have been ahead. Beyond it nobody knows how old the backup is.
const backupAhead = time.Hour

// copied is what is known of backups.
type copied struct {
	unseen error // why it is not known whether there is something to lose
	needed bool  // there is something to lose
	last   archive.Backup
	err    error // of reading about it; fs.ErrNotExist: there was none
	gone   bool  // the file is no longer there
	root   bool  // this user may write anywhere
}

func checkBackup(_ context.Context, e *Examination) []Finding {
	if e.directory().isBarred() {
		return seeDirectory()
	}
	if e.house().lost() {
		return []Finding{warning(locale.Text{
			EN: "not checked: the server lost its database, so it cannot be backed up now",
			ZH: "未检查：服务器丢失了数据库，现在无法备份",
		})}
	}
	glimpse, err := e.glimpse()
	c := copied{needed: glimpse.Messages || err != nil && !isPathError(err)}
	if isPathError(err) && !errors.Is(err, fs.ErrNotExist) {
		c.unseen = err
	}
	if c.last, c.err = server.LastBackup(e.Config.Data); c.err == nil {
		_, err := os.Stat(c.last.File)
		c.gone = errors.Is(err, fs.ErrNotExist)
	}
	_, c.root = whoAmI()
	return judgeBackup(absolute(e.Config.Data), c, time.Now())
}

func judgeBackup(dir string, c copied, now time.Time) []Finding {
	var what locale.Text
	switch {
	case c.unseen != nil:
		return []Finding{warning(locale.Text{
			EN: "not checked: the database cannot be read (%v)", ZH: "未检查：无法读取数据库（%v）",
		}, cause(c.unseen))}
	case !c.needed:
		return []Finding{ok(locale.Text{EN: "nothing to back up yet", ZH: "还没有需要备份的内容"})}
	case errors.Is(c.err, fs.ErrNotExist):
		what = locale.Text{
			EN: "no backup exists: if this disk fails, the history is lost",
			ZH: "还没有备份：磁盘一旦损坏，聊天记录将全部丢失",
		}
	case c.err != nil:
		what = locale.Text{
			EN: "cannot tell when the last backup was made: %v", ZH: "无法得知上次备份的时间：%v",
		}.Fill(cause(c.err))
	case c.gone:
		what = locale.Text{
			EN: "the last backup, %s of %s, no longer exists", ZH: "最近的备份 %s（%s）已不存在",
		}.Fill(c.last.File, stamp(c.last.Time))
	case c.last.Time.Sub(now) > backupAhead:
		what = locale.Text{
			EN: "the last backup is dated %s, which is in the future: correct the clock and make another",
			ZH: "最近一次备份的时间 %s 晚于当前时间：请校准时钟并重新备份",
		}.Fill(stamp(c.last.Time))
	case now.Sub(c.last.Time) > backupAge:
		what = locale.Text{
			EN: "the last backup was made on %s, %d days ago", ZH: "最近一次备份于 %s，%d 天前",
		}.Fill(stamp(c.last.Time), days(now.Sub(c.last.Time)))
	default:
		return []Finding{ok(locale.Text{EN: "%s of %s", ZH: "%s，%s"}, c.last.File, stamp(c.last.Time))}
	}
	command := "parley backup --data " + quote(dir) + " ~"
	if c.root { // /var/backups is root's
		command = "parley backup --data " + quote(dir) + " /var/backups"
	}
	return []Finding{Finding{Level: Warn, What: what}.cure(locale.Text{
		EN: "%s/parley-$(date +%%F).db\n# to back up every night at three, in crontab -e:\n0 3 * * * %s/parley-$(date +\\%%F).db",
		ZH: "%s/parley-$(date +%%F).db\n# 每天凌晨三点备份：用 crontab -e 加入下面这行\n0 3 * * * " +
			"%s/parley-$(date +\\%%F).db",
	}, command, command)}
}

func days(d time.Duration) int { return int(d / (24 * time.Hour)) }

// stamp is how times are shown to people.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
