package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"unicode/utf8"

	"parley/chat"
	"parley/locale"
)

// exportFormat is the version of the format that docs/protocol/export.md describes. Format 1 lacked
// authors, replies, places and amendments; it is still imported.
const exportFormat = 2

// The lines of an export, in their order.
type (
	headerLine struct {
		Type   string      `json:"type"`
		Format int         `json:"format"`
		Room   chat.RoomID `json:"room"` // empty: all of them
	}
	entityLine struct {
		Type  string          `json:"type"`
		Kind  string          `json:"kind"`
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	}
	messageLine struct {
		Type string `json:"type"`
		chat.Message
	}
	endLine struct {
		Type     string `json:"type"`
		Entities uint64 `json:"entities"`
		Messages uint64 `json:"messages"`
		SHA256   string `json:"sha256"` // over all lines before this one
	}
)

// encoder writes an export.
type encoder struct {
	to                 *bufio.Writer
	sum                hash.Hash
	entities, messages uint64
}

func newEncoder(to io.Writer) *encoder {
	e := &encoder{sum: sha256.New()}
	e.to = bufio.NewWriterSize(io.MultiWriter(to, e.sum), 64<<10)
	return e
}

func (e *encoder) line(line any) error {
	d := json.NewEncoder(e.to)
	d.SetEscapeHTML(false)
	return d.Encode(line)
}

func (e *encoder) header(room chat.RoomID) error {
	return e.line(headerLine{"export", exportFormat, room})
}

func (e *encoder) entity(c chat.Change) error {
	e.entities++
	value, _ := c.Value.(json.RawMessage) // as it is stored
	return e.line(entityLine{"entity", c.Kind, c.Key, value})
}

func (e *encoder) message(m chat.Message) error {
	if !utf8.ValidString(m.Nick + m.Text) { // JSON would change it
		return locale.Errorf(locale.Text{EN: "room %s: message %d is not UTF-8; see parley verify", ZH: "房间 %s：第 %d 条消息不是 UTF-8；请运行 parley verify"}, m.Room, m.Seq)
	}
	e.messages++
	return e.line(messageLine{"message", m})
}

// end writes the last line and whatever is still buffered.
func (e *encoder) end() error {
	if err := e.to.Flush(); err != nil {
		return err
	}
	sum := chat.Hash(e.sum.Sum(nil))
	if err := e.line(endLine{"end", e.entities, e.messages, sum.String()}); err != nil {
		return err
	}
	return e.to.Flush()
}

// lineMaxBytes is longer than any line with a message can be, every byte of it escaped.
const lineMaxBytes = 1 << 20

var errCutOff = locale.Errorf(locale.Text{
	EN: `the file is cut off: its last line, {"type":"end",…}, is missing`,
	ZH: `文件不完整：缺少最后一行 {"type":"end",…}`,
})

// lineReader reads the lines of an export.
type lineReader struct {
	from   *bufio.Reader
	sum    hash.Hash // over the lines before the last one read
	last   []byte
	number int
}

func newLineReader(from io.Reader) *lineReader {
	return &lineReader{from: bufio.NewReaderSize(from, 64<<10), sum: sha256.New()}
}

// next returns the next line: a *headerLine, *entityLine, *messageLine or *endLine.
func (l *lineReader) next() (any, error) {
	l.sum.Write(l.last)
	l.number++
	if err := l.read(); err != nil {
		return nil, err
	}
	if l.number == 1 && bytes.HasPrefix(l.last, []byte("SQLite format 3\x00")) {
		return nil, locale.Errorf(locale.Text{
			EN: "this is a backup, not an export: use parley restore",
			ZH: "这是备份，不是导出文件：请用 parley restore",
		})
	}
	return parseLine(l.last)
}

// read reads a line. The last one need not end.
func (l *lineReader) read() error {
	l.last = l.last[:0]
	for {
		part, err := l.from.ReadSlice('\n')
		l.last = append(l.last, part...)
		switch {
		case len(l.last) > lineMaxBytes:
			return locale.Errorf(locale.Text{
				EN: "longer than %d bytes",
				ZH: "超过 %d 字节",
			}, lineMaxBytes)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(l.last) > 0:
			return nil
		case errors.Is(err, io.EOF):
			return errCutOff
		default:
			return err
		}
	}
}

// end checks that nothing follows.
func (l *lineReader) end() error {
	if _, err := l.from.ReadByte(); err == nil {
		l.number++
		return locale.Errorf(locale.Text{EN: "there is more after the last line", ZH: "最后一行之后还有内容"})
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// notObject says that a line is not a JSON object.
type notObject struct{ error }

func (e notObject) Unwrap() error { return e.error }

// parseLine reads a line. It must be an object with exactly the members of its type, each once.
func parseLine(line []byte) (any, error) {
	if !utf8.Valid(line) {
		return nil, locale.Errorf(locale.Text{EN: "not UTF-8", ZH: "不是 UTF-8 文本"})
	}
	o, err := chat.ParseObject(line)
	if err != nil { // the system's words, in parentheses
		return nil, notObject{locale.Errorf(locale.Text{
			EN: "expected one JSON object: %v",
			ZH: "应为一个 JSON 对象（%v）",
		}, err)}
	}
	var kind string
	_ = json.Unmarshal(o["type"], &kind) // anything but a string leaves kind empty
	var into any
	switch kind {
	case "export":
		into = new(headerLine)
	case "entity":
		into = new(entityLine)
	case "message":
		into = new(messageLine)
	case "end":
		into = new(endLine)
	default:
		return nil, locale.Errorf(locale.Text{
			EN: `invalid "type": must be export, entity, message or end`,
			ZH: `"type" 无效：应为 export、entity、message、end 之一`,
		})
	}
	if err := o.Fill(into); err != nil {
		return nil, locale.Errorf(locale.Text{EN: "cannot parse it: %v", ZH: "无法解析：%v"}, err)
	}
	return into, nil
}
