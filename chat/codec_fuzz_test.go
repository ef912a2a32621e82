package chat

import (
	"bytes"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func FuzzDecodeCommand(f *testing.F) {
	_, forms := stored(f)
	for _, form := range forms {
		f.Add(form)
	}
	for _, h := range hostile {
		if len(h.data) < 1000 {
			f.Add([]byte(h.data))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeCommand(data)
		if err != nil {
			if c != nil {
				t.Fatalf("an error comes with %#v", c)
			}
			return
		}
		if form, err := AppendCommand(nil, c); err != nil || !bytes.Equal(form, data) {
			t.Fatalf("%x is %#v, that is %x, %v", data, c, form, err)
		}
	})
}

// FuzzAppendCommand fills a Command of a kind with what it takes from data.
func FuzzAppendCommand(f *testing.F) {
	for _, w := range full() {
		f.Add(w.command.kind(), []byte("\x03udp\x01\x02\x03\x04attic\xff\x00\x07"))
		f.Add(w.command.kind(), bytes.Repeat([]byte("\x05héllo"), 20))
	}
	f.Fuzz(func(t *testing.T, kind byte, data []byte) {
		examples := full()
		c := reflect.New(reflect.TypeOf(examples[int(kind)%len(examples)].command)).Elem()
		draw(c, &data)
		command := c.Interface().(Command)
		form, err := AppendCommand(nil, command)
		if err != nil {
			return
		}
		if got, err := DecodeCommand(form); err != nil || !reflect.DeepEqual(got, command) {
			t.Fatalf("%#v is %x, that is %#v, %v", command, form, got, err)
		}
	})
}

// draw sets a value and all that it consists of to what it takes from data.
func draw(v reflect.Value, data *[]byte) {
	take := func(n int) []byte {
		n = min(n, len(*data))
		taken := (*data)[:n]
		*data = (*data)[n:]
		return taken
	}
	number := func() (n uint64) {
		for _, b := range take(1) {
			for _, digit := range take(int(b) % 9) {
				n = n<<8 | uint64(digit)
			}
		}
		return n
	}
	if _, isAddress := v.Interface().(netip.AddrPort); isAddress {
		address, _ := netip.AddrFromSlice(take(int(number()) % 17))
		v.Set(reflect.ValueOf(netip.AddrPortFrom(address, uint16(number()))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			draw(v.Field(i), data)
		}
	case reflect.Slice:
		if n := int(number() % 300); n > 0 { // an empty list is nil
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			draw(v.Index(i), data)
		}
	case reflect.String:
		v.SetString(string(take(int(number() % 300))))
	case reflect.Bool:
		v.SetBool(number()%2 == 1)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(number()))
	case reflect.Uint64:
		v.SetUint(number())
	default:
		panic(fmt.Sprintf("cannot fill %v", v.Type()))
	}
}

// hundred is a post with a text of 100 bytes.
func hundred() Post {
	by := Actor{Session: SessionID{Node: "n1", Life: 0x0123456789abcdef, N: 1000}}
	return Post{By: by, Room: Lobby, Text: strings.Repeat("0123456789", 10)}
}

func BenchmarkAppendCommand(b *testing.B) {
	var c Command = hundred()
	var form []byte
	b.ReportAllocs()
	for b.Loop() {
		form, _ = AppendCommand(form[:0], c)
	}
	b.ReportMetric(float64(len(form)), "bytes")
}

func BenchmarkDecodeCommand(b *testing.B) {
	form, err := AppendCommand(nil, hundred())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCommand(form); err != nil {
			b.Fatal(err)
		}
	}
}
