package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"parley/chat"
	"parley/client"
	"parley/command"
	"parley/locale"
	"parley/wire/datagram"
)

// quits reports whether a line asks to end. At a terminal, the words by which people leave other
// programs do so too; in a pipe they may be a message.
func (j *joining) quits(line string) bool {
	word := strings.TrimSpace(line)
	if j.console.Interactive() {
		word = strings.ToLower(strings.TrimPrefix(command.Slashed(word), "/"))
		if word == "exit" {
			return true
		}
	}
	return word == "quit" || word == "退出"
}

// isReserved reports whether a nickname is a word that people type at a prompt to end it, or for
// help.
func isReserved(nick string) bool {
	return slices.ContainsFunc([]string{"quit", "exit", "help", "退出"}, func(word string) bool {
		return strings.EqualFold(nick, word)
	})
}

// notSent says why a line that looks like a command was not said to everyone, as it may hold a
// private word, and what works instead.
func (j *joining) notSent(line string) {
	host, port, _ := client.SplitAddress(j.conn.Address())
	j.notice(locale.Text{
		EN: "not sent: %s",
		ZH: "没有发送：%s",
	}, line)
	j.notice(locale.Text{
		EN: "this client has no / commands except /quit: for rooms, private messages and " +
			"the history use netcat: nc %s %d, then Enter",
		ZH: "此客户端只有 /quit 这一个命令；房间、私聊和聊天记录请用 netcat：" +
			"nc %s %d，连接后按一次回车",
	}, host, port)
	j.notice(locale.Text{
		EN: "to send a line that begins with /, put another / before it, such as //abc",
		ZH: "要发送以 / 开头的内容，请在前面多打一个 /，例如 //abc",
	})
}

// firstLine says that the first line of a pipe is the nickname: people who forget NICK@ expect it
// to be sent. An empty one is an error.
func (j *joining) firstLine(nick string) error {
	if nick == "" {
		return locale.Errorf(locale.Text{
			EN: "the input does not begin with a nickname: use parley join NICK@%s",
			ZH: "输入的第一行是空的，没有昵称：请用 parley join 昵称@%s",
		}, j.conn.Address())
	}
	j.notice(locale.Text{
		EN: "the first line is the nickname (%s), and is not sent. To send it too, use " +
			"parley join NICK@%s",
		ZH: "第一行已用作昵称（%s），不会发送。如果第一行也要发送，请用 parley join 昵称@%s",
	}, nick, j.conn.Address())
	return nil
}

// hear shows a line of the server, with what its reader should know about it.
func (j *joining) hear(line string) {
	if j.stopping {
		j.notice(locale.Text{EN: "the server is back", ZH: "服务器已恢复"})
	}
	j.console.Print(j.translate(line))
	if j.stopping = datagram.IsStopping(line); j.stopping {
		j.notice(locale.Text{
			EN: "waiting for the server to return; then you can go on talking. Ctrl-C ends",
			ZH: "正在等待服务器恢复，恢复后可继续聊天。按 Ctrl-C 结束",
		})
	}
	if datagram.IsAsked(line) {
		j.notice(locale.Text{
			EN: "the server has refused: you keep it and need not do anything",
			ZH: "服务器已拒绝对方，昵称仍归你使用，你不用做任何事",
		})
	}
	j.toldPrivately(line)
}

// toldPrivately warns the user at the first private message: an answer would go to everyone.
func (j *joining) toldPrivately(line string) {
	if _, _, is := datagram.Private(line); !is || j.warned || !j.console.Interactive() {
		return
	}
	j.warned = true
	host, port, _ := client.SplitAddress(j.conn.Address())
	j.notice(locale.Text{
		EN: "only you read that, but everyone reads what you type; to answer in private, use " +
			"netcat: nc %s %d, then Enter, and /msg",
		ZH: "这条消息只有你能看到，但你输入的内容所有人都能看到；要回复私聊，请用 netcat：" +
			"nc %s %d，连接后按一次回车，再用 /msg",
	}, host, port)
}

var notSaid = locale.Text{EN: "not sent: please repeat it", ZH: "刚才的内容没有发出去，请重新发送"}

// silent is called while nothing answers.
func (j *joining) silent(address string, why client.Silence) {
	switch why {
	case client.NoRoute:
		j.notice(locale.Text{
			EN: "this machine has no route to %s: check the address and your network " +
				"connection. Retrying; Ctrl-C ends",
			ZH: "本机无法到达 %s：请检查地址和网络连接。正在重试，按 Ctrl-C 结束",
		}, address)
		return
	case client.Closed:
		j.notice(locale.Text{
			EN: "no server listens on %s; check the address, the port and that the server " +
				"runs. Retrying; Ctrl-C ends",
			ZH: "%s 上没有程序在监听：请检查地址、端口和服务器是否启动。正在重试，按 Ctrl-C 结束",
		}, address)
		return
	}
	j.notice(locale.Text{
		EN: "no answer from %s; check the address, that the server runs, and that firewalls " +
			"allow port %s/udp. Retrying; Ctrl-C ends",
		ZH: "%s 没有响应：请检查地址、服务器是否启动，以及防火墙是否放行 %s/udp 端口。正在重试，按 Ctrl-C 结束",
	}, address, address[strings.LastIndexByte(address, ':')+1:])
	if slices.ContainsFunc(j.conn.Addresses(), isPublic) {
		j.notice(locale.Text{
			EN: "by default, a server accepts plain datagrams from private networks only; from " +
				"outside, use %s%s, then Enter",
			ZH: "默认情况下，服务器只接受来自私有网络的数据报；从外部网络请用 %s%s，连接后再按一次回车",
		}, tlsClient, address)
	}
}

// isPublic says whether an address is one of the internet.
func isPublic(a netip.AddrPort) bool { return a.Addr().IsGlobalUnicast() && !a.Addr().IsPrivate() }

// notice prints a notice of the client itself. If messages go to a pipe, it goes to standard error.
func (j *joining) notice(text locale.Text, args ...any) {
	line := "* " + text.Format(j.lang, args...)
	if j.console.Interactive() {
		j.console.Print(line)
	} else {
		fmt.Fprintln(j.errOut, line)
	}
}

// translate puts what servers of ours say into the language of the screen; what people say, and all
// else, stays as it came.
func (j *joining) translate(line string) string {
	return datagram.Translate(line, j.lang)
}

// refusal returns why the server refused a nickname, in the words that all clients show: they say
// what is valid. A refusal by a server of another make stays as it came.
func (j *joining) refusal(nick, line string) string {
	if code := datagram.RefusalCode(line); code != chat.OK {
		return locale.HelpfulRefusal(locale.NickRefusal(nick, code), j.lang)
	}
	return line
}
