package conversation

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parley/chat"
)

// lines is the driver of the door line: what people with netcat type and read.
type lines struct {
	stage *stage
	dial  func(*stage) (net.Conn, error)

	conn    net.Conn // nil: none, or over
	in      *bufio.Reader
	partial string // what has come of a line
	inside  bool
	removed bool        // and so the connection ends
	room    chat.RoomID // where it talks
	fences  int

	heard    []Heard
	recalled []Heard
	missed   int
	answers  []string // to what was typed
	refused  *chat.Refusal
}

func newLines(s *stage) Driver { return &lines{stage: s, dial: dialPlain} }

func dialPlain(s *stage) (net.Conn, error) { return net.Dial("tcp", s.StreamAddrs()[0].String()) }

// tellLines: a text of many lines is told line by line.
func tellLines(h Heard) []Heard {
	switch h.Kind {
	case Said, Did, Told, Announced:
		return h.lines()
	}
	return []Heard{h}
}

// Do implements Driver.
func (l *lines) Do(a Act) error {
	switch a.Verb {
	case ToEnter:
		return l.enter(a.Nick)
	case ToSay:
		return l.talk(a.Room, escape(a.Text), 0)
	case ToAct:
		return l.talk(a.Room, "/me "+a.Text, 1)
	case ToSetTopic:
		if a.Text == "" {
			a.Text = "-"
		}
		return l.talk(a.Room, "/topic "+a.Text, 1)
	case ToTell:
		return l.command("/msg "+a.Nick+" "+a.Text, 1)
	case ToJoin:
		return l.goTo(a.Room)
	case ToPart:
		err := l.command("/part "+string(a.Room), 1)
		if err == nil && l.room == a.Room {
			l.room = chat.Lobby
		}
		return err
	case ToRename, ToEnterAgain:
		return l.command("/nick "+a.Nick, 1)
	case ToGoAway:
		return l.command(strings.TrimSpace("/away "+a.Text), 1)
	case ToRecall:
		return l.command(fmt.Sprintf("/history %s --last %d", a.Room, a.N), 0)
	case ToQuit, ToHangUp, ToVanish:
		return l.leave(a.Verb)
	}
	return fmt.Errorf("nobody can %s by lines", a.Verb)
}

// escape is how a text is typed that begins as commands do.
func escape(text string) string {
	if strings.HasPrefix(text, "/") {
		return "/" + text
	}
	return text
}

// enter connects, unless that was done, and answers the question.
func (l *lines) enter(nick string) (err error) {
	typed := nick + "\n"
	if l.removed {
		if err := l.readAll(func(string) bool { return false }); !errors.Is(err, io.EOF) {
			return fmt.Errorf("the connection of who was removed does not end: %w", err)
		}
	}
	if l.conn == nil {
		if l.conn, err = l.dial(l.stage); err != nil {
			return err
		}
		l.in, l.partial, l.room, l.removed = bufio.NewReader(l.conn), "", chat.Lobby, false
		typed = "\n" + typed // that tells what is spoken
	}
	if err := l.send(typed); err != nil {
		return err
	}
	welcome := func() bool { return len(l.answers) > 0 || l.refused != nil }
	if err := l.readUntil(welcome); err != nil {
		return fmt.Errorf("nothing comes of entering: %w", err)
	}
	if l.refused != nil {
		return l.refusal()
	}
	if !strings.HasPrefix(l.answers[0], "Welcome to the chat room, "+nick+". ") {
		return fmt.Errorf("the welcome is %q", l.answers[0])
	}
	l.inside = true
	err = l.Fence() // behind what is told of before
	l.answers = nil // the welcome, and the topic
	return err
}

// talk types something where it is to be said.
func (l *lines) talk(room chat.RoomID, typed string, answers int) error {
	if l.room != room {
		if err := l.goTo(room); err != nil {
			return err
		}
	}
	return l.command(typed, answers)
}

func (l *lines) goTo(room chat.RoomID) error {
	err := l.command("/join "+string(room), 1)
	if err == nil {
		l.room = room
	}
	return err
}

// command types something that has so many answers, unless it is refused.
func (l *lines) command(typed string, answers int) error {
	if err := l.send(typed + "\n"); err != nil {
		return err
	}
	if err := l.Fence(); err != nil {
		return err
	}
	got := l.answers
	l.answers = nil
	if r := l.refusal(); r != nil {
		return r
	}
	if len(got) != answers {
		return fmt.Errorf("%.40q is answered by %q", typed, got)
	}
	return nil
}

// Fence implements Driver: a command that there is not is refused in its place.
func (l *lines) Fence() error {
	if l.conn == nil {
		return nil
	}
	l.fences++
	fence := fmt.Sprintf("fence%d", l.fences)
	_ = l.send("/" + fence + "\n") // where that is over, reading tells
	if !l.inside {                 // no nickname either
		return l.readUntil(func() bool { return l.refusal() != nil })
	}
	said := fmt.Sprintf("! unknown command %q, try /help", fence)
	over := false
	err := l.readAll(func(line string) bool {
		over = line == said
		return over
	})
	if errors.Is(err, io.EOF) { // then nothing more can come
		err = nil
	}
	return err
}

// leave ends the connection in one way or another.
func (l *lines) leave(how Verb) (err error) {
	if l.conn == nil {
		return net.ErrClosed
	}
	switch how {
	case ToQuit:
		err = l.send("/quit\n")
	case ToHangUp:
		err = l.conn.(interface{ CloseWrite() error }).CloseWrite()
	case ToVanish:
		return l.vanish()
	}
	if err != nil {
		return err
	}
	err = l.readAll(func(string) bool { return false })
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("the connection does not end: %w", err)
	}
	if how == ToQuit && (len(l.answers) != 1 || l.answers[0] != "you have left the chat room") {
		return fmt.Errorf("a quit is answered by %q", l.answers)
	}
	l.answers = nil
	return nil
}

// vanish breaks the connection.
func (l *lines) vanish() error {
	conn := l.conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = t.NetConn()
	}
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		return err
	}
	l.conn, l.inside = nil, false
	return conn.Close()
}

// Wait implements Driver.
func (l *lines) Wait(deadline time.Time) error {
	line, err := l.next(deadline)
	if err == nil {
		l.take(line)
	}
	return err
}

// readUntil takes lines until enough has come.
func (l *lines) readUntil(enough func() bool) error {
	deadline := time.Now().Add(l.stage.patience)
	for !enough() {
		if err := l.Wait(deadline); err != nil {
			return err
		}
	}
	return nil
}

// readAll takes lines up to one that is the last.
func (l *lines) readAll(isLast func(line string) bool) error {
	deadline := time.Now().Add(l.stage.patience)
	for {
		line, err := l.next(deadline)
		switch {
		case err != nil:
			return err
		case isLast(line):
			return nil
		}
		l.take(line)
	}
}

func (l *lines) send(typed string) error {
	if l.conn == nil {
		return net.ErrClosed
	}
	_, err := l.conn.Write([]byte(typed))
	return err
}

// prompt stands before whatever comes while no nickname is given.
const prompt = "Please enter nickname: "

// next reads a line, without prompts before it. An error but a deadline's ends the connection.
func (l *lines) next(deadline time.Time) (string, error) {
	if l.conn == nil {
		return "", io.EOF
	}
	if err := l.conn.SetReadDeadline(deadline); err != nil {
		return "", err
	}
	some, err := l.in.ReadString('\n')
	l.partial += some
	if err != nil {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			_ = l.conn.Close()
			l.conn, l.inside = nil, false
		}
		return "", err
	}
	line := strings.TrimSuffix(l.partial, "\n")
	l.partial = ""
	for !l.inside && strings.HasPrefix(line, prompt) {
		line = line[len(prompt):]
	}
	return line, nil
}

var (
	dated  = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  `) // a line of history
	missed = regexp.MustCompile(`^--- you missed (\d+) messages?( or more)?(, the last \d+ follow)? ---$`)
)

// take reads a line.
func (l *lines) take(line string) {
	indent := strings.Repeat(" ", len("2006-01-02 15:04:05  "))
	switch refusal, isRefusal := strings.CutPrefix(line, "! "); {
	case isRefusal:
		if l.refused = refusalOf(refusal); l.refused == nil {
			l.refused = &chat.Refusal{Code: chat.BadArgument, Detail: refusal} // its own words
		}
	case dated.MatchString(line):
		h, ok := readLine(line[len(indent):])
		if !ok {
			h = Heard{Kind: Unknown, Text: line}
		}
		l.recalled = append(l.recalled, h)
	case strings.HasPrefix(line, indent) && len(l.recalled) > 0:
		l.recalled[len(l.recalled)-1].Text += "\n" + line[len(indent):]
	case missed.MatchString(line):
		l.missed, _ = strconv.Atoi(missed.FindStringSubmatch(line)[1])
	case line == "--- recent messages ---":
	case strings.HasPrefix(line, "your text was sent; "): // it was the name of a command
	default:
		if heard := readLines(line); heard != nil {
			l.heard = append(l.heard, heard...)
			l.removed = l.removed || heard[0].Kind == Removed
		} else {
			l.answers = append(l.answers, line)
		}
	}
}

// refusal returns what was refused since the last call, as an error.
func (l *lines) refusal() error {
	r := l.refused
	l.refused = nil
	if r == nil {
		return nil
	}
	return r
}

// Take implements Driver.
func (l *lines) Take() []Heard {
	heard := l.heard
	l.heard = nil
	return heard
}

// Recalled implements Driver.
func (l *lines) Recalled() ([]Heard, int) {
	recalled, missed := l.recalled, l.missed
	l.recalled, l.missed = nil, 0
	return recalled, missed
}

// Close implements Driver.
func (l *lines) Close() {
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
