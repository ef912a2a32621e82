package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parley/locale"
)

// directory is what a data directory is, for whoever looks.
type directory struct {
	path    string // absolute
	exists  bool
	parent  string // the nearest that exists, itself if it does
	isDir   bool   // of parent
	rights  fs.FileMode
	owner   string   // empty: not known on this system
	me      string   // who looks
	root    bool     // who looks may do everything
	strange []string // files in it that belong to somebody else than it does
	err     error
}

func checkDirectory(_ context.Context, e *Examination) []Finding {
	return judgeDirectory(e.directory())
}

// isBarred says whether this user cannot use the directory: all that is in it is left unchecked.
func (d directory) isBarred() bool {
	return d.err != nil || !d.isDir || d.exists && d.owner != d.me && !d.root
}

func lookAtDirectory(path string) directory {
	d := directory{path: absolute(path)}
	d.parent = existing(d.path)
	d.exists = d.parent == d.path
	info, err := os.Stat(d.parent)
	if errors.Is(err, fs.ErrNotExist) { // existing has found it
		err = locale.Errorf(locale.Text{
			EN: "%s is a link to a path that does not exist", ZH: "%s 是指向不存在路径的链接",
		}, d.parent)
	}
	if err != nil {
		d.err = err
		return d
	}
	d.isDir, d.rights = info.IsDir(), info.Mode()
	d.me, d.root = whoAmI()
	if !d.exists || !d.isDir {
		return d
	}
	d.owner = ownerOf(info)
	entries, err := os.ReadDir(d.path)
	if err != nil {
		d.err = err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), "parley.") && ownerOf(info) != d.owner {
			d.strange = append(d.strange, e.Name())
		}
	}
	return d
}

func judgeDirectory(d directory) []Finding {
	switch {
	case !d.isDir && d.err == nil:
		return []Finding{broken(locale.Text{EN: "%s is a file, not a directory", ZH: "%s 是文件，不是目录"}, d.parent).
			cure(locale.Text{EN: "parley serve --data %s.d  # or any other directory", ZH: "parley serve --data %s.d  # 或其他目录"}, quote(d.parent))}
	case !d.exists && d.err == nil:
		return []Finding{ok(locale.Text{
			EN: "%s does not exist yet: the first start creates it",
			ZH: "%s 尚不存在，首次启动时会创建",
		}, d.path)}
	case d.owner != d.me && !d.root:
		return []Finding{broken(locale.Text{
			EN: "%s belongs to %s, but you are %s: check it as root",
			ZH: "%s 属于 %s，而你是 %s：请以 root 身份检查",
		}, d.path, d.owner, d.me).cure(paste("sudo parley doctor --data %s"), quote(d.path))}
	case wording(d.err) != nil:
		return []Finding{broken(locale.Text{EN: "%v", ZH: "%v"}, wording(d.err))}
	case d.err != nil:
		return []Finding{broken(locale.Text{
			EN: "cannot read %s: %v",
			ZH: "无法读取 %s：%v",
		}, d.path, cause(d.err)).
			cure(paste("ls -ld %s"), quote(d.path))}
	}
	var found []Finding
	if len(d.strange) > 0 && !isRoot(d.owner) {
		found = append(found, broken(locale.Text{
			EN: "files in it do not belong to %s, perhaps because root ran a server here: %s",
			ZH: "其中有不属于 %s 的文件，可能是 root 曾在此运行服务器：%s",
		}, d.owner, locale.List(d.strange)).cure(paste("sudo chown -R %s %s"), d.owner,
			quote(d.path)))
	}
	found = append(found, judgeRights(d)...)
	switch {
	case found != nil:
	case d.owner == "":
		found = append(found, ok(locale.Text{EN: "%s", ZH: "%s"}, d.path))
	default:
		found = append(found, ok(locale.Text{
			EN: "%s, accessible only to %s",
			ZH: "%s，仅 %s 可访问",
		}, d.path, d.owner))
	}
	return found
}

// judgeRights says what others may do. The directory's rights count: where nobody else gets in, those of the files do not matter.
func judgeRights(d directory) []Finding {
	private := locale.Text{EN: "chmod -R go= %s"}
	switch {
	case d.owner == "": // rights mean nothing on this system
	case d.rights.Perm()&0o002 != 0 && d.rights&fs.ModeSticky == 0:
		return []Finding{broken(locale.Text{
			EN: "every user of this machine can replace files in %s", ZH: "本机任何用户都能替换 %s 中的文件",
		}, d.path).cure(private, quote(d.path))}
	case d.rights.Perm()&0o077 != 0:
		return []Finding{warning(locale.Text{
			EN: "other users of this machine can read %s (%v)", ZH: "本机其他用户可以读取 %s（%v）",
		}, d.path, d.rights.Perm()).cure(private, quote(d.path))}
	}
	return nil
}

// existing returns a path itself or, where there is nothing, the nearest above it. A link counts, even
// one that leads nowhere: no directory can be made in its place.
func existing(path string) string {
	for {
		if _, err := os.Lstat(path); err == nil || errors.Is(err, fs.ErrPermission) || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}

// nearest returns a data directory or, where there is none, the one in which it would be made.
func nearest(data string) string {
	path := existing(absolute(data))
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}

// absolute is for remedies that are pasted somewhere else.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// Quote makes a word of a value, for a shell.
func Quote(value string) string { return quote(value) }

// quote makes a word of a path, for a shell.
func quote(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune(`/._-:,\`, r)
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
