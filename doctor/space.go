package doctor

import (
	"context"
	"fmt"

	"parley/locale"
)

const (
	// spaceNeeded is what a busy server may need for the WAL at any moment.
	spaceNeeded = 64 << 20

	// spaceComfort is what an operator has time to react with.
	spaceComfort = 512 << 20

	// filesLeast is how many new files a server needs room for, with some for others.
	filesLeast = 100
)

func checkSpace(_ context.Context, e *Examination) []Finding {
	f, err := lookAtFileSystem(nearest(e.Config.Data))
	if err != nil {
		return []Finding{warning(locale.Text{
			EN: "cannot tell how much is free: %v",
			ZH: "无法得知可用空间：%v",
		}, cause(err))}
	}
	glimpse, _ := e.glimpse() // the database's own check tells what is wrong with it
	return judgeSpace(f, glimpse.Bytes, e.Config.StoreMaxSize)
}

// judgeSpace takes the bytes of the database, and the most it may have, 0: no bound.
func judgeSpace(f fileSystem, database, most int64) []Finding {
	var found []Finding
	look := paste("df -h; df -i")
	switch {
	case f.free < spaceNeeded:
		found = append(found, broken(locale.Text{
			EN: "only %s free: soon nobody can talk",
			ZH: "仅剩 %s：很快将无人可以发言",
		}, size(f.free)).cure(look))
	case f.free < spaceComfort:
		found = append(found, warning(locale.Text{
			EN: "%s free: once it is used up, nobody can talk",
			ZH: "可用 %s：用完后无人可以发言",
		}, size(f.free)).cure(look))
	case f.free < uint64(database):
		found = append(found, warning(locale.Text{
			EN: "%s free, less than the size of the database (%s): a copy does not fit",
			ZH: "可用 %s，小于数据库的大小（%s）：放不下一份副本",
		}, size(f.free), size(uint64(database))).cure(look))
	}
	if f.knowsFiles && f.freeFiles < filesLeast {
		found = append(found, broken(locale.Text{
			EN: "only %d more files can be created",
			ZH: "只能再创建 %d 个文件",
		}, f.freeFiles).cure(look))
	}
	grow := locale.Text{EN: "parley serve --store-max-size %s", ZH: "parley serve --store-max-size %s"}
	switch double := size(2 * uint64(most)); {
	case most == 0:
	case database >= most:
		found = append(found, broken(locale.Text{
			EN: "the database has reached store.max-size (%s): nobody can talk",
			ZH: "数据库已达到 store.max-size（%s）：无人可以发言",
		}, size(uint64(most))).cure(grow, double))
	case database >= most-most/10:
		found = append(found, warning(locale.Text{
			EN: "the database takes %s of the %s that store.max-size allows",
			ZH: "数据库已占用 %s，store.max-size 允许 %s",
		}, size(uint64(database)), size(uint64(most))).cure(grow, double))
	}
	if found == nil && database == 0 {
		found = append(found, ok(locale.Text{EN: "%s free", ZH: "可用 %s"}, size(f.free)))
	}
	if found == nil {
		found = append(found, ok(locale.Text{
			EN: "%s free, the database takes %s",
			ZH: "可用 %s，数据库占用 %s",
		}, size(f.free), size(uint64(database))))
	}
	return found
}

// size writes bytes as a setting takes them, such as 4MiB: in the largest unit in which they are a whole number, or at least ten.
func size(bytes uint64) string {
	for _, u := range []struct {
		name  string
		bytes uint64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n := bytes / u.bytes; n >= 10 || n > 0 && bytes%u.bytes == 0 {
			return fmt.Sprintf("%d%s", n, u.name)
		}
	}
	return fmt.Sprintf("%dB", bytes)
}
