package test

import (
	"fmt"
	"strings"
	"testing"

	"parley/chat"
	"parley/server"
)

func TestTheSimplestConversation(t *testing.T) {
	r := openRoom(t, nil)
	ann := r.enter("ann")
	bob := r.peer()
	bob.send("L ann")
	bob.hears("the nickname is occupied")
	ann.hears("somebody asks for your nickname")
	bob.enter("bob")
	ann.hears("bob enters the chat room")
	ann.says("hello  there")
	bob.hears("ann: hello  there")
	bob.says("你好")
	ann.hears("bob: 你好")
	r.announce("lunch is ready")
	ann.hears("Administrator message: lunch is ready")
	bob.hears("Administrator message: lunch is ready")
	bob.leaves()
	ann.hears("bob quits the chat room")
	ann.hearsNothing()

	var got []string
	for _, m := range r.history() {
		got = append(got, fmt.Sprintf("%d %s %s %s", m.Seq, m.Kind, m.Nick, m.Text))
	}
	want := []string{
		"1 entered ann ", "2 entered bob ", "3 message ann hello  there", "4 message bob 你好",
		"1 announcement  lunch is ready", "5 left bob quit",
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("stored\n%q, want\n%q", got, want)
	}
}

func TestEnteringAgainIsAnsweredAndToldNobody(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	bob.send("L bob")
	bob.hears("OK")
	bob.hearsNothing()
	ann.hearsNothing()
}

func TestAnotherNicknameLeavesAndEnters(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	bob.enter("bert")
	ann.hears("bob quits the chat room", "bert enters the chat room")
	bob.send("L ann")
	bob.hears("the nickname is occupied")
	ann.hears("somebody asks for your nickname")
	bob.says("still bert") // a refused change changes nothing
	ann.hears("bert: still bert")
	r.mustBeInside("ann", "bert")
}

func TestTheAdministratorCannotBeImitated(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.NoLimits = true })
	for _, name := range []string{
		"administrator", "Administrator", "ADMINISTRATOR", "admin", "Admin", "adm1n", "4dmin", "ädmin", "ａｄｍｉｎ", "аdmin", "admın",
		"administrat0r", "adrninistrator", "admin-istrator", "_admin_", "server", "System", "parley", "管理员", "系统管理员", "管理員", "群主",
	} {
		p := r.peer()
		p.send("L " + name)
		got, err := p.next()
		if err != nil || got == "OK" {
			t.Errorf("%q may enter: %q, %v", name, got, err)
		}
	}
	r.mustBeInside()
}

func TestLongAndManyLinedTextsAreCutIntoLines(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	bob.says("one\n\nthree")
	ann.hears("bob: one", "bob: ", "bob: three")
	long := strings.Repeat("好", 1000)
	bob.says(long)
	var got string
	for len(got) < len(long) {
		line, err := ann.next()
		if err != nil {
			t.Fatal(err)
		}
		if len(line) > 1024 || !strings.HasPrefix(line, "bob: ") {
			t.Fatalf("%d bytes: %q", len(line), line)
		}
		got += strings.TrimPrefix(line, "bob: ")
	}
	if got != long {
		t.Error("the pieces do not make up the text")
	}
	if said := r.said("bob"); len(said) != 2 || said[1] != long {
		t.Error("the text is not stored as one message")
	}
}

func TestEchoSendsOwnLinesToo(t *testing.T) {
	r := openRoom(t, func(c *server.Config) { c.UDP.Echo = true })
	ann := r.enter("ann")
	ann.says("hello")
	ann.hears("ann: hello")
}

func TestKickedMembersAreToldAndMayComeBack(t *testing.T) {
	r := openRoom(t, nil)
	ann, bob := r.enter("ann"), r.enter("bob")
	ann.hears("bob enters the chat room")
	nick, _ := chat.ParseNick("BOB")
	if err := r.do(chat.Kick{
		By: chat.ByOperator(), NickKey: nick.Key,
		Detail: "too loud",
	}); err != nil {
		t.Fatal(err)
	}
	bob.hears("you were removed from the chat room: too loud")
	ann.hears("bob quits the chat room")
	bob.says("what?")
	bob.hears("you are not in the chat room under that nickname: enter first")
	ann.hearsNothing()
	bob.enter("bob")
	ann.hears("bob enters the chat room")
}
