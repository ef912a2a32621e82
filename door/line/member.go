package line

import (
	"errors"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"parley/chat"
	"parley/command"
	"parley/door/stream"
	"parley/locale"
	"parley/wire/line"
)

// member is a connection of this door, and the member that has entered through it.
type member struct {
	stream.Conn
	door    *Door
	decoder line.Decoder
	room    chat.RoomID // where it talks
}

// Begin implements stream.Session. It prompts for a nickname. The line that first begins with is
// dropped: it told which protocol the client speaks.
func (m *member) Begin(first []byte) (rest []byte) {
	m.prompt()
	if len(first) == 0 {
		return nil
	}
	_, rest, ok, _ := m.next(first)
	if !ok {
		m.decoder.Skip() // the rest of it, if it has begun
	}
	return rest
}

func (m *member) prompt() { m.Push([]byte(m.door.words.Prompt)) }

// Input implements stream.Session: it takes the lines that end in data.
func (m *member) Input(data []byte) error {
	for len(data) > 0 {
		typed, rest, ok, lineErr := m.next(data)
		if ok {
			if err := m.take(typed, lineErr); err != nil {
				return err
			}
		}
		data = rest
	}
	return nil
}

// Rest implements stream.Session: it takes a line that the end of the input ends.
func (m *member) Rest() {
	if typed, ok, err := m.decoder.Rest(); ok {
		_ = m.take(typed, err) // nothing is read after it
	}
}

// take carries out a line.
func (m *member) take(typed []byte, err error) error {
	if err := m.Throttle(); err != nil {
		return err
	}
	switch {
	case errors.Is(err, io.EOF):
		return err
	case errors.Is(err, line.ErrProxy):
		m.Push(line.Line(m.door.words.NoProxy))
		return io.EOF // nothing that follows is a line
	case err != nil:
		m.Refuse(chat.Refuse(chat.TextTooLong))
	case !utf8.Valid(typed):
		m.refuseDamaged()
	case !m.IsInside() && leavesPrompt(string(typed)):
		m.Push(line.Line(m.door.words.Bye))
		return io.EOF
	case !m.IsInside():
		m.Aside(func() { m.enter(string(typed)) })
	default:
		m.say(string(typed))
	}
	return nil
}

// refuseDamaged refuses a line that is not UTF-8 before anything in it counts as a nickname, a
// command or a text, because its user typed something else.
func (m *member) refuseDamaged() {
	if m.IsInside() {
		m.Refuse(locale.Refuse(chat.TextEncoding, line.TextNotUTF8))
		return
	}
	m.Refuse(locale.Refuse(chat.NickCharacters, line.NickNotUTF8))
	m.prompt()
}

// leavesPrompt reports whether a line that was typed as the nickname asks to leave: as a command,
// or as a word that parley join does not take for a nickname either.
func leavesPrompt(typed string) bool {
	words := strings.Fields(strings.ToLower(command.Slashed(strings.TrimSpace(typed))))
	if len(words) == 0 {
		return false
	}
	word := words[0]
	if name, slash := strings.CutPrefix(word, "/"); slash {
		row, _ := command.Find(name)
		return row.Name == "quit"
	}
	return word == "quit" || word == "exit" || word == "退出"
}

// enter takes a line as the nickname.
func (m *member) enter(typed string) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		m.prompt()
		return
	}
	nick, err := locale.ParseNick(typed)
	if strings.HasPrefix(command.Slashed(typed), "/") {
		err = locale.Refuse(chat.NickCharacters, line.NickFirst)
	}
	if err == nil {
		err = m.Enter(nick)
	}
	if err != nil {
		m.Refuse(err)
		m.prompt()
		return
	}
	others := max(0, m.door.desk.Hub.Present(chat.Lobby)-1)
	first := line.Line(m.door.words.Welcome(nick.Name, others))
	if topic := m.door.desk.Hub.Topic(chat.Lobby); topic != "" {
		first = append(first, line.Line(m.door.words.Topic(topic))...)
	}
	m.Welcome(append(first, m.door.recent(m, nick)...))
}

// say takes a line as a command, or posts it.
func (m *member) say(typed string) {
	typed = command.Slashed(typed)
	rest, slash := strings.CutPrefix(typed, "/")
	if slash && !strings.HasPrefix(rest, "/") {
		m.Aside(func() { m.command(rest) })
		return
	}
	if slash {
		typed = rest
	} else if refusal := m.lacksSlash(typed); refusal != nil {
		m.Refuse(refusal)
		return
	}
	text, err := chat.ParseText(typed, m.door.config.TextMax)
	post := chat.Post{By: chat.By(m.ID()), Room: m.room, Text: text}
	if hint := m.hint(text); err == nil && hint != "" {
		m.Aside(func() { m.sayNamed(post, hint) })
		return
	}
	if err == nil {
		err = m.Submit(post)
	}
	var refusal *chat.Refusal
	if errors.As(err, &refusal) && refusal.Code == chat.TextEmpty {
		return // an Enter alone is not a mistake
	}
	if err != nil {
		m.Refuse(err)
	}
}

// lacksSlash refuses a text that is a private message to another member but for its slash: once it
// is shown to everyone, it cannot be taken back. nil: the text is something else.
func (m *member) lacksSlash(typed string) error {
	var words []string // the first three
	for word := range strings.FieldsSeq(typed) {
		if len(words) == 0 && !strings.EqualFold(word, "msg") && word != "私聊" {
			return nil
		}
		if words = append(words, word); len(words) == 3 {
			break
		}
	}
	if len(words) < 3 {
		return nil
	}
	nick, err := chat.ParseNick(words[1])
	if _, isInside := m.door.desk.Hub.Holder(nick.Key); err != nil || !isInside {
		return nil
	}
	return locale.Refuse(chat.BadArgument, line.ToMsg.Fill(words[0]+" "+words[1]))
}

// sayNamed posts a text that names a command. It waits for the answer, as the hint says that the
// text was sent.
func (m *member) sayNamed(post chat.Post, hint string) {
	if err := m.Do(m.Context(), post); err != nil {
		m.Refuse(err)
		return
	}
	m.Push(line.Line(hint))
}

// hint returns what helps a member that has said the name of a command, without its slash, to
// everyone; empty: it has not.
func (m *member) hint(said string) string {
	switch strings.ToLower(strings.TrimSpace(said)) {
	case "quit", "exit", "bye", "退出":
		return m.door.words.ToQuit
	case "help", "帮助":
		return m.door.words.ToHelp
	}
	return ""
}

// command carries out what was typed behind a slash, after everything that was said before.
func (m *member) command(typed string) {
	m.Settled()
	caller := &command.Caller{Session: m.ID(), Room: m.room, Addr: m.Addr(), Do: m.Do}
	answers, lang, answered := m.Answers(), m.door.config.Language(), false
	tell := func(a command.Answer) error {
		if a == nil {
			return answers.NextPage()
		}
		answered = true
		return answers.Add(shown(a, lang))
	}
	row, arguments, err := command.Parse(typed, caller)
	if err == nil {
		err = row.Run(m.Context(), m.door.desk, caller, arguments, tell)
		if empty := row.Empty.In(lang); err == nil && !answered && empty != "" {
			err = answers.Add(line.Line(empty))
		}
	}
	m.room = caller.Room
	if caller.Quits {
		m.Quit(caller.Bye)
	}
	if answers.Flush() == nil && err != nil {
		m.Refuse(err)
	}
}

// shown is an answer as it is written. Nothing in it can steer a terminal.
func shown(a command.Answer, lang locale.Lang) []byte {
	text, err := chat.ParseText(a.Text(lang), math.MaxInt)
	if err != nil {
		return nil
	}
	return line.Line(text)
}

// LastWords implements stream.Session.
func (m *member) LastWords(e stream.Ending) []byte {
	words := m.door.words
	switch e {
	case stream.Quit:
		return line.Line(words.Bye)
	case stream.Slow:
		return line.Line(words.Slow)
	case stream.TimedOut:
		return line.Line(words.TimedOut)
	case stream.Stopping:
		return line.Line(words.Stopping)
	case stream.Failed:
		return m.door.Refuse(chat.Refuse(chat.Internal))
	}
	return nil
}

// next is Decoder.Next, and answers the telnet commands before the line.
func (m *member) next(data []byte) (typed, rest []byte, ok bool, err error) {
	m.decoder.Prompts = !m.IsInside()
	typed, rest, ok, err = m.decoder.Next(data)
	if m.decoder.IsTelnet() {
		m.Converts()
		if reply := m.decoder.Reply(); reply != nil {
			m.Push(reply)
		}
	}
	return typed, rest, ok, err
}

// Convert implements stream.Session: telnet reads lines that end in CR LF.
func (m *member) Convert(b []byte) []byte { return line.NVT(b) }
