package console

import (
	"context"
	"slices"
	"testing"

	"parley/command"
	"parley/locale"
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
		},
	} {
		s := new(screen)
		c := New(new(command.Desk), s, lang, " --data here", false)
		for _, line := range []string{
			"exit", " /quit ", "/status --watch", "/doctor", "/backup  a b.db", "/restore b.db",
			"/say hi", "/rooms rm dev --yes", "rooms rm dev",
		} {
			c.take(t.Context(), line)
		}
		if !slices.Equal(s.shown, want) {
			t.Errorf("%v shows %q", lang, s.shown)
		}
	}
}
