package command

import (
	"errors"
	"strings"
	"testing"

	"parley/chat"
	"parley/locale"
)

func TestCommandsHaveChineseNames(t *testing.T) {
	for typed, want := range map[string]string{
		"加入 开发": "join", "离开": "part", "私聊 小明 在吗？": "msg", "改名 小刚": "nick", "成员": "who",
		"房间": "rooms", "记录 大厅": "history", "帮助": "help", "退出 明天见": "quit",
	} {
		c, _, err := Parse(typed, &Caller{})
		if err != nil || c.Name != want {
			t.Errorf("/%s is %q, %v; want %q", typed, c.Name, err, want)
		}
	}
	for _, typed := range []string{"房间 删除 开发", "rooms 删除 开发", "房间 remove 开发"} {
		if c, a, err := Parse(typed, nil); c.Name != "rooms remove" || a["room"] != "开发" {
			t.Errorf("/%s is %q of %q, %v", typed, c.Name, a["room"], err)
		}
	}
}

func TestChineseHelpIsChinese(t *testing.T) {
	for _, c := range []struct {
		name         string
		lang         locale.Lang
		with, absent []string
	}{
		{
			"msg", locale.Chinese, []string{
				"  /msg 昵称 内容  ", "      昵称  ", "      别名：/tell、/query、/私聊\n",
				"      示例：/msg 小明 在吗？",
			}, []string{"NICK", "bob"},
		},
		{
			"msg", locale.English, []string{
				"  /msg NICK TEXT  ", "      aliases: /tell, /query\n",
				"      example: /msg bob are you there?",
			}, []string{"昵称", "私聊"},
		},
		{
			"history", locale.Chinese,
			[]string{"/history [房间] [--last N]", "/history 大厅 --last 20"},
			nil,
		},
	} {
		row, _ := Find(c.name)
		got := (&Help{Rows: []Command{row.typed(&Caller{})}, One: true}).Text(c.lang)
		for _, part := range c.with {
			if !strings.Contains(got, part) {
				t.Errorf("%s lacks %q: %s", c.name, part, got)
			}
		}
		for _, part := range c.absent {
			if strings.Contains(got, part) {
				t.Errorf("%s has %q: %s", c.name, part, got)
			}
		}
	}
}

func TestChineseHelpListsTheChineseNames(t *testing.T) {
	got := (&Help{Rows: Offered(&Caller{}), Inside: true}).Text(locale.Chinese)
	for _, c := range Offered(&Caller{}) {
		if !strings.Contains(got, "（/"+c.Name+"）") {
			t.Errorf("%s has no Chinese name in %s", c.Name, got)
		}
	}
	if !strings.Contains(got, "中文名称：/加入（/join）、/离开（/part）、") ||
		strings.Contains(got, "）/") || strings.HasSuffix(got, "、") ||
		!strings.Contains(got, "大厅的消息前没有标签；其他房间的消息以 [房间名] 开头。\n中文名称") {
		t.Error(got)
	}
	got = (&Help{Rows: Offered(&Caller{}), Inside: true}).Text(locale.English)
	if strings.Contains(got, "/加入") ||
		!strings.HasSuffix(got,
			"\nLobby lines have no label; those of other rooms begin with [ROOM].") {
		t.Error(got)
	}
}

// TestARefusalNamesTheCommandAsItWasTyped, and says what joined a nickname and a text.
func TestARefusalNamesTheCommandAsItWasTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"私聊":        "/私聊 缺少昵称，用法：/私聊 昵称 内容",
		"私聊 李老师，在吗": "/私聊 缺少内容，用法：/私聊 昵称 内容（昵称后面要有空格）",
		"tell bob":  "/tell 缺少内容，用法：/tell 昵称 内容",
		"msg bob":   "/msg 缺少内容，用法：/msg 昵称 内容",
	} {
		row, a, err := Parse(typed, &Caller{})
		if err != nil {
			t.Fatal(err)
		}
		var refusal *chat.Refusal
		err = row.Run(t.Context(), new(Desk), &Caller{}, a, nil)
		if !errors.As(err, &refusal) || refusal.Chinese != want {
			t.Errorf("%s: %v, want %s", typed, refusal.Chinese, want)
		}
	}
}

func TestAMissingArgumentIsNamedInTheLanguageOfTheReader(t *testing.T) {
	row, a, err := Parse("msg", &Caller{})
	if err != nil {
		t.Fatal(err)
	}
	var refusal *chat.Refusal
	if !errors.As(row.Run(t.Context(), new(Desk), &Caller{}, a, nil), &refusal) ||
		refusal.Detail != "/msg needs NICK: /msg NICK TEXT" ||
		refusal.Chinese != "/msg 缺少昵称，用法：/msg 昵称 内容" {
		t.Errorf("it is refused with %+v", refusal)
	}
}
