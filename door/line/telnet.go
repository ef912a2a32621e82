package line

import "parley/wire/line"

// next is Decoder.Next, and answers the telnet commands before the line.
func (m *member) next(data []byte) (typed, rest []byte, ok bool, err error) {
	typed, rest, ok, err = m.decoder.Next(data)
	if m.decoder.IsTelnet() {
		m.telnet.Store(true)
		if reply := m.decoder.Reply(); reply != nil {
			m.push(reply)
		}
	}
	return typed, rest, ok, err
}

// writeAll writes b, which Stream.Next returned, and returns how much of it was written: all,
// unless writing fails. Other members share b, so output is converted for telnet only here.
func (m *member) writeAll(b []byte) (n int, err error) {
	if !m.telnet.Load() {
		return m.conn.Write(b)
	}
	if _, err := m.conn.Write(line.NVT(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}
