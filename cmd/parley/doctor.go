package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"

	"parley/command"
	"parley/doctor"
	"parley/locale"
	"parley/logging"
	"parley/server"
)

// doctorCommand is `parley doctor`: what is well, what to watch and what is broken, before people say so.
func doctorCommand(lang locale.Lang) *cobra.Command {
	c := &cobra.Command{
		Use: "doctor",
		Short: locale.Text{
			EN: "check the machine, the data directory and the server",
			ZH: "检查机器、数据目录和服务器是否正常",
		}.In(lang),
		Example: `  parley doctor
  parley doctor --data /var/lib/parley -o json`,
		Args: exactly(0),
	}
	settings := settingFlags(c, lang, server.Settings())
	inJSON := outputFlag(c, lang)
	c.RunE = func(c *cobra.Command, _ []string) error {
		asJSON, err := inJSON()
		if err != nil {
			return err
		}
		if err := settings.checkFlags(); err != nil {
			return err
		}
		var r report = newTable(c.OutOrStdout(), lang)
		if asJSON {
			r = lines{c.OutOrStdout()}
		}
		return examine(c.Context(), subject(c.Context(), settings), r)
	}
	return c
}

// settingsPatience is how long a running server may take to say how it was started.
const settingsPatience = 2 * time.Second

// subject is what the settings name. Where they cannot be read, the defaults are looked at. If a
// server runs on the data directory, its own settings count, except those on the command line.
func subject(ctx context.Context, settings flags) doctor.Subject {
	config, problem := server.Load(settings.sources())
	if config.Data == "" {
		sources := settings.sources()
		config, _ = server.Load(server.Sources{Flags: sources.Flags, Environ: sources.Environ}) // problem tells of the rest once it can be read
	}
	s := doctor.Subject{
		Config: config, Problem: problem, Version: version(), Built: built(),
		Serve: settings.serve(), Status: askStatus,
	}
	holder, err := server.FindHolder(config.Data)
	if err != nil {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, settingsPatience)
	defer cancel()
	given, err := server.AskSettings(ctx, holder)
	if err != nil {
		return s // the check of the server says more
	}
	data := absolute(config.Data)
	running, typed := given.Flags(), settings.sources().Flags
	maps.Copy(running, typed)
	running["data"] = data
	if config, err := server.Load(server.Sources{Flags: running}); err == nil {
		s.Config, s.Serve = config, serveAgain(data, given, typed)
	}
	return s
}

// serveAgain returns the command that starts a server as it was started before, but for the flags
// typed.
func serveAgain(data string, given server.Given, typed map[string]string) string {
	again := maps.Clone(given.Typed)
	maps.Copy(again, typed)
	delete(again, "data")
	words := []string{"parley serve --data", doctor.Quote(data)}
	if given.File != "" {
		words = append(words, "--config", doctor.Quote(given.File))
	}
	for _, s := range server.Settings() {
		value, is := again[s.Flag()]
		switch {
		case !is:
		case s.IsSwitch():
			words = append(words, "--"+s.Flag()+"="+value)
		default:
			words = append(words, "--"+s.Flag(), doctor.Quote(value))
		}
	}
	return strings.Join(words, " ")
}

// built is when the source of this program was as it is; zero: it does not know.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
			return t
		}
	}
	return time.Time{}
}

// askStatus asks the server behind a control socket how it is.
func askStatus(ctx context.Context, socket string) (state *command.State, err error) {
	holder := server.Holder{Socket: socket}
	err = tell(ctx, holder, "status", answerPatience, func(s *command.State) { state = s })
	if err == nil && state == nil {
		err = errors.New("the server's answer is empty")
	}
	return state, err
}

// examine makes every check, and fails if something is broken.
func examine(ctx context.Context, s doctor.Subject, r report) error {
	levels := map[doctor.Level]int{}
	examination := doctor.New(s)
	for _, c := range doctor.Checks() {
		r.begin(c)
		found := examination.Run(ctx, c)
		r.clear()
		if ctx.Err() != nil {
			return locale.Errorf(locale.Text{EN: "interrupted", ZH: "已中断"})
		}
		for i, f := range found {
			levels[f.Level]++
			if err := r.tell(c, f, i == 0); err != nil {
				return err
			}
		}
	}
	watch, bad := levels[doctor.Warn], levels[doctor.Fail]
	if bad > 0 {
		return locale.Errorf(locale.Text{
			EN: locale.Counted(bad, "failure") + ", " + locale.Counted(watch, "warning"),
			ZH: fmt.Sprintf("%d 项故障，%d 项需注意", bad, watch),
		})
	}
	return r.end(watch)
}

// report is where findings go, as they come.
type report interface {
	begin(doctor.Check)
	clear()                                                  // what begin showed
	tell(c doctor.Check, f doctor.Finding, first bool) error // first: of this check
	end(watch int) error                                     // nothing is broken
}

// lines reports to programs: a JSON object a line, in English.
type lines struct{ to io.Writer }

func (lines) begin(doctor.Check) {}

func (lines) clear() {}

func (l lines) tell(c doctor.Check, f doctor.Finding, _ bool) error {
	return json.NewEncoder(l.to).Encode(struct {
		Check  string       `json:"check"`
		Level  doctor.Level `json:"level"`
		What   string       `json:"what"`
		Remedy string       `json:"remedy"`
	}{c.Name, f.Level, f.What.EN, f.Remedy.EN})
}

func (lines) end(int) error { return nil }

// table reports to people.
type table struct {
	to      io.Writer
	lang    locale.Lang
	live    bool // a terminal: what is being looked at is shown, and colours
	colours bool
	width   int // columns of the widest name
}

func newTable(to io.Writer, lang locale.Lang) *table {
	t := &table{to: to, lang: lang}
	t.live = onTerminal(to) && runtime.GOOS != "windows" && os.Getenv("TERM") != "dumb"
	t.colours = t.live && os.Getenv("NO_COLOR") == ""
	for _, c := range doctor.Checks() {
		t.width = max(t.width, displaywidth.String(c.Looks.In(lang)))
	}
	return t
}

// marks are words too: not everybody sees colours or signs.
var marks = map[doctor.Level]struct {
	says   locale.Text
	colour int // of SGR
}{
	doctor.OK:   {locale.Text{EN: "ok", ZH: "正常"}, 32},
	doctor.Warn: {locale.Text{EN: "!! warning", ZH: "!! 注意"}, 33},
	doctor.Fail: {locale.Text{EN: "xx failure", ZH: "xx 故障"}, 31},
}

// markWidth is the columns of the widest mark.
const markWidth = 10

func (t *table) begin(c doctor.Check) {
	if t.live {
		fmt.Fprintf(t.to, "...%s%s", strings.Repeat(" ", markWidth-3+2), c.Looks.In(t.lang))
	}
}

func (t *table) clear() {
	if t.live {
		fmt.Fprint(t.to, "\r\x1b[K") // ECMA-48 CR, EL
	}
}

func (t *table) tell(c doctor.Check, f doctor.Finding, first bool) error {
	name := ""
	if first {
		name = c.Looks.In(t.lang)
	}
	mark := marks[f.Level]
	said := pad(mark.says.In(t.lang), markWidth)
	if t.colours {
		said = fmt.Sprintf("\x1b[%dm%s\x1b[m", mark.colour, said)
	}
	behind := "\n" + strings.Repeat(" ", markWidth+2+t.width+2)
	what := strings.ReplaceAll(logging.Harmless(f.What.In(t.lang)), "\n", behind)
	if f.Remedy.EN != "" {
		what += behind + strings.ReplaceAll(logging.Harmless(f.Remedy.In(t.lang)), "\n", behind)
	}
	_, err := fmt.Fprintf(t.to, "%s  %s  %s\n", said, pad(name, t.width), what)
	return err
}

func (t *table) end(watch int) error {
	verdict := locale.Text{EN: "No problems.", ZH: "一切正常。"}.In(t.lang)
	if watch > 0 {
		verdict = locale.Text{
			EN: "No failures, " + locale.Counted(watch, "warning") + ".",
			ZH: fmt.Sprintf("可以使用；%d 项需注意。", watch),
		}.In(t.lang)
	}
	_, err := fmt.Fprintln(t.to, verdict)
	return err
}

// pad fills text up with spaces to so many columns.
func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-displaywidth.String(text)))
}
