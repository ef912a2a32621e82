package locale

import (
	"testing"

	"parley/chat"
)

func TestFromEnvFollowsPOSIX(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want Lang
	}{
		"nothing set":                {nil, English},
		"Chinese":                    {map[string]string{"LANG": "zh_CN.UTF-8"}, Chinese},
		"Chinese, Taiwan":            {map[string]string{"LANG": "zh_TW"}, Chinese},
		"English":                    {map[string]string{"LANG": "en_US.UTF-8"}, English},
		"another language":           {map[string]string{"LANG": "de_DE.UTF-8"}, English},
		"LC_ALL wins over LANG":      {map[string]string{"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, English},
		"LC_MESSAGES wins over LANG": {map[string]string{"LC_MESSAGES": "zh_CN", "LANG": "C"}, Chinese},
	} {
		t.Run(name, func(t *testing.T) {
			if got := FromEnv(func(k string) string { return c.env[k] }); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestEveryRefusalIsSaidInChinese(t *testing.T) {
	for _, code := range chat.Codes() {
		if code == chat.OK {
			continue
		}
		if Refusal(chat.Refuse(code), Chinese) == code.Sentence() {
			t.Errorf("%v has no Chinese sentence", code)
		}
		if Refusal(chat.Refuse(code), English) != code.Sentence() {
			t.Errorf("%v is not said as chat says it", code)
		}
	}
}
