package console

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/chat"
	"parley/gather"
	"parley/locale"
)

// coming is a message that tells of somebody who comes or goes.
func coming(kind chat.Kind, nick string) chat.Message {
	return chat.Message{Room: chat.Lobby, Kind: kind, Nick: nick, Text: "quit", Time: time.Now()}
}

func TestACrowdIsToldInOneLine(t *testing.T) {
	for lang, want := range map[locale.Lang][]string{
		locale.English: {
			"m0 enters the chat room", "m1 enters the chat room", "m2 enters the chat room",
			"m3, m4 and 995 others enter the chat room", "m0 quits the chat room", "ann: hello",
			"x, y and 1 other enter the chat room",
		},
		locale.Chinese: {
			"m0 进入聊天室", "m1 进入聊天室", "m2 进入聊天室",
			"m3、m4 等 997 人进入聊天室", "m0 退出聊天室", "ann: hello",
			"x、y 等 3 人进入聊天室",
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var shown []string
			at := time.Now().Local().Format("15:04") + "  "
			c := newCrowd(func(line string) { shown = append(shown, line[len(at):]) }, lang, time.Now)
			for i := range 1000 {
				c.take(coming(chat.KindEntered, fmt.Sprint("m", i)))
			}
			c.take(coming(chat.KindLeft, "m0"))
			c.take(chat.Message{Room: chat.Lobby, Kind: chat.KindMessage, Nick: "ann", Text: "hello", Time: time.Now()})
			for _, nick := range []string{"x", "y", "z"} {
				c.take(coming(chat.KindEntered, nick))
			}
			time.Sleep(gather.Window + time.Millisecond)
			synctest.Wait()
			if !slices.Equal(shown, want) {
				t.Errorf("%v shows %q, want %q", lang, shown, want)
			}
			c.stop()
		})
	}
}

func TestWhoComesBackAtOnceIsToldInTheOrderInWhichItHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown []string
		c := newCrowd(func(line string) { shown = append(shown, line[7:]) }, locale.English, time.Now)
		for range 2 {
			c.take(coming(chat.KindEntered, "ann"))
			c.take(coming(chat.KindLeft, "ann"))
		}
		time.Sleep(2 * gather.Window)
		synctest.Wait()
		want := []string{
			"ann enters the chat room", "ann quits the chat room", "ann enters the chat room",
			"ann quits the chat room",
		}
		if !slices.Equal(shown, want) {
			t.Errorf("it shows %q", shown)
		}
		c.stop()
	})
}

func TestMembersThatLeaveOnlyTheLobbyAreToldApart(t *testing.T) {
	for lang, want := range map[locale.Lang][]string{
		locale.English: {
			"a leaves the lobby", "b quits the chat room", "c quits the chat room",
			"g enters the lobby", "e, f leave the lobby", "d quits the chat room",
		},
		locale.Chinese: {
			"a 离开大厅", "b 退出聊天室", "c 退出聊天室", "g 进入大厅", "e、f 离开大厅",
			"d 退出聊天室",
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var shown []string
			at := time.Now().Local().Format("15:04") + "  "
			c := newCrowd(func(line string) { shown = append(shown, line[len(at):]) }, lang,
				time.Now)
			for _, nick := range []string{"a", "b", "c", "d", "e", "f"} {
				m := coming(chat.KindLeft, nick)
				if nick == "a" || nick > "d" {
					m.Text = "parted"
				}
				c.take(m)
			}
			back := coming(chat.KindEntered, "g")
			back.Author, back.Place = 4, 9
			c.take(back)
			c.stop()
			if !slices.Equal(shown, want) {
				t.Errorf("%v shows %q, want %q", lang, shown, want)
			}
		})
	}
}
