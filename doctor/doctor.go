// Package doctor looks at a machine, a data directory and the server that runs on it, if one does, and says what is well, what
// to watch and what is broken, each with a remedy.
//
// It knows nothing of terminals, or of how a running server is asked: whoever examines brings that along.
//
// Its laws: nothing stays changed, and nothing needs more rights than the server has; a check never takes longer than its bound;
// facts are gathered in one function and judged in another, which is pure.
package doctor

import (
	"context"
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"time"

	"parley/command"
	"parley/locale"
	"parley/server"
	"parley/store"
)

const (
	// bound is how long one check may take.
	bound = 4 * time.Second

	// grace is what a check that was told to end may take to tidy up. Then it is left behind: a system call on a disk that is gone
	// does not return.
	grace = time.Second
)

// Level says how something is.
type Level string

const (
	OK   Level = "ok"   // nothing to do
	Warn Level = "warn" // works, but is to be watched
	Fail Level = "fail" // does not work, or soon will not
)

// Finding is what a check found.
type Finding struct {
	Level  Level
	What   locale.Text
	Remedy locale.Text // to be pasted into a shell or a file; what is not is behind a #. Empty: there is nothing to do
}

func ok(what locale.Text, args ...any) Finding { return Finding{Level: OK, What: what.Fill(args...)} }

func warning(what locale.Text, args ...any) Finding {
	return Finding{Level: Warn, What: what.Fill(args...)}
}

func broken(what locale.Text, args ...any) Finding {
	return Finding{Level: Fail, What: what.Fill(args...)}
}

// cure adds a remedy; without args, one that is worded already.
func (f Finding) cure(remedy locale.Text, args ...any) Finding {
	if f.Remedy = remedy; len(args) > 0 {
		f.Remedy = remedy.Fill(args...)
	}
	return f
}

// add says more of the same.
func (f Finding) add(more locale.Text, args ...any) Finding {
	more = more.Fill(args...)
	f.What = locale.Text{EN: f.What.EN + more.EN, ZH: f.What.ZH + more.ZH}
	return f
}

// paste is a remedy that reads the same in every language.
func paste(commands string) locale.Text { return locale.Text{EN: commands} }

// seeDirectory is found by every check of what is in a data directory that this user cannot use. Its
// own check says why, and what helps; each of the others would say it again in its own words.
func seeDirectory() []Finding {
	return []Finding{warning(locale.Text{
		EN: "not checked: see data directory", ZH: "未检查：请先看“数据目录”一项",
	})}
}

// cause returns the innermost reason of an error, such as "permission denied": findings name the path
// themselves, and the layers between only say it again.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// wording returns the error within err that exists in every language and says what to do; nil if there
// is none.
func wording(err error) error {
	var worded *locale.Error
	if errors.As(err, &worded) {
		return worded
	}
	return nil
}

// Subject is what is to be examined.
type Subject struct {
	Config  server.Config // in force; the defaults where Problem tells of what cannot be used
	Problem error         // what is wrong with the settings
	Version string        // of this program
	Built   time.Time     // when this program's source was as it is; zero: not known
	Serve   string        // starts a server with the same settings; empty: parley serve

	// Status asks the server behind a control socket how it is.
	Status func(ctx context.Context, socket string) (*command.State, error)
}

// Examination is a Subject with what is found out about it once.
type Examination struct {
	Subject
	house     func() house                  // who serves the data directory
	directory func() directory              // what the data directory is
	glimpse   func() (store.Glimpse, error) // what is stored there
	other     func() string                 // see otherServer
}

// New makes an examination. Nothing is looked at before the first check.
func New(s Subject) *Examination {
	e := &Examination{Subject: s}
	e.house = sync.OnceValue(func() house { return visit(s) })
	e.directory = sync.OnceValue(func() directory { return lookAtDirectory(s.Config.Data) })
	e.other = sync.OnceValue(e.otherServer)
	e.glimpse = sync.OnceValues(func() (store.Glimpse, error) {
		ctx, cancel := context.WithTimeout(context.Background(), bound)
		defer cancel()
		return store.Glance(ctx, s.Config.Data)
	})
	return e
}

// Check is a row of the table.
type Check struct {
	Name  string      // for programs
	Looks locale.Text // what is looked at
	run   func(context.Context, *Examination) []Finding
}

// Checks returns the table, in the order in which it is gone through.
func Checks() []Check {
	return []Check{
		{"settings", locale.Text{EN: "settings", ZH: "设置"}, checkSettings},
		{"server", locale.Text{EN: "server", ZH: "服务器"}, checkServer},
		{"directory", locale.Text{EN: "data directory", ZH: "数据目录"}, checkDirectory},
		{"filesystem", locale.Text{EN: "file system", ZH: "文件系统"}, checkFileSystem},
		{"space", locale.Text{EN: "disk space", ZH: "磁盘空间"}, checkSpace},
		{"speed", locale.Text{EN: "disk speed", ZH: "磁盘速度"}, checkSpeed},
		{"database", locale.Text{EN: "database", ZH: "数据库"}, checkDatabase},
		{"backup", locale.Text{EN: "backup", ZH: "备份"}, checkBackup},
		{"clock", locale.Text{EN: "clock", ZH: "时钟"}, checkClock},
		{"udp", locale.Text{EN: "datagrams", ZH: "UDP 数据报"}, checkUDP},
		{"buffer", locale.Text{EN: "receive buffer", ZH: "接收缓冲区"}, checkBuffer},
		{"tcp", locale.Text{EN: "connections", ZH: "TCP 连接"}, checkTCP},
		{"tls", locale.Text{EN: "certificate", ZH: "证书"}, checkTLS},
		{"files", locale.Text{EN: "open files", ZH: "打开文件数"}, checkFiles},
	}
}

// Run makes one check, within its bound or until ctx ends. There is always a finding. A remedy that
// starts a server does so with the settings that were examined.
func (e *Examination) Run(ctx context.Context, c Check) []Finding {
	found := e.within(ctx, bound, c)
	if e.Serve != "" {
		for i := range found {
			remedy := &found[i].Remedy
			remedy.EN = e.served(remedy.EN)
			remedy.ZH = e.served(remedy.ZH)
		}
	}
	return found
}

// serve starts a server, as checks write it in a remedy.
const serve = "parley serve"

// newFlags are the flags that a remedy gives new values.
var newFlags = regexp.MustCompile(serve + `( --[a-z-]+)`)

// served returns a remedy that starts a server with the settings given, but for the one that it
// changes: lists add up.
func (e *Examination) served(remedy string) string {
	with := e.Serve
	for _, found := range newFlags.FindAllStringSubmatch(remedy, -1) {
		given := regexp.MustCompile(regexp.QuoteMeta(found[1]) +
			`(=\S+| '(?:[^']|'\\'')*'| [^' -]\S*)?`)
		with = given.ReplaceAllString(with, "")
	}
	return strings.ReplaceAll(remedy, serve, with)
}

func (e *Examination) within(ctx context.Context, bound time.Duration, c Check) []Finding {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	found := make(chan []Finding, 1)
	go func() { found <- c.run(ctx, e) }()
	select {
	case f := <-found:
		return f
	case <-ctx.Done():
	}
	select {
	case f := <-found:
		return f
	case <-time.After(grace):
		return []Finding{broken(locale.Text{
			EN: "no result within %v: a system call hangs",
			ZH: "%v 内没有结果：系统调用卡住了",
		}, bound)}
	}
}
