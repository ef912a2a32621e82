package main

import (
	"net/netip"
	"strings"
	"testing"

	"parley/client"
	"parley/locale"
	"parley/tui"
)

func TestTheFirstLineOfAPipeIsSaidToBeTheNickname(t *testing.T) {
	for lang, want := range map[locale.Lang]string{
		locale.English: "* the first line is the nickname (小明), and is not sent. " +
			"To send it too, use parley join NICK@127.0.0.1:",
		locale.Chinese: "* 第一行已用作昵称（小明），不会发送。" +
			"如果第一行也要发送，请用 parley join 昵称@127.0.0.1:",
	} {
		r := newRoom(t, polite)
		in := strings.NewReader("小明\n 你好  世界\n\n再见")
		out, errOut, err := runJoin(t, r, lang, in, "127.0.0.1:%d")
		if out != "" || !strings.HasPrefix(errOut, want) || strings.Count(errOut, "\n") != 1 ||
			err != nil {
			t.Errorf("said %q and %q: %v", out, errOut, err)
		}
		r.has(t, "L 小明", "C 小明  你好  世界", "C 小明 再见", "Q 小明")
	}
}

func TestAPipeWithoutANicknameIsRefused(t *testing.T) {
	for _, in := range []string{"", "\nhello\n"} {
		r := newRoom(t, polite)
		_, _, err := runJoin(t, r, locale.English, strings.NewReader(in), "127.0.0.1:%d")
		const want = "the input does not begin with a nickname: use parley join NICK@127.0.0.1:"
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
		r.has(t)
	}
}

// TestTheSilenceOfAPublicAddressHasOneMoreReason: datagrams from outside are dropped.
func TestTheSilenceOfAPublicAddressHasOneMoreReason(t *testing.T) {
	for address, isOutside := range map[string]bool{
		"203.0.113.1:8888": true, "[2001:db8::1]:9000": true,
		"192.168.1.20:8888": false, "127.0.0.1:8888": false, "[fd00::1]:8888": false,
	} {
		for lang, rule := range map[locale.Lang]string{
			locale.English: "private networks only; from outside, use " +
				"openssl s_client -quiet -connect " + address + ", then Enter\n",
			locale.Chinese: "私有网络的数据报；从外部网络请用 " +
				"openssl s_client -quiet -connect " + address + "，连接后再按一次回车\n",
		} {
			conn, err := client.Dial(t.Context(), address, client.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if all := conn.Addresses(); len(all) != 1 ||
				all[0] != netip.MustParseAddrPort(address) {
				t.Errorf("%s has the addresses %v", address, all)
			}
			var said strings.Builder
			j := newJoining(lang, piped{}, &said)
			j.conn = conn
			j.silent(conn.Address(), client.Unanswered)
			if strings.Contains(said.String(), rule) != isOutside {
				t.Errorf("%s: %q", address, said.String())
			}
		}
	}
}

// piped is a pipe of which nothing else is used.
type piped struct{ tui.Console }

func (piped) Interactive() bool { return false }
