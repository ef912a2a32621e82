package command

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/chat"
	"parley/locale"
)

// Role says what somebody may do.
type Role int

const (
	Guest         Role = iota // whoever is inside
	Administrator             // who runs the server
)

// Command is a row of the table.
type Command struct {
	Name       string   // one word, or two of which the first is another command
	Aliases    []string // other names by which it can be typed, also in Chinese
	Role       Role     // the least that somebody must be
	Inside     bool     // for who is inside, which the administrator is not
	Typed      bool     // of use only where commands are typed one after the other: in no shell and in no program
	Help       locale.Text
	Outside    locale.Text // Help as the administrator reads it, outside of all rooms; empty: Help
	Group      locale.Text // Help where commands of two words are not listed; empty: Help
	Parameters []Parameter // those without Flag in the order in which they are typed
	Example    locale.Text // its arguments, as typed
	Changes    bool        // it changes something; the others only tell
	Replaces   bool        // each answer stands in the place of the one before
	Empty      locale.Text // what people are told where nothing is answered; empty: nothing

	// Answer returns an empty answer of the command's kind, to read JSON into.
	Answer func() Answer

	run func(call) error

	slash bool   // it was typed with a slash before it, so it is shown with one
	alias string // the other name by which it was typed; empty: by Name
}

// Caller is for whom a command is run, if that is somebody inside: who is not is the administrator.
type Caller struct {
	Session chat.SessionID
	Room    chat.RoomID // where it talks; a command may lead elsewhere
	Addr    netip.Addr  // of its client; the zero one: unknown
	Quits   bool        // it has asked to leave
	Bye     string      // why, if it said that

	// Do carries out a command of the room in the caller's name and returns once it is stored, or the *chat.Refusal.
	Do func(context.Context, chat.Command) error
}

// role is what a caller may do; nil is the administrator.
func (c *Caller) role() Role {
	if c == nil {
		return Administrator
	}
	return Guest
}

// call is one run of a command.
type call struct {
	ctx    context.Context
	desk   *Desk
	caller *Caller // nil: the administrator
	args   Arguments
	emit   func(Answer) error
	typed  bool // at a prompt, with a slash: no program reads the answers
}

// room returns the room that an argument names, or where the caller talks, or the lobby.
func (c call) room(argument string) (room chat.RoomID, err error) {
	switch {
	case c.args[argument] != "" && c.caller == nil:
		room, err = c.findRoom(c.args[argument])
	case c.args[argument] != "":
		room, err = publicRoom(c.args[argument])
	case c.caller != nil:
		return c.caller.Room, nil
	default:
		return chat.Lobby, nil
	}
	if room == chat.LobbyInChinese {
		if _, err := c.desk.Hub.Newest(room); err != nil { // else somebody has made a room of it
			return chat.Lobby, nil
		}
	}
	return room, err
}

// Parameter is one thing that a command is told.
type Parameter struct {
	Name     string
	Chinese  string // its name in Chinese usage lines; empty: Name, in capitals in either language
	Help     locale.Text
	Outside  locale.Text // Help as the administrator reads it, outside of all rooms; empty: Help
	Required bool
	Rest     bool   // takes all that follows, spaces kept
	Flag     bool   // typed as --NAME VALUE, anywhere
	Switch   bool   // a Flag without a value: given or not
	Endless  bool   // a Switch with which answers go on until the one who asks goes away
	Default  string // what leaving it out means

	// Check returns an error for a value that is never valid; nil: every value may be.
	Check func(value string) error
}

// Arguments are a command's parameters by name.
type Arguments map[string]string

// Answer is one thing that a command tells. As JSON it is for programs, as text for people.
type Answer interface {
	Text(locale.Lang) string
}

// Table returns the commands, in the order in which help lists them.
func Table() []Command {
	return []Command{
		join, part, msg, me, nick, topic, away, address, announce, who, rooms, removeRoom, kick,
		history,
		status, quit, help(),
	}
}

// Steering returns the rows that steer a server from outside: from a shell, or a program.
func Steering() []Command {
	rows := slices.DeleteFunc(Table(), func(c Command) bool { return c.Inside || c.Typed })
	for i, c := range rows {
		rows[i] = c.typed(nil)
	}
	return rows
}

// Offered returns the rows that a caller, or with nil the administrator, can type.
func Offered(caller *Caller) (all []Command) {
	for _, c := range Table() {
		if c.offered(caller) {
			all = append(all, c.typed(caller))
		}
	}
	return all
}

// typed returns the row as a caller types it. A member cannot type a parameter without an end:
// nothing after it would be read. The administrator is shown the help of a caller in no room.
func (c Command) typed(caller *Caller) Command {
	if caller == nil {
		c.Help = outside(c.Help, c.Outside)
		c.Parameters = slices.Clone(c.Parameters)
		for i, p := range c.Parameters {
			c.Parameters[i].Help = outside(p.Help, p.Outside)
		}
	} else {
		c.Parameters = slices.DeleteFunc(slices.Clone(c.Parameters), func(p Parameter) bool {
			if p.Endless {
				c.Example.EN = strings.TrimSuffix(c.Example.EN, " --"+p.Name)
				c.Example.ZH = strings.TrimSuffix(c.Example.ZH, " --"+p.Name)
			}
			return p.Endless
		})
	}
	return c
}

// outside returns the help for the administrator.
func outside(help, own locale.Text) locale.Text {
	if own.EN == "" {
		return help
	}
	return own
}

// CheckArguments returns why no caller may give these arguments: a *chat.Refusal, or nil. The
// server may refuse others.
func (c Command) CheckArguments(a Arguments) error {
	for _, p := range c.Parameters {
		if value := a[p.Name]; p.Check != nil && value != "" {
			if err := p.Check(value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c Command) offered(caller *Caller) bool {
	return caller.role() >= c.Role && (caller != nil || !c.Inside)
}

// Find returns the command of a name, or of another name of it.
func Find(name string) (Command, bool) {
	for _, c := range Table() {
		if c.Name == name || slices.Contains(c.Aliases, name) {
			return c, true
		}
	}
	return Command{}, false
}

// Run carries the command out for a caller, or with nil for the administrator, calling emit with
// each answer. With nil it says that the next answer may be long in coming, or that it is about to
// read more of them: time to hand on what was gathered, and to wait for a slow reader. What the caller may
// not do, and unknown, missing and unusable arguments, are refused before anything is done. A
// refusal is counted unless ctx is done: then there is nobody left to refuse.
func (c Command) Run(ctx context.Context, d *Desk, caller *Caller, a Arguments, emit func(Answer) error) error {
	err := c.checked(call{ctx, d, caller, a, emit, c.slash})
	var refusal *chat.Refusal
	if ctx.Err() == nil && errors.As(err, &refusal) {
		d.Refused.Add(refusal.Code)
	}
	return err
}

// Barred returns why a caller, or with nil the administrator, may not use the command; nil: it may.
func (c Command) Barred(caller *Caller) error {
	switch {
	case caller == nil && c.Inside:
		return locale.Refuse(chat.NotInside, locale.Text{
			EN: "only a member can use /" + c.Name + ": /help lists your commands",
			ZH: "只有成员可以使用 /" + c.Name + "，输入 /help 查看你的命令",
		})
	case !c.offered(caller):
		return chat.Refuse(chat.NotAllowed)
	}
	return nil
}

func (c Command) checked(run call) error {
	if err := c.Barred(run.caller); err != nil {
		return err
	}
	a := run.args
	for name := range a {
		if !slices.ContainsFunc(c.Parameters, func(p Parameter) bool { return p.Name == name }) {
			return badArgument(locale.Text{
				EN: "%s has no argument %s",
				ZH: "%s 没有参数 %s",
			}, c.shown(), chat.Quote(name))
		}
	}
	for _, p := range c.Parameters {
		if p.Required && strings.TrimSpace(a[p.Name]) == "" {
			return badArgument(locale.Text{
				EN: "%s needs %s: %s%s", ZH: "%s 缺少%s，用法：%s%s",
			}, c.shown(), p.Typed(), c.Usage(), c.joinedWords(a))
		}
	}
	return c.run(run)
}

// joinedWords says that a space follows a nickname, if a text behind a comma or a colon was taken
// for a part of it; otherwise it is empty.
func (c Command) joinedWords(a Arguments) locale.Text {
	if i := strings.IndexAny(a["nick"], ",:，：、。"); i <= 0 {
		return locale.Text{}
	}
	return locale.Text{EN: " (a space follows NICK)", ZH: "（昵称后面要有空格）"}
}

// Confirms says whether the command does nothing without a confirmation.
func (c Command) Confirms() bool {
	return slices.ContainsFunc(c.Parameters, func(p Parameter) bool {
		return p.Name == Confirmation
	})
}

// IsEndless says whether the arguments ask for answers that continue until the client disconnects.
func (c Command) IsEndless(a Arguments) bool {
	return slices.ContainsFunc(c.Parameters, func(p Parameter) bool { return p.Endless && a[p.Name] != "" })
}

// shown is the command's name as it was typed: with the slash, or in a shell without.
func (c Command) shown() string {
	if c.slash {
		return "/" + cmp.Or(c.alias, c.Name)
	}
	return c.Name
}

// Typed returns how people type a parameter: NAME, --NAME or --NAME N.
func (p Parameter) Typed() locale.Text {
	switch {
	case p.Switch:
		return locale.Text{EN: "--" + p.Name}
	case p.Flag:
		return locale.Text{EN: "--" + p.Name + " N"}
	}
	return locale.Text{EN: strings.ToUpper(p.Name), ZH: p.Chinese}
}

// Usage returns how the command is typed, such as `/kick NICK [REASON]`, or in a shell without the
// slash.
func (c Command) Usage() locale.Text {
	usage := locale.Text{EN: c.shown(), ZH: c.shown()}
	for _, p := range c.Parameters {
		word := locale.Text{EN: " %s", ZH: " %s"}
		if !p.Required {
			word = locale.Text{EN: " [%s]", ZH: " [%s]"}
		}
		word = word.Fill(p.Typed())
		usage.EN += word.EN
		usage.ZH += word.ZH
	}
	return usage
}

// aliases returns the other names of the command that a reader of a language can type.
func (c Command) aliases(l locale.Lang) []string {
	if l == locale.Chinese {
		return c.Aliases
	}
	return slices.DeleteFunc(slices.Clone(c.Aliases), func(name string) bool {
		return strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf })
	})
}
