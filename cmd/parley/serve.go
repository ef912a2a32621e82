package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"parley/door/console"
	"parley/locale"
	"parley/logging"
	"parley/server"
	"parley/setting"
	"parley/tui"
)

func serveCommand(lang locale.Lang) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: locale.Text{EN: "run a server", ZH: "运行服务器"}.In(lang),
		Example: `  parley serve
  parley serve --listen 127.0.0.1:9999 --data room2`,
		Args: noAddress,
	}
	settings := settingFlags(c, lang, server.Settings())
	forced := c.Flags().Bool("console", false, locale.Text{
		EN: "read the administrator's input even without a terminal",
		ZH: "没有终端时也读取管理员的输入",
	}.In(lang))
	c.SetUsageFunc(serveUsage(lang))
	c.RunE = func(c *cobra.Command, _ []string) error {
		config, err := settings.load()
		if err != nil {
			return err
		}
		config.Line.Lang = lang
		opened, err := tui.Open(os.Stdin, os.Stdout, os.Getenv)
		if err != nil {
			return err
		}
		terminal := tui.NewSpool(opened, func(lines int) string { return console.LeftOut(lines, lang) })
		defer terminal.Flush()
		defer terminal.Close()
		defer restoreOnCrash(terminal)()
		signal.Ignore(syscall.SIGPIPE) // a server needs no reader of its screen and its log
		return serve(c.Context(), config, terminal, terminal.Interactive() || *forced, lang)
	}
	return c
}

// noAddress wants no word after serve. An address or a port among them belongs behind --listen.
func noAddress(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	address := args[0]
	if n, err := strconv.ParseUint(address, 10, 16); err == nil && n > 0 {
		address = ":" + address
	}
	if setting.CheckAddress(address) != nil {
		return exactly(0)(c, args)
	}
	return usageError(locale.Errorf(locale.Text{
		EN: "%q is one word too many: did you mean parley serve --listen %s?",
		ZH: "多余的参数 %q：是否想输入 parley serve --listen %s？",
	}, args[0], address))
}

// serve runs a server until ctx ends, the administrator ends it, or it fails.
func serve(ctx context.Context, config server.Config, terminal *tui.Spool, withConsole bool, lang locale.Lang) error {
	log, flush, greeted := logger(config.LogLevel, terminal)
	defer flush()
	ignoreFileSizeSignal()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go giveBack(ctx, terminal, stop)
	s, err := server.Open(ctx, config, version(), log)
	if errors.Is(err, context.Canceled) { // asked to stop during the start
		sayStopped(terminal, lang)
		return nil
	}
	if err != nil {
		return err
	}
	greets := greeting{
		server: s, config: config, withConsole: withConsole,
		background: !tui.InFront(os.Stdin), lang: lang,
	}
	s.Desk().TellWays(greets.ways)
	greets.say(terminal)
	greeted()
	if withConsole {
		show := config.ConsoleShow && terminal.Interactive() // a log must not contain messages
		prompt := console.New(s.Desk(), terminal, lang, greets.dataFlag(), show)
		terminal.AskFirst(func(key string) string {
			return stopQuestion(key, s.Desk().Hub.Status().Inside(), lang)
		})
		terminal.SetPrompt(console.Prompt(lang))
		go func() {
			defer terminal.Close() // after a panic, too
			switch err := prompt.Run(ctx); {
			case errors.Is(err, tui.ErrGone): // SIGHUP would have said that the server ends with it
				log.Info("the terminal is gone")
			case terminal.Interactive(): // Ctrl-D; the end of a pipe leaves the server running
				stop()
			}
		}()
	}
	stopping := manager{s, log, lang}.ready(ctx)
	failed := make(chan struct{})
	go func() {
		defer close(failed)
		_ = s.Wait() // Close tells why
	}()
	select {
	case <-failed:
	case <-ctx.Done():
	}
	stopping()
	if err := s.Close(); err != nil {
		return err
	}
	sayStopped(terminal, lang)
	return nil
}

// stopQuestion is asked before a key stops a server; empty without members.
func stopQuestion(key string, members int, lang locale.Lang) string {
	seconds := int(tui.AgainWithin.Seconds())
	switch members {
	case 0:
		return ""
	case 1:
		return locale.Text{
			EN: "1 member is inside. Press %[1]s again within %[2]d s to stop the server.",
			ZH: "聊天室里有 1 人。%[2]d 秒内再按一次 %[1]s 停止服务器。",
		}.Format(lang, key, seconds)
	}
	return locale.Text{
		EN: "%[2]d members are inside. Press %[1]s again within %[3]d s to stop the server.",
		ZH: "聊天室里有 %[2]d 人。%[3]d 秒内再按一次 %[1]s 停止服务器。",
	}.Format(lang, key, members, seconds)
}

// sayStopped is the last that a server says that ended in good order.
func sayStopped(terminal tui.Console, lang locale.Lang) {
	terminal.Print(locale.Text{
		EN: "The server has stopped. Every message that a member saw is stored.",
		ZH: "服务器已停止。所有显示过的消息均已保存。",
	}.In(lang))
}

// logger writes to standard error: text where somebody reads it at a terminal, above the prompt if there is one, else JSON.
func logger(name string, terminal tui.Console) (log *slog.Logger, flush, greeted func()) {
	o := logging.Options{Terminal: term.IsTerminal(int(os.Stderr.Fd())), Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	var level slog.Level
	if err := level.UnmarshalText([]byte(name)); err != nil { // the settings allow no other
		level = slog.LevelInfo
	}
	o.Level = level
	if !o.Terminal || !terminal.Interactive() {
		log, flush = logging.New(os.Stderr, o)
		return log, flush, func() {}
	}
	shown := new(slog.LevelVar)
	shown.Set(level)
	if level == slog.LevelInfo { // the first screen has the certificate, too
		shown.Set(slog.LevelWarn)
	}
	o.Level = shown
	log, flush = logging.New(lineWriter{terminal}, o)
	return log, flush, func() { shown.Set(level) }
}

// lineWriter shows what is logged above the prompt.
type lineWriter struct{ terminal tui.Console }

func (w lineWriter) Write(b []byte) (int, error) {
	w.terminal.PrintColored(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}
