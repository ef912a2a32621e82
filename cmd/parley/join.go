package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"parley/client"
	"parley/command"
	"parley/locale"
	"parley/tui"
)

// joinCommand is `parley join`: talking in a chat room from a terminal or a pipe.
func joinCommand(lang locale.Lang) *cobra.Command {
	udp := true
	c := &cobra.Command{
		Use: locale.Text{
			EN: "join [NICK@]HOST[:PORT]", ZH: "join [昵称@]主机[:端口]",
		}.In(lang),
		Short: locale.Text{EN: "talk in a chat room", ZH: "加入聊天室聊天"}.In(lang),
		Long: locale.Text{
			EN: `Join the lobby of a chat room and talk. Messages from other members appear above
the line that you type. To leave, type quit, exit or /quit, or press Ctrl-D or Ctrl-C.

Without NICK@ the client asks for a nickname; in a pipe it reads it from the first line, and says
so on standard error. PORT is 8888 by default, and can also follow as a second word:
parley join HOST PORT. At a terminal, a line that begins with / is not sent. To send /abc, type
//abc. This client has the lobby only and no history. It shows private messages, but cannot send
them. For these, use netcat or join.py (see http://HOST:PORT).`,
			ZH: `加入聊天室的大厅聊天：显示别人的消息，发送你输入的内容。
输入 quit、exit 或 /quit，或按 Ctrl-D、Ctrl-C 退出。

不写“昵称@”时会询问昵称；通过管道使用时，第一行就是昵称，并在标准错误中说明。不写端口时为 8888；
端口也可以写成第二个词：parley join 主机 端口。
在终端中，以 / 开头的行不会发送；要发送以 / 开头的内容，请在前面多打一个 /，例如 //abc。
此客户端目前只有大厅，没有其他房间和聊天记录；能看到发给你的私聊，但不能发私聊。
需要这些时请用 netcat 或 join.py（见 http://主机:端口）。`,
		}.In(lang),
		Example: `  parley join localhost
  parley join ann@192.168.1.20:8888
  echo hello | parley join ann@localhost`,
		Args: hostAndPort,
		RunE: func(c *cobra.Command, args []string) error {
			args = plainAddress(args)
			at := strings.LastIndexByte(args[0], '@')
			nick, address := args[0][:max(at, 0)], withPort(args[0][at+1:], args[1:])
			switch {
			case !udp:
				return usageError(errors.New(locale.Text{
					EN: "--udp=false is not supported: join uses the datagram protocol only",
					ZH: "不支持 --udp=false：join 目前只使用数据报协议",
				}.In(lang)))
			}
			if _, _, err := client.SplitAddress(address); err != nil {
				return usageError(addressProblem(args[0], err))
			}
			return join(c, lang, nick, address)
		},
	}
	c.Flags().BoolVar(&udp, "udp", udp, locale.Text{
		EN: "use the datagram protocol; always on, so it need not be given",
		ZH: "使用数据报协议；始终启用，无需指定",
	}.In(lang))
	c.Flags().Lookup("udp").DefValue = "false" // which help leaves out
	return c
}

// joining is one run of `parley join`. Everything but the two goroutines that read happens in one loop.
type joining struct {
	lang    locale.Lang
	console tui.Console
	conn    *client.Conn
	errOut  io.Writer

	nick   string            // of the last entering that succeeded
	wanted chan struct{}     // has something when a line is to be read
	asked  bool              // wanted, and has not come
	typed  chan string       // closed at the end of input and of the run
	event  chan client.Event // what happens in the room
	later  []client.Event    // events that came while entering and are still to be acted on
	back   comeback

	warned   bool                                 // that an answer to a private message is public
	stopping bool                                 // the server has said so, and nothing else since
	after    func(time.Duration) <-chan time.Time // time.After, unless a test counts the pauses
}

func join(c *cobra.Command, lang locale.Lang, nick, address string) error {
	signal.Ignore(syscall.SIGPIPE) // the writer of standard output ends c's context
	console, err := tui.Open(c.InOrStdin(), c.OutOrStdout(), os.Getenv)
	if err != nil {
		return err
	}
	defer console.Close()
	defer restoreOnCrash(console)()
	j := newJoining(lang, console, c.ErrOrStderr())
	return j.talk(c.Context(), nick, address)
}

func newJoining(lang locale.Lang, console tui.Console, errOut io.Writer) *joining {
	return &joining{
		lang: lang, console: console, errOut: errOut, after: time.After,
		wanted: make(chan struct{}, 1), typed: make(chan string), event: make(chan client.Event),
	}
}

// talk stays in the chat room until it is asked to end, which is not an error.
func (j *joining) talk(ctx context.Context, nick, address string) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(errDone)
	var readers sync.WaitGroup
	readers.Go(func() { giveBack(ctx, j.console, func() { cancel(errDone) }) })
	j.conn, err = client.Dial(ctx, address, client.Options{Silent: j.silent})
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return lookupProblem(address, err)
	}
	readers.Go(func() { j.readTyped(ctx) })
	readers.Go(func() { j.readEvents(ctx) })
	if err = j.run(ctx, nick); errors.Is(err, errDone) || ctx.Err() != nil {
		err = nil // asked to end, whatever that interrupted
	}
	cancel(errDone)
	readers.Wait()
	j.leave()
	return err
}

// errDone is what ends the program without a fault: quit, the end of input, an interrupt.
var errDone = errors.New("done")

// run enters and then lets people talk, until errDone or a fault.
func (j *joining) run(ctx context.Context, nick string) error {
	err := j.enter(ctx, nick, 0)
	for err == nil {
		err = j.step(ctx)
	}
	return err
}

// step deals with one event, or with one line that was typed.
func (j *joining) step(ctx context.Context) error {
	if len(j.later) > 0 {
		e := j.later[0]
		j.later = j.later[1:]
		return j.happened(ctx, e)
	}
	select {
	case line, ok := <-j.next():
		if j.asked = false; !ok || j.quits(line) {
			return errDone
		}
		return j.say(ctx, line)
	case e := <-j.event:
		return j.happened(ctx, e)
	}
}

// next wants a line and returns where it comes. Whoever receives it clears asked. One at a time, so that a prompt that stands on
// paper is the right one.
func (j *joining) next() <-chan string {
	if !j.asked {
		j.asked = true
		j.wanted <- struct{}{}
	}
	return j.typed
}

func (j *joining) readTyped(ctx context.Context) {
	defer close(j.typed)
	for {
		select {
		case <-j.wanted:
		case <-ctx.Done():
			return
		}
		line, err := j.console.ReadLine(ctx)
		if err != nil {
			return
		}
		select {
		case j.typed <- line:
		case <-ctx.Done():
			return
		}
	}
}

func (j *joining) readEvents(ctx context.Context) {
	for {
		e, err := j.conn.Receive(ctx)
		if err != nil {
			return
		}
		select {
		case j.event <- e:
		case <-ctx.Done():
			j.late(e)
			return
		}
	}
}

// enter enters under nick after a pause, or asks for nicknames until one is accepted.
func (j *joining) enter(ctx context.Context, nick string, pause time.Duration) error {
	for {
		if nick == "" {
			var err error
			if nick, err = j.askNick(ctx); err != nil {
				return err
			}
		}
		if j.console.Interactive() && isReserved(nick) {
			j.notice(locale.Text{
				EN: "%s cannot be a nickname; quit or Ctrl-C ends the program",
				ZH: "不能用 %s 作昵称；输入 quit 或按 Ctrl-C 结束",
			}, nick)
			nick = ""
			continue
		}
		err := j.request(ctx, nick, pause)
		var refused *client.Refused
		switch {
		case errors.As(err, &refused):
			reason := j.refusal(nick, refused.Text)
			if !j.console.Interactive() {
				return errors.New(reason)
			}
			j.console.Print(reason)
			nick, pause = "", 0
		case err == nil:
			j.entered(nick)
			return nil
		default:
			return err
		}
	}
}

// entered notes that the server has let the user in. The first time at a terminal it says the way out.
func (j *joining) entered(nick string) {
	first := j.nick == ""
	j.nick, j.back.entered = nick, time.Now()
	j.console.SetPrompt(nick + ": ")
	if first && j.console.Interactive() {
		j.notice(locale.Text{EN: "you are in the chat room; quit or Ctrl-D leaves", ZH: "你已进入聊天室；输入 quit 或按 Ctrl-D 退出"})
	}
}

// request asks the server for nick after a pause, and shows what it says meanwhile. At a terminal the
// user can quit while it waits.
func (j *joining) request(ctx context.Context, nick string, pause time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	answer := make(chan error, 1)
	go func() {
		select {
		case <-j.after(pause):
			answer <- j.conn.Enter(ctx, nick)
		case <-ctx.Done():
			answer <- context.Cause(ctx)
		}
	}()
	for {
		var typed <-chan string
		if j.console.Interactive() {
			typed = j.next()
		}
		select {
		case line, ok := <-typed:
			if j.asked = false; !ok || j.quits(line) {
				cancel(errDone)
				<-answer
				return errDone
			}
			j.notice(notSaid)
		case e := <-j.event:
			if e.Kind == client.Line {
				j.console.Print(j.translate(e.Text))
			} else {
				j.later = append(j.later, e)
			}
		case err := <-answer:
			if ctx.Err() != nil {
				return errDone
			}
			return err
		}
	}
}

// askNick asks for a nickname until one is typed; a pipe has one line to name it.
func (j *joining) askNick(ctx context.Context) (string, error) {
	question := locale.Text{EN: "Please enter nickname: ", ZH: "请输入昵称："}.In(j.lang)
	for {
		line, ok := j.answer(ctx, question)
		nick := strings.TrimSpace(line)
		switch {
		case ctx.Err() != nil, ok && j.quits(line):
			return "", errDone
		case !j.console.Interactive():
			return nick, j.firstLine(nick)
		case !ok:
			return "", errDone
		case nick == "":
			j.notice(locale.Text{
				EN: "type a nickname; quit or Ctrl-C ends the program",
				ZH: "请输入昵称；输入 quit 或按 Ctrl-C 结束",
			})
			continue
		}
		j.console.Echo(question + nick)
		j.console.SetPrompt("")
		return nick, nil
	}
}

// answer returns the line that answers a question; false: the input has ended. A line that was half
// typed when a session ended is a message, not the answer.
func (j *joining) answer(ctx context.Context, question string) (line string, ok bool) {
	if asker, can := j.console.(tui.Asker); can && j.nick != "" {
		line, err := asker.Ask(ctx, question)
		return line, err == nil
	}
	j.console.SetPrompt(question)
	line, ok = <-j.next()
	j.asked = false
	return line, ok
}

func (j *joining) say(ctx context.Context, line string) error {
	if strings.TrimSpace(line) == "" {
		return nil
	}
	slashed := command.Slashed(line)
	if j.console.Interactive() && strings.HasPrefix(slashed, "/") {
		if !strings.HasPrefix(slashed, "//") {
			j.notSent(line)
			return nil
		}
		line = slashed[1:]
	}
	j.console.Echo(j.nick + ": " + line)
	err := j.conn.Say(ctx, line)
	if errors.Is(err, client.ErrNotEntered) { // the event that says why is on its way
		j.notice(notSaid)
		return nil
	}
	return err
}

// happened shows what happened and does what it asks for.
func (j *joining) happened(ctx context.Context, e client.Event) error {
	switch e.Kind {
	case client.Line:
		j.hear(e.Text)
		return nil
	case client.Removed:
		if !j.console.Interactive() {
			return errors.New(j.translate(e.Text))
		}
		j.console.Print(j.translate(e.Text))
		return j.enter(ctx, "", 0)
	case client.Moved:
		return j.moved(ctx)
	case client.Outside:
		j.notice(locale.Text{EN: "the server has ended your session: %s", ZH: "服务器结束了你的会话：%s"}, j.translate(e.Text))
	case client.Unreachable:
		if j.stopping {
			break // its last line has said so
		}
		j.notice(locale.Text{
			EN: "the server has shut down; waiting for it to return",
			ZH: "服务器已关闭，正在等待它恢复",
		})
	}
	j.stopping = false // what follows says that the server is back
	pause := j.back.next(time.Now())
	if !j.console.Interactive() && j.back.tries > comebackPiped {
		return errors.New(locale.Text{
			EN: "the server keeps ending new sessions",
			ZH: "服务器每次都立即结束会话，不再重试",
		}.In(j.lang))
	}
	if pause > 0 {
		j.notice(locale.Text{EN: "joining again in %s", ZH: "%s 后重新加入"}, pause)
	}
	if err := j.enter(ctx, j.nick, pause); err != nil {
		return err
	}
	j.notice(enteredAgain)
	return nil
}

var enteredAgain = locale.Text{
	EN: "joined again; your last lines may not have arrived",
	ZH: "已重新加入；断线前最后发的内容可能没有送达",
}

const (
	movedPause = 10 * time.Second // between tries to enter from a new address
	movedPiped = 30               // tries through a pipe, where nobody is there to give up
)

// moved enters again from the address that a NAT has given the user, once the server has found out that
// nobody is at the old one.
func (j *joining) moved(ctx context.Context) error {
	j.notice(locale.Text{
		EN: "your network address has changed, and the server knows you by the old one; " +
			"your nickname is free again within two minutes; trying every %s",
		ZH: "你的网络地址变了，服务器只认原来的地址；你的昵称会在两分钟内释放，每 %s 重试一次",
	}, movedPause)
	pause := time.Duration(0)
	for try := 1; ; try++ {
		err := j.request(ctx, j.nick, pause)
		var refused *client.Refused
		switch {
		case err == nil:
			j.entered(j.nick)
			j.notice(enteredAgain)
			return nil
		case !errors.As(err, &refused):
			return err
		case !j.console.Interactive() && try >= movedPiped:
			return errors.New(j.refusal(j.nick, refused.Text))
		}
		pause = movedPause
	}
}

// leave says Q, waits for EXIT a little, and shows what came meanwhile.
func (j *joining) leave() {
	_ = j.conn.Leave(context.Background()) // without an answer the server finds out by itself
	_ = j.conn.Close()
	for {
		e, err := j.conn.Receive(context.Background())
		if err != nil {
			return
		}
		j.late(e)
	}
}

// late shows what came while leaving.
func (j *joining) late(e client.Event) {
	if e.Kind == client.Line {
		j.console.Print(j.translate(e.Text))
	}
}
