package server

import (
	"fmt"
	"strings"
	"testing"

	"parley/locale"
	"parley/store"
)

func TestADatabaseThatCannotBeUsedIsExplained(t *testing.T) {
	s := &Server{config: Config{Data: "d"}}
	for _, c := range []struct {
		err    error
		en, zh []string
	}{
		{
			fmt.Errorf("d/parley.db: %w", store.ErrForeign),
			[]string{"d/parley.db: not a database of Parley. Nothing in it was changed", "--data; if", "parley doctor --data d says"},
			[]string{"不是 Parley 的数据库", "请用 --data 指定其他目录", "请运行 parley doctor --data d，"},
		},
		{
			fmt.Errorf("d/parley.db: %w", store.ErrNewer),
			[]string{"d/parley.db: a newer version of Parley wrote this data"},
			[]string{"数据由较新版本的 Parley 写入：请使用该版本"},
		},
		{
			fmt.Errorf("d/parley.db: %w: lobby", store.ErrChanged),
			[]string{
				"d/parley.db: the database is damaged: messages were changed or removed: lobby. ",
				"does not upgrade a damaged history. Restore a backup into a new directory",
				"(parley restore --data NEW BACKUP). If messages were changed but none " +
					"is missing, ",
				"(parley export --data d > history.jsonl,",
				"and then parley import --data NEW history.jsonl)",
			},
			[]string{
				"消息被修改或丢失（", "不会升级已损坏的聊天记录", "parley restore --data 新目录 备份文件",
				"如果消息只是被修改、没有缺失，也可以移到新目录",
				"parley export --data d > history.jsonl，再运行 parley import --data 新目录",
			},
		},
		{
			fmt.Errorf("d/parley.db: %w", store.ErrEntities),
			[]string{
				"rooms, sessions or other entities were changed. Nothing in it was changed",
				"(parley export --data d > history.jsonl,", "or restore a backup",
			},
			[]string{"房间、会话或其他数据被改动（", "parley export --data d > history.jsonl，", "或恢复备份"},
		},
		{
			fmt.Errorf("%w: d/parley.db is empty (0 bytes)", store.ErrDamaged),
			[]string{"the database is damaged: d/parley.db is empty (0 bytes). Nothing in it was changed; parley doctor --data d says"},
			[]string{"数据库已损坏（", "请运行 parley doctor --data d，"},
		},
	} {
		err := s.explain(c.err)
		for lang, parts := range map[locale.Lang][]string{locale.English: c.en, locale.Chinese: c.zh} {
			said := locale.Explain(err, lang)
			for _, part := range parts {
				if !strings.Contains(said, part) || strings.Contains(said, "%!") {
					t.Errorf("%q does not say %q", said, part)
				}
			}
		}
	}
}
