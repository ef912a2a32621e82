package console

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"parley/chat"
	"parley/command"
	"parley/hub"
	"parley/ledger/local"
	"parley/locale"
	"parley/store"
)

// screen is a Terminal that keeps what is printed.
type screen struct{ shown []string }

func (*screen) ReadLine(context.Context) (string, error) { return "", context.Canceled }
func (s *screen) Print(line string)                      { s.shown = append(s.shown, line) }
func (*screen) Echo(string)                              {}
func (*screen) Roomy() bool                              { return true }
func (*screen) Wait(context.Context) bool                { return true }

func TestWhatIsNotSentIsNamed(t *testing.T) {
	for lang, want := range map[locale.Lang][]string{
		locale.English: {
			"exit was not sent. Press Ctrl-C to stop the server. To send the word to everyone, " +
				"type /announce exit.",
			"quit was not sent. Press Ctrl-C to stop the server. To send the word to everyone, " +
				"type /announce quit.",
			"/status --watch runs until you stop it: use another terminal: " +
				"parley status --watch --data here",
			"/doctor runs in another terminal: parley doctor --data here",
			"/backup runs in another terminal: parley backup a b.db --data here",
			"/restore runs in another terminal: parley restore b.db",
			`unknown command "say", to say something to everyone, type it without a command`,
			`unknown command "rooms rm", did you mean /rooms remove?`,
			"rooms rm dev was not sent. /rooms remove dev runs the command. To send the text to " +
				"everyone, type /announce rooms rm dev.",
			"parley kick 小刚 bye was not sent. /kick 小刚 bye runs the command. To send the text to " +
				"everyone, type /announce parley kick 小刚 bye.",
			"sudo ./bin/parley WHO was not sent. /WHO runs the command. To send the text to " +
				"everyone, type /announce sudo ./bin/parley WHO.",
			"parley doctor was not sent. Run it in another terminal: parley doctor --data here. " +
				"To send the text to everyone, type /announce parley doctor.",
			"parley join localhost was not sent. Run it in another terminal: parley join " +
				"localhost. To send the text to everyone, type /announce parley join localhost.",
		},
		locale.Chinese: {
			"exit 没有发出。要停止服务器请按 Ctrl-C；要把这个词发给所有人，请输入 /announce exit。",
			"quit 没有发出。要停止服务器请按 Ctrl-C；要把这个词发给所有人，请输入 /announce quit。",
			"/status --watch 不会自行结束，请在另一个终端运行：parley status --watch --data here",
			"/doctor 要在另一个终端运行：parley doctor --data here",
			"/backup 要在另一个终端运行：parley backup a b.db --data here",
			"/restore 要在另一个终端运行：parley restore b.db",
			`没有命令 "say"，要对所有人说话，直接输入内容即可`,
			`没有命令 "rooms rm"，是否想输入 /rooms remove？`,
			"rooms rm dev 没有发出。要执行命令请输入 /rooms remove dev；" +
				"要发给所有人，请输入 /announce rooms rm dev。",
			"parley kick 小刚 bye 没有发出。要执行命令请输入 /kick 小刚 bye；" +
				"要发给所有人，请输入 /announce parley kick 小刚 bye。",
			"sudo ./bin/parley WHO 没有发出。要执行命令请输入 /WHO；" +
				"要发给所有人，请输入 /announce sudo ./bin/parley WHO。",
			"parley doctor 没有发出。请在另一个终端运行：parley doctor --data here。" +
				"要发给所有人，请输入 /announce parley doctor。",
			"parley join localhost 没有发出。请在另一个终端运行：parley join localhost。" +
				"要发给所有人，请输入 /announce parley join localhost。",
		},
	} {
		s := new(screen)
		c := New(new(command.Desk), s, lang, " --data here", false)
		for _, line := range []string{
			"exit", " /quit ", "/status --watch", "/doctor", "/backup  a b.db", "/restore b.db",
			"/say hi", "/rooms rm dev --yes", "rooms rm dev", "parley kick 小刚 bye",
			"sudo ./bin/parley WHO", "parley doctor", "parley join localhost",
		} {
			c.take(t.Context(), line)
		}
		if !slices.Equal(s.shown, want) {
			t.Errorf("%v shows %q", lang, s.shown)
		}
	}
}

// withRoom runs a hub with the room dev until the test ends. Its member belongs to no door, so the
// hub counts nobody.
func withRoom(t *testing.T) *hub.Hub {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	h, err := hub.New(s, local.New(state.Progress(), 16, time.Now), hub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run() }()
	t.Cleanup(func() {
		h.Close()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Error(err)
		}
	})
	nick, err := chat.ParseNick("ann")
	if err != nil {
		t.Fatal(err)
	}
	ann := chat.SessionID{Node: "test", N: 1}
	for _, c := range []chat.Command{
		chat.Enter{Session: ann, Door: "test", Nick: nick},
		chat.Join{By: chat.By(ann), Room: "dev", Rooms: 10, Joined: 10, New: true},
	} {
		if err := h.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// TestAnAnswerToAQuestionThatWasNotAskedIsNotAnnounced: in a terminal, the same command asks it.
func TestAnAnswerToAQuestionThatWasNotAskedIsNotAnnounced(t *testing.T) {
	h, s := withRoom(t), new(screen)
	c := New(&command.Desk{Hub: h, TextMax: 100}, s, locale.English, "", false)
	for _, line := range []string{
		"/rooms remove dev", "y", "y", "/rooms remove dev", " Yes ", "/rooms remove dev", "lunch",
		"/rooms remove attic", "yes", "/rooms remove dev --yes", "no",
	} {
		c.take(t.Context(), line)
	}
	const refused = "dev has 1 message (joins and leaves included) and 1 member, and cannot be " +
		"restored after a removal: add --yes to remove it"
	held := func(word string) string {
		return word + " was not sent. To run the command, type /rooms remove dev --yes. To send " +
			"the text to everyone, type /announce " + word + "."
	}
	want := []string{
		refused, held("y"), "announced to 1 member", refused, held("Yes"), refused,
		"announced to 1 member", `no room "attic": /rooms lists the rooms`,
		"announced to 1 member", "removed dev with 1 message", "announced to 1 member",
	}
	if !slices.Equal(s.shown, want) {
		t.Errorf("it shows %q", s.shown)
	}
	s = new(screen)
	c = New(new(command.Desk), s, locale.Chinese, "", false)
	c.unconfirmed = "/rooms remove dev"
	c.take(t.Context(), "是")
	const zh = "是 没有发出。要执行命令请输入 /rooms remove dev --yes；要发给所有人，请输入 /announce 是。"
	if !slices.Equal(s.shown, []string{zh}) {
		t.Errorf("it shows %q", s.shown)
	}
}
