package client

import (
	"slices"
	"strings"

	"parley/chat"
	"parley/wire/datagram"
)

// Words that other implementations of the protocol use. Those of our servers are in package datagram.
var (
	enterWords    = []string{"加入聊天室"}
	leaveWords    = []string{"quits the chat room", "退出聊天室", "离开聊天室"}
	sayWords      = []string{":", "：", "说:", "说："}
	announceWords = []string{"Administrator message:", "管理员消息:", "管理员消息："}
)

// trim removes what some servers put around a datagram: line breaks, and NULs if they are written in C.
func trim(datagram []byte) string { return strings.Trim(string(datagram), "\r\n\x00") }

// isAnswer reports whether text is OK or EXIT, in any case.
func isAnswer(text, answer string) bool { return strings.EqualFold(strings.TrimSpace(text), answer) }

// isEvent reports whether a line is certainly an event of the room, and so not a refusal.
func isEvent(line string) bool {
	for _, words := range announceWords {
		if strings.HasPrefix(line, words) {
			return true
		}
	}
	if _, _, coming := datagram.Coming(line); coming {
		return true
	}
	nick, words, _ := strings.Cut(line, " ")
	return nick != "" && !strings.HasSuffix(nick, ":") &&
		(slices.Contains(enterWords, words) || slices.Contains(leaveWords, words))
}

// mayBeEvent reports whether a line that looks like a refusal of L could also be what a member said, or
// a member joining or leaving in words that isEvent does not know.
func mayBeEvent(line string) bool {
	return strings.ContainsAny(line, ":：") || strings.HasSuffix(line, "聊天室")
}

// isLeaving reports whether a line says that nick has left the room.
func isLeaving(line, nick string) bool {
	words, named := strings.CutPrefix(line, nick)
	return named && slices.Contains(leaveWords, strings.TrimSpace(words))
}

// isSaying reports whether a line tells the room that nick has said text. Spaces around the text do
// not count.
func isSaying(line, nick, text string) bool {
	rest, named := strings.CutPrefix(line, nick)
	words, said := strings.CutSuffix(strings.TrimSpace(rest), strings.TrimSpace(text))
	return named && said && slices.Contains(sayWords, strings.TrimSpace(words))
}

// isBesideEnter reports whether our servers never answer L with a line, though it is not an event: it
// answers an earlier request, or nobody asked for it.
func isBesideEnter(line string) bool {
	switch datagram.RefusalCode(line) {
	case chat.NotYours, chat.TextEmpty, chat.TextTooLong, chat.TextEncoding, chat.TooFast:
		return true
	}
	_, removed := datagram.Removal(line)
	_, lost := datagram.LostLines(line)
	return lost || datagram.IsAsked(line) || datagram.IsIdle(line) || removed
}
