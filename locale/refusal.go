package locale

import "parley/chat"

// refusals are the sentences of chat's Codes in Chinese; the English ones are chat's own.
var refusals = map[chat.Code]string{
	chat.Internal:       "服务器内部错误，原因见服务器日志",
	chat.Busy:           "服务器繁忙，请稍后再试",
	chat.ShuttingDown:   "服务器正在关闭，请稍后再来",
	chat.StorageFull:    "服务器磁盘已满，暂时无法保存消息",
	chat.StorageFailed:  "服务器磁盘故障，重新启动服务器之前无法保存消息",
	chat.NickEmpty:      "请输入昵称",
	chat.NickTooLong:    "昵称太长",
	chat.NickCharacters: "昵称含有不允许的字符",
	chat.NickScripts:    "昵称混用了容易混淆的文字",
	chat.NickReserved:   "该昵称为系统保留",
	chat.NickOccupied:   "昵称已被占用",
	chat.NotInside:      "你没有以这个昵称加入聊天室，请先加入",
	chat.NotYours:       "该昵称正由另一个地址使用",
	chat.TextEmpty:      "没有可发送的内容",
	chat.TextTooLong:    "内容太长，请缩短或分几条发送",
	chat.TextEncoding:   "消息不是 UTF-8 文本",
	chat.TooFast:        "发送太快，这条消息没有发出，请稍后重发",
	chat.RoomUnknown:    "没有这个房间",
	chat.NickUnknown:    "聊天室里没有叫这个昵称的成员",
	chat.CommandUnknown: "没有这个命令",
	chat.BadArgument:    "无法理解这个命令",
	chat.RoomFull:       "聊天室人数已满，请稍后再试",
	chat.RoomName:       "房间不能用这个名字，请换一个",
	chat.RoomNotJoined:  "你不在这个房间，请先用 /join 加入",
	chat.TooManyRooms:   "房间数已达上限，请先用 /part 离开一个，或用 /rooms 查看已有的房间",
	chat.NotAllowed:     "只有管理员可以执行此操作",
	chat.StorageLost:    "服务器的数据库已丢失，请联系管理员",
	chat.AddressFull:    "来自你的地址的成员太多，请等其中一人退出",
	chat.NewRooms:       "来自你的地址新建的房间太多，请加入已有的房间（/rooms），或一小时后再试",
	chat.NewDirects:     "你新开始的私聊太多，请一小时后再试",
	chat.NodeGone:       "你所在的服务器曾与其他服务器断开，请重新加入聊天室",
	chat.NodeSpoke:      "该服务器并未离线",
}

// Refusal words a refusal for the screen. A detail, where there is one, is said too, as it came.
func Refusal(r *chat.Refusal, l Lang) string {
	if l != Chinese || refusals[r.Code] == "" {
		return r.Error()
	}
	switch {
	case r.Chinese != "":
		return r.Chinese
	case r.Detail != "":
		return refusals[r.Code] + "：" + r.Detail
	}
	return refusals[r.Code]
}

// HelpfulRefusal words a refusal for people. Unlike Refusal, it says which nicknames are valid: the
// words for clients of the datagram protocol are fixed.
func HelpfulRefusal(r *chat.Refusal, l Lang) string {
	if rule, ok := nickRules[r.Code]; ok && r.Detail == "" {
		return rule.In(l)
	}
	return Refusal(r, l)
}

// Refuse returns a Refusal with a detail in every language.
func Refuse(code chat.Code, detail Text) *chat.Refusal {
	return &chat.Refusal{Code: code, Detail: detail.EN, Chinese: detail.ZH}
}

// OperatorRefusal words a refusal for the operator, who can do something about a lost database.
func OperatorRefusal(r *chat.Refusal, l Lang) string {
	if r.Code != chat.StorageLost {
		return HelpfulRefusal(r, l)
	}
	return Text{
		EN: "the server lost its database and cannot store messages: stop it with Ctrl-C or SIGTERM, " +
			"never with kill -9; its last message says where the history is",
		ZH: "服务器的数据库已丢失，不再保存任何内容：请用 Ctrl-C 或 SIGTERM 停止服务器，" +
			"切勿 kill -9；停止时会显示聊天记录另存到了哪里",
	}.In(l)
}
