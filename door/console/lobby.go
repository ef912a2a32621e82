package console

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/chat"
	"parley/command"
	"parley/hub"
	"parley/locale"
)

// lobbyKept is how many of the newest messages are still shown to a terminal that fell behind.
const lobbyKept = 100

// lobby shows what happens in the lobby as it happens.
type lobby struct {
	hub      *hub.Hub
	terminal Terminal
	lang     locale.Lang
	crowd    *crowd
	after    chat.Cursor // behind the newest message that was shown, or left out

	mu  sync.Mutex
	own map[string]int // announcements that were typed here and have not come yet
}

func newLobby(h *hub.Hub, terminal Terminal, lang locale.Lang) *lobby {
	after, _ := h.End(chat.Lobby)
	return &lobby{
		hub: h, terminal: terminal, lang: lang, crowd: newCrowd(terminal.Print, lang, time.Now),
		after: after, own: map[string]int{},
	}
}

// expect notes by how much more often an announcement comes that is not shown: it was typed here.
func (l *lobby) expect(text string, more int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.own[text] += more; l.own[text] <= 0 {
		delete(l.own, text)
	}
}

// isOwn says whether a message is an announcement that was typed here, once for each.
func (l *lobby) isOwn(m chat.Message) bool {
	if m.Kind != chat.KindAnnouncement {
		return false
	}
	l.mu.Lock()
	is := l.own[m.Text] > 0
	l.mu.Unlock()
	if is {
		l.expect(m.Text, -1)
	}
	return is
}

// errBehind makes follow go on from another place.
var errBehind = errors.New("console: the terminal is behind")

// follow shows messages until ctx ends or the hub does. Its goroutine is the only one that waits
// for the terminal here, and holds no more than a page of messages meanwhile.
func (l *lobby) follow(ctx context.Context) {
	defer l.crowd.stop()
	for {
		err := l.hub.Follow(ctx, chat.Lobby, l.after, func(messages []chat.Message) error {
			return l.show(ctx, messages)
		})
		switch {
		case errors.Is(err, errBehind):
		case err == nil || ctx.Err() != nil:
			return
		default:
			l.terminal.Print(locale.Text{
				EN: "the lobby is not shown any more: %v", ZH: "无法继续显示大厅（lobby）的消息：%v",
			}.Format(l.lang, err))
			return
		}
	}
}

// show shows messages, or fails with errBehind where the terminal is too slow for them.
func (l *lobby) show(ctx context.Context, messages []chat.Message) error {
	for _, m := range messages {
		if !l.terminal.Roomy() {
			l.crowd.flush()
			if err := l.catchUp(ctx); err != nil {
				return err
			}
		}
		if !l.isOwn(m) {
			l.crowd.take(m)
		}
		l.after = l.after.Past(chat.Lobby, m)
	}
	return nil
}

// catchUp waits for a slow terminal and leaves out the messages that have become too many.
func (l *lobby) catchUp(ctx context.Context) error {
	for !l.terminal.Wait(ctx) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	kept, _, err := l.hub.Back(ctx, chat.Lobby, lobbyKept)
	missing := kept.Beyond(l.after)
	if err != nil || missing <= 0 {
		return err
	}
	l.after = kept
	l.terminal.Print(LeftOut(missing, l.lang))
	return errBehind
}

// LeftOut words that so many lines are not shown.
func LeftOut(lines int, lang locale.Lang) string {
	if lines == 1 {
		return locale.Text{EN: "1 line not shown", ZH: "有 1 行未显示"}.In(lang)
	}
	return locale.Text{EN: "%d lines not shown", ZH: "有 %d 行未显示"}.Format(lang, lines)
}

// brief is a message as it is shown.
func brief(m chat.Message, lang locale.Lang) string { return (&command.Line{Message: m}).Brief(lang) }
