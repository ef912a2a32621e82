//go:build unix

package test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"parley/chat"
	"parley/client"
	"parley/locale"
	"parley/server"
	"parley/wire/datagram"
)

// chineseClient is a client as a class writes it, for a server that answers ok.
const chineseClient = `
import socket, sys, threading
room = ('127.0.0.1', 8888)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    name = input('请输入昵称：')
    s.sendto(('L ' + name).encode(), room)
    answer = s.recvfrom(1024)[0].decode()
    if answer == 'ok':
        print('你已进入聊天室')
        break
    print(answer)
def listen():
    while (text := s.recvfrom(1024)[0].decode()) != 'EXIT':
        print(text)
threading.Thread(target=listen).start()
for line in sys.stdin:
    if line.strip() == 'quit':
        break
    s.sendto(('C ' + name + ' ' + line.rstrip('\n')).encode(), room)
s.sendto(('Q ' + name).encode(), room)
`

func TestAClassWithItsOwnClientsIsSpokenToInItsWords(t *testing.T) {
	p := serve(t, t.TempDir(), "--listen", "127.0.0.1:0", "--udp-words", "zh", "--udp-ok", "ok")
	defer p.stop()
	bob := dial(t, p.addr)
	bob.name = "bob"
	bob.send("L bob")
	bob.hears("ok")
	script := strings.ReplaceAll(chineseClient, "8888", strconv.Itoa(int(p.addr.Port())))
	ming := newShell(t, exec.Command(python(t), "-uXutf8", "-c", script))
	ming.types("bob")
	ming.shows("昵称已被占用")
	bob.hears("有人想使用你的昵称")
	ming.types("小明")
	ming.shows("你已进入聊天室")
	bob.hears("小明 进入聊天室")
	ming.types("大家好")
	bob.hears("小明: 大家好")
	bob.send("Q bob")
	bob.hears("EXIT")
	ming.shows("bob 退出聊天室")
	bob.send("C bob 还在吗")
	bob.hears("你没有以这个昵称加入聊天室，请先加入")
	bob.send("hello")
	bob.hears(datagram.In(locale.Chinese).Help)
}

func TestEveryNoticeIsInTheWordsOfTheRoom(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.UDP.Words, c.UDP.Burst, c.UDP.Rate = "zh", 10, 0.001 })
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob 进入聊天室")
	r.announce("开会")
	for _, p := range []*peer{ann, bob} {
		p.hears("管理员消息：开会")
	}
	if err := r.do(chat.Kick{By: chat.ByOperator(), NickKey: "bob", Detail: "刷屏"}); err != nil {
		t.Fatal(err)
	}
	bob.hears("你已被移出聊天室：刷屏")
	ann.hears("bob 退出聊天室")
	for range 11 {
		ann.says("x")
	}
	ann.hears("发送太快，这条消息没有发出，请稍后重发")
	r.close()
	ann.hears("服务器正在关闭，请稍后再来")
}

// TestOurClientUnderstandsTheChineseWords: it enters again when the server does not know it.
func TestOurClientUnderstandsTheChineseWords(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.UDP.Words, c.UDP.OK = "zh", "ok" })
	ann, err := client.Dial(t.Context(), r.server.Addr().String(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ann.Close()
	if err := ann.Enter(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	happens := func(kind client.Kind, text string) {
		t.Helper()
		if e, err := ann.Receive(t.Context()); err != nil || e != (client.Event{Kind: kind, Text: text}) {
			t.Fatalf("%+v, %v", e, err)
		}
	}
	if err := r.do(chat.Kick{By: chat.ByOperator(), NickKey: "ann"}); err != nil {
		t.Fatal(err)
	}
	happens(client.Removed, "你已被移出聊天室")
	if err := ann.Enter(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if err := r.do(chat.Leave{
		By:     chat.By(sessionOf(t, r, "ann")),
		Reason: chat.ReasonQuit,
	}); err != nil {
		t.Fatal(err)
	}
	if err := ann.Say(t.Context(), "hello"); err != nil {
		t.Fatal(err)
	}
	happens(client.Outside, "你没有以这个昵称加入聊天室，请先加入")
}

func sessionOf(t *testing.T, r *room, nick string) chat.SessionID {
	t.Helper()
	for s := range r.server.Desk().Hub.Who(chat.Lobby) {
		if s.Nick.Name == nick {
			return s.ID
		}
	}
	t.Fatalf("%s is not inside", nick)
	return chat.SessionID{}
}
