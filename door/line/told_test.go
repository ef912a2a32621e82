package line

import (
	"strings"
	"testing"
	"time"

	"parley/chat"
	"parley/command"
	"parley/locale"
	"parley/wire/line"
)

func TestOthersAreToldWhySomebodyLeaves(t *testing.T) {
	h := open(t, nil)
	bob, ann := h.enter("bob"), h.enter("ann")
	bob.reads("ann enters the chat room")
	for _, m := range []*caller{bob, ann} {
		m.types("/join dev")
		m.reads("[dev] you talk in this room now")
	}
	bob.reads("[dev] ann enters the room")
	ann.types("/part dev tea  is ready", "/quit back tomorrow\x1b[2J")
	ann.reads("[dev] you have left this room", english.Bye)
	ann.ends()
	bob.reads("[dev] ann leaves the room (tea  is ready)", "ann quits the chat room (back tomorrow\uFFFD[2J)")
}

func TestAMistypedCommandIsToldWithTheNearest(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/hlep", "/msgg bob hello", "/anounce x", "/zzzzz", "/msg", "/join", "/who a b",
		"/nick 管理 员", "/join 我 的", "/say hi", "/rooms rm dev")
	ann.reads(`! unknown command "hlep", did you mean /help?`,
		`! unknown command "msgg", did you mean /msg?`,
		`! unknown command "anounce", try /help`, `! unknown command "zzzzz", try /help`,
		"! /msg needs NICK: /msg NICK TEXT", "! /join needs ROOM: /join ROOM",
		`! "b" is one word too many (names of rooms have no spaces): /who [ROOM]`,
		`! "员" is one word too many (nicknames have no spaces): /nick NICK`,
		`! "的" is one word too many (names of rooms have no spaces): /join ROOM`,
		`! unknown command "say", to say something in the room, type it without a command`,
		`! "rm" is one word too many: /rooms`)
}

func TestAMemberOfNoRoomIsToldWhatNow(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/join dev", "hi", "/join attic", "/part lobby", "/part", "/part", "/who dev",
		"/part dev", "/join lobby", "hello", "/who")
	ann.reads("[dev] you talk in this room now", "[attic] you talk in this room now",
		"[lobby] you have left this room; you talk in attic", "[attic] you have left this room; you talk in dev",
		"[dev] you have left this room. You are not in any room now: /join lobby", "nobody is here",
		"! you are not in any room: /join lobby first", "[lobby] you talk in this room now",
		"ann  (TCP")
}

// TestTheAdministratorSeesMembersOfNoRoom: the lists of the rooms do not have them.
func TestTheAdministratorSeesMembersOfNoRoom(t *testing.T) {
	h := open(t, nil)
	h.enter("ann")
	bob := h.enter("bob")
	bob.types("/part")
	bob.reads("[lobby] you have left this room. You are not in any room now")
	who, _ := command.Find("who")
	for room, want := range map[string]string{"": "ann bob ", "lobby": "ann "} {
		said := ""
		args := command.Arguments{"room": room}
		err := who.Run(t.Context(), h.door.desk, nil, args, func(a command.Answer) error {
			said += a.(*command.Member).Nick + " "
			if alone := strings.HasSuffix(a.Text(locale.English),
				"  in no room"); alone != (said == "ann bob ") {
				t.Errorf("it says %s", a.Text(locale.English))
			}
			return nil
		})
		if err != nil || said != want {
			t.Errorf("in %q: %s, %v; want %s", room, said, err, want)
		}
	}
}

func TestTheWelcomeTellsTheTopicOfTheLobby(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/topic tea at five")
	ann.reads("the topic of lobby: tea at five")
	bob := h.enter("bob")
	bob.reads("The topic is: tea at five")
}

// TestARemovedRoomIsLeft: its members are told, hear nothing of it any more, and what they type
// does not go to another room until they join one.
func TestARemovedRoomIsLeft(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters")
	ann.types("/join dev", "hello", "/topic")
	ann.reads("[dev] you talk in this room now", "dev has no topic") // hello is said
	bob.types("/join dev", "/join attic")
	bob.reads("[dev] you talk in this room now", "[attic] you talk in this room now")
	ann.reads("[dev] bob enters the room")
	if err := h.Do(t.Context(), chat.RemoveRoom{By: chat.ByOperator(), Room: "dev"}); err != nil {
		t.Fatal(err)
	}
	const told = "[dev] the administrator removed this room"
	ann.reads(told)
	bob.reads(told)
	ann.types("to dev", "/join lobby", "/rooms", "to all")
	ann.reads("! not sent: you have left that room, or it was removed; /join lobby first",
		"[lobby] you talk in this room now", "attic", "lobby")
	bob.reads("ann: to all")
	bob.types("/rooms remove attic --yes", "/join dev")
	bob.reads("! only the administrator can do that", "[dev] you talk in this room now")
}

// TestARemovedRoomCanBeLeft: the member is told where it talks then.
func TestARemovedRoomCanBeLeft(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters")
	ann.types("/join dev", "hello", "/topic tea")
	ann.reads("[dev] you talk in this room now", "the topic of dev: tea")
	remove := func(told ...*caller) {
		t.Helper()
		if err := h.Do(t.Context(), chat.RemoveRoom{
			By:   chat.ByOperator(),
			Room: "dev",
		}); err != nil {
			t.Fatal(err)
		}
		for _, m := range told {
			m.reads("[dev] the administrator removed this room")
		}
	}
	remove(ann)
	const refused = `! the room "dev" was removed: /part leaves it, /join enters another`
	ann.types("/topic", "/topic tea", "/me waves", "/part dev bye", "/part dev")
	ann.reads(refused, refused, refused, "[dev] this room was removed; you talk in lobby",
		`! no room "dev": /rooms lists the rooms`)
	ann.types("/join dev", "hello")
	ann.reads("[dev] you talk in this room now")
	bob.types("/part lobby", "/join dev")
	bob.reads("[lobby] you have left this room", "[dev] you talk in this room now, with 1 other")
	ann.reads("bob leaves the lobby", "[dev] bob enters")
	remove(ann, bob)
	ann.types("/join attic", "/join dev", "hello", "/part lobby")
	ann.reads("[attic] you talk", "[dev] you talk in this room now; the room is new", "[lobby] you")
	bob.types("/part", "/part")
	bob.reads("! you are not in any room: /join lobby first",
		"! you are not in any room: /join lobby first")
	remove(ann)
	ann.types("/part")
	ann.reads("[dev] this room was removed; you talk in attic")
}

// TestPrivateMessagesAreShownToTheTwo, and to nobody who has one of their nicknames later.
func TestPrivateMessagesAreShownToTheTwo(t *testing.T) {
	h := open(t, nil)
	ann, bob, cid := h.enter("ann"), h.enter("bob"), h.enter("cid")
	ann.reads("bob enters", "cid enters")
	bob.reads("cid enters")
	ann.types("/msg ＠bob psst", "/history ＠BOB", "/history bob", "/history 5", "/history a,b",
		"/who bob")
	ann.reads("sent to bob only")
	if got := ann.next(); !strings.HasSuffix(got, "  ann: psst") {
		t.Errorf("ann is shown %q", got)
	}
	ann.reads(`! no room "bob": /rooms lists the rooms; your private messages with bob: `+
		"/history @bob",
		`! no room "5": /rooms lists the rooms; for the last 5 messages, use --last 5`,
		`! invalid room name "a,b"`)
	if got := ann.next(); got != `! no room "bob": /rooms lists the rooms` {
		t.Errorf("/who bob is refused with %q", got)
	}
	bob.reads("(to you alone) ann: psst")
	bob.types("/nick ben", "/history @ann")
	bob.reads("you are ben now")
	if got := bob.next(); !strings.HasSuffix(got, "  ann: psst") {
		t.Errorf("bob is shown %q", got)
	}
	cid.reads("bob is now ben")
	cid.types("/nick bob", "/history @ann", "/history @eve", "/history @ann+ben")
	cid.reads("you are bob now", `! no private messages with "ann" yet`,
		`! no private messages with "eve": no member has that nickname now, and they are deleted `+
			"when one of you leaves the chat room", `! a nickname cannot contain "+"`)
	h.refusesTheAdministrator(map[string]string{
		"@ann+zed": `no private messages "@ann+zed": no member is called "zed" now, and private ` +
			"messages are deleted when one of the two members leaves the chat room; " +
			"parley who lists the members",
		"@zed+ann": `no private messages "@zed+ann": no member is called "zed" now`,
		"@ann+bob": `no private messages "@ann+bob" yet`,
		"@98:99": `no private messages "@98:99": they are deleted when one of the two members ` +
			"leaves the chat room",
		"ann": `no room "ann": parley rooms lists the rooms; private messages of ann: ` +
			"parley history @ann+NICK",
		"zed": `no room "zed": parley rooms lists the rooms`, // nobody inside is called so
	})
	for _, name := range []string{"@ann+ben", "@Ben+ANN", string(h.direct("ann", "ben"))} {
		h.showsTheAdministrator(name)
	}
}

// refusesTheAdministrator checks with what the history of some rooms is refused.
func (h *house) refusesTheAdministrator(rooms map[string]string) {
	h.t.Helper()
	history, _ := command.Find("history")
	for room, want := range rooms {
		err := history.Run(h.t.Context(), h.door.desk, nil, command.Arguments{"room": room}, nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) ||
			strings.Contains(err.Error(), "NICK") != strings.Contains(want, "NICK") {
			h.t.Errorf("%s: %v, want %s", room, err, want)
		}
	}
}

// showsTheAdministrator checks that a name is that of the conversation in which ann said psst.
func (h *house) showsTheAdministrator(room string) {
	t := h.t
	t.Helper()
	history, _ := command.Find("history")
	var shown []string
	err := history.Run(t.Context(), h.door.desk, nil, command.Arguments{"room": room},
		func(a command.Answer) error {
			if a != nil {
				shown = append(shown, a.Text(locale.English))
			}
			return nil
		})
	if err != nil || len(shown) != 1 || !strings.HasSuffix(shown[0], "ann: psst") {
		t.Errorf("the administrator reads %q, %v", shown, err)
	}
}

// TestAMemberCannotMakeRoomsForEver: new ones are refused, those that exist are not, and a command
// that is refused anyway costs nothing.
func TestAMemberCannotMakeRoomsForEver(t *testing.T) {
	c := &clock{now: time.Unix(1_000_000, 0)}
	h := open(t, nil, func(h *house) { h.door.desk.Growth = command.NewGrowth(2, 1, c.Now) })
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters")
	bob.types("/join attic", "tea?")
	bob.reads("[attic] you talk in this room now")
	ann.types("/join dev", "/part dev", "/join dev", "/join cellar", "/join attic")
	ann.reads("[dev] you talk in this room now", "[dev] you have left this room",
		"[dev] you talk in this room now", "! too many new rooms from your address",
		"[attic] you talk in this room now, with 1 other")
	ann.types("/msg eve hello?", "/msg bob hello?", "/nick zoe", "/msg bob hello?", "/msg zoe hm",
		"/msg eve hello?")
	ann.reads("! no member has that nickname", "sent to bob only", "you are zoe now",
		"sent to bob only", "! you have begun too many private conversations",
		"! no member has that nickname")
	c.passes(time.Hour)
	ann.types("/join cellar", "/msg zoe hm", "/msg bob coming?")
	ann.reads("[cellar] you talk in this room now", "(to you alone) zoe: hm",
		"sent to zoe only", "sent to bob only")
}

// TestAnAnnouncementCountsAllWhoReadIt: also a member that is in no room.
func TestAnAnnouncementCountsAllWhoReadIt(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/part lobby")
	ann.reads("[lobby] you have left this room")
	announce, _ := command.Find("announce")
	var told []string
	err := announce.Run(t.Context(), h.door.desk, nil, command.Arguments{"text": "lunch"},
		func(a command.Answer) error { told = append(told, a.Text(locale.English)); return nil })
	if err != nil || len(told) != 1 || told[0] != "announced to 1 member" {
		t.Errorf("%q, %v", told, err)
	}
	ann.reads("Administrator message: lunch")
}

// TestANewRoomIsToldSo: with a mistyped name, nobody will come.
func TestANewRoomIsToldSo(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/join dev", "/join dev", "hello", "/part", "/join dev", "/join attic", "/part",
		"/join attic")
	ann.reads("[dev] you talk in this room now; the room is new",
		"[dev] you talk in this room now; nobody else is here", "[dev] you have left this room",
		"[dev] you talk in this room now; nobody else is here",
		"[attic] you talk in this room now; the room is new", "[attic] you have left this room",
		"[attic] you talk in this room now; the room is new") // nothing was said in it
}

// TestTheLobbyHasAChineseName, unless it is that of a room.
func TestTheLobbyHasAChineseName(t *testing.T) {
	h := open(t, nil)
	ann := h.enter("ann")
	ann.types("/join dev", "/加入 大厅", "/join dev", "/part 大厅", "/who 大厅", "/join 大厅",
		"/history 大厅 --last 1")
	ann.reads("[dev] you talk in this room now", "[lobby] you talk in this room now",
		"[dev] you talk in this room now", "[lobby] you have left this room; you talk in dev",
		"nobody is here", "[lobby] you talk in this room now")
	if got := ann.next(); !strings.HasSuffix(got, "  ann enters the lobby") {
		t.Errorf("the history of the lobby ends with %q", got)
	}
	err := h.Do(t.Context(), chat.Join{
		By: chat.By(h.sessionOf("ann")), Room: "大厅", New: true, Rooms: 10, Joined: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	ann.types("/join 大厅", "/退出")
	ann.reads("[大厅] you talk in this room now", english.Bye)
}

// TestTheNameOfACommandIsSaidAndExplained: scripts may mean the word, so everyone reads it.
func TestTheNameOfACommandIsSaidAndExplained(t *testing.T) {
	h := open(t, nil)
	ann, bob := h.enter("ann"), h.enter("bob")
	ann.reads("bob enters")
	said := []string{"quit", "Exit", "bye", "退出", "help", "帮助"}
	ann.types(append(said, "quit now", "//quit", "who", "/topic")...)
	for _, word := range said {
		bob.reads("ann: " + word)
	}
	bob.reads("ann: quit now", "ann: /quit", "ann: who")
	ann.reads("your text was sent; to leave, type /quit", english.ToQuit, english.ToQuit,
		english.ToQuit, "your text was sent; for help, type /help", english.ToHelp,
		"lobby has no topic")
	ann.types("/part", "help", "quit", "/quit")
	const refused = "! not sent: you have left that room, or it was removed; /join lobby first"
	ann.reads("[lobby] you have left this room", refused, refused, english.Bye)
}

// TestNoPrivateMessageIsShownToEveryone: spaces before the slash change nothing, and a text that
// lacks only the slash is held back.
func TestNoPrivateMessageIsShownToEveryone(t *testing.T) {
	for lang, sent := range map[locale.Lang]string{
		locale.English: "sent to bob only", locale.Chinese: "私聊消息已发给 bob",
	} {
		h := open(t, func(c *Config) { c.Lang = lang })
		ann, bob, cid := h.call(), h.call(), h.call()
		for _, c := range []struct {
			*caller
			name string
		}{{ann, "ann"}, {bob, "bob"}, {cid, "cid"}} {
			c.types(c.name)
			c.reads(line.In(lang).Prompt)
		}
		ann.reads("bob ", "cid ")
		bob.reads("cid ")
		ann.types(" /msg bob one", "\u3000／私聊 bob two", "\u00a0\t/msg bob three",
			"\u200b /msg bob four")
		for _, text := range []string{"one", "two", "three", "four"} {
			ann.reads(sent)
			if got := bob.next(); !strings.HasSuffix(got, " ann: "+text) {
				t.Errorf("bob reads %q", got)
			}
		}
		ann.types("msg bob five", "Msg　BOB\u00a0six", "私聊 bob seven")
		for _, typed := range []string{"msg bob", "Msg BOB", "私聊 bob"} {
			ann.reads("! " + line.ToMsg.Format(lang, typed))
		}
		loud := []string{
			"msg bob", "msg eve hi", "msg a,b hi", "message bob hi", "  indented", "a /msg bob hi",
		}
		ann.types(append(loud, " //msg bob hi", "//／x")...)
		for _, said := range append(loud, "/msg bob hi", "/／x") {
			cid.reads("ann: " + said)
		}
	}
}
