package command

import (
	"cmp"
	"strings"

	"parley/chat"
	"parley/locale"
)

// namesChinese are what doors, queues and causes of drops are called in Chinese. Programs and the
// documentation use their names, which stand behind them.
var namesChinese = map[string]string{
	"port": "TCP 端口", "control": "控制套接字",

	"ledger": "等待写盘", "answers": "等待结果",
	"udp.requests": "UDP 成员的请求", "udp.visits": "UDP 加入请求", "udp.departures": "UDP 成员退出",
	"udp.writer": "UDP 发送", "udp.outboxes": "UDP 待发内容",
	"line.connections": "已加入或正在加入的 TCP 连接", "line.requests": "TCP 成员的请求", "line.unread": "未读的结果",
	"line.departures": "TCP 成员退出", "line.writer": "TCP 发送", "line.outboxes": "TCP 待发内容",
	"port.connections": "TCP 连接", "port.undecided": "协议未定的连接",

	"foreign": "来源网段不允许", "oversized": "数据报过大", "malformed": "不是文本",
	"unknown": "协议未知", "too_fast": "超过速率", "crowded": "数量已满", "visits": "加入请求过多",
	"unsent": "系统未发出", "outbox": "成员来不及接收", "panicked": "程序错误", "slow": "接收太慢",
	"crowded_address": "同一地址的连接过多", "silent": "没有发送内容", "unserved": "没有对应的入口",
	"tls_failed": "TLS 握手失败", "proxy_failed": "PROXY 头无效", "accept_failed": "系统无法接受连接",
}

// named returns a name for the screen, in Chinese with what it means before it.
func named(name string, l locale.Lang) string {
	if words := namesChinese[name]; words != "" && l == locale.Chinese {
		return words + "（" + name + "）"
	}
	return name
}

// refusedChinese are the reasons for refusals whose sentences address the member.
var refusedChinese = map[chat.Code]string{
	chat.NickEmpty: "昵称为空", chat.NotInside: "未以该昵称加入聊天室", chat.RoomNotJoined: "不在该房间",
	chat.AddressFull: "同一地址的成员过多", chat.NewRooms: "新建的房间过多", chat.NewDirects: "新开始的私聊过多",
	chat.NodeGone: "成员所在的服务器曾与其他服务器断开",
}

// refusedFor returns a refusal's code for the screen, in Chinese with the reason before it, but
// without what the member could do.
func refusedFor(code string, l locale.Lang) string {
	for _, c := range chat.Codes() {
		if c != chat.OK && c.String() == code && l == locale.Chinese {
			why, _, _ := strings.Cut(locale.Refusal(chat.Refuse(c), l), "，")
			return cmp.Or(refusedChinese[c], why) + "（" + code + "）"
		}
	}
	return code
}
