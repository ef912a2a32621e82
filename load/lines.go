package load

import (
	"bytes"
	"io"

	"parley/locale"
)

// lines cuts what is read into lines.
type lines struct {
	buffer     []byte
	start, end int // of what was read and not taken yet
}

// lineMax bounds a line.
const lineMax = 64 << 10

var errLong = locale.Errorf(locale.Text{EN: "the server sends a line of more than 64 KiB", ZH: "服务器发送了超过 64 KiB 的一行"})

// next takes the next whole line, without its end. It is good until fill.
func (l *lines) next() ([]byte, bool) {
	length := bytes.IndexByte(l.rest(), '\n')
	if length < 0 {
		return nil, false
	}
	line := l.buffer[l.start : l.start+length]
	l.start += length + 1
	return bytes.TrimSuffix(line, []byte("\r")), true
}

// rest is what has come of the line after those.
func (l *lines) rest() []byte { return l.buffer[l.start:l.end] }

// drop takes that, too.
func (l *lines) drop() { l.start = l.end }

// fill reads once.
func (l *lines) fill(from io.Reader) error {
	l.end = copy(l.buffer, l.rest())
	l.start = 0
	if l.end == len(l.buffer) {
		if l.end >= lineMax {
			return errLong
		}
		l.buffer = append(l.buffer, make([]byte, len(l.buffer))...)
	}
	n, err := from.Read(l.buffer[l.end:])
	l.end += n
	return err
}
