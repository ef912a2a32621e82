package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// Object is a JSON object whose members are known by their exact names. encoding/json takes much
// that means nothing, or two things to two readers: a name twice, a name in other capitals, half a
// character, null for a text. ParseObject and Fill refuse it.
type Object map[string]json.RawMessage

// ParseObject reads one JSON object and nothing behind it.
func ParseObject(data []byte) (Object, error) {
	if !utf8.Valid(data) { // encoding/json would replace what is not UTF-8
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, orError(err, "it does not start with {")
	}
	o := Object{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name := token.(string) // in an object every other token is one
		if _, twice := o[name]; twice {
			return nil, fmt.Errorf("%s is there twice", Quote(name))
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		o[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("it is cut off: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, orError(err, "something follows it")
	}
	if escape := halfEscape(data); escape != "" {
		return nil, fmt.Errorf(`%s is half a character`, escape)
	}
	return o, nil
}

func orError(err error, otherwise string) error {
	if err != nil {
		return err
	}
	return errors.New(otherwise)
}

// halfEscape returns an escape in valid JSON that is one half of a surrogate pair without the
// other, empty if there is none.
func halfEscape(data []byte) string {
	for i := bytes.IndexByte(data, '\\'); 0 <= i && i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if i++; data[i] != 'u' {
			continue
		}
		escape := string(data[i-1 : i+5])
		switch high := strings.ToLower(escape[2:4]); {
		case high >= "dc" && high <= "df":
			return escape
		case high >= "d8" && high <= "db":
			low := strings.ToLower(string(data[i+5 : min(i+9, len(data))]))
			if low < `\udc` || low >= `\ue` {
				return escape
			}
			i += 6
		}
		i += 4
	}
	return ""
}

// Fill sets the fields of a struct, those of embedded structs among them. Each must be there, but
// for those with omitempty or omitzero, and nothing else may be.
func (o Object) Fill(into any) error {
	v := reflect.ValueOf(into).Elem()
	fields := reflect.VisibleFields(v.Type())
	for _, name := range sortedKeys(o) {
		isNamed := func(f reflect.StructField) bool { known, _ := nameOf(f); return known == name }
		if name == "" || !slices.ContainsFunc(fields, isNamed) {
			return fmt.Errorf("%s is not known", Quote(name))
		}
	}
	for _, f := range fields {
		name, options := nameOf(f)
		value, there := o[name]
		switch {
		case name == "" || !there && strings.HasPrefix(options, "omit"):
			continue
		case !there:
			return fmt.Errorf("%q is missing", name)
		}
		if err := fill(value, v.FieldByIndex(f.Index).Addr().Interface()); err != nil {
			return fmt.Errorf("%s: %w", Quote(name), err)
		}
	}
	return nil
}

// nameOf returns a field's name in JSON, empty if it has none, and the options behind it.
func nameOf(f reflect.StructField) (name, options string) {
	tag := f.Tag.Get("json")
	if tag == "-" { // never in JSON; encoding/json calls a field "-" if its tag is "-,"
		return "", ""
	}
	name, options, _ = strings.Cut(tag, ",")
	return name, options
}

// readsItself says whether a type has its own way to be written in JSON.
func readsItself(into any) bool {
	switch into.(type) {
	case json.Unmarshaler, interface{ UnmarshalText([]byte) error }:
		return true
	}
	return false
}

// fill reads a value into a field.
func fill(value json.RawMessage, into any) error {
	kind := reflect.TypeOf(into).Elem().Kind()
	if kind == reflect.Struct && !readsItself(into) {
		o, err := ParseObject(value)
		if err != nil {
			return err
		}
		return o.Fill(into)
	}
	if string(value) == "null" && kind != reflect.Slice { // it would leave the field as it is
		return errors.New("it is null")
	}
	if err := json.Unmarshal(value, into); err != nil { // err repeats the value, however long it is
		return fmt.Errorf("invalid value %s", Quote(string(value)))
	}
	return nil
}
