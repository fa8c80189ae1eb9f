// Package lenient decodes JSON whose fields may have other types than they should. Exports
// have null, false or an empty list where an object should be, and numbers where strings
// should be. A field of a wrong type is empty then, and the rest of the object stays.
package lenient

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// String is a string. A number becomes the digits with which it is written, so that it
// loses nothing. Everything else is "".
type String string

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (s *String) UnmarshalJSON(b []byte) error {
	*s = ""
	switch {
	case len(b) > 1 && b[0] == '"':
		var v string
		if json.Unmarshal(b, &v) == nil {
			*s = String(v)
		}
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		*s = String(b)
	}
	return nil
}

// Bool is true for true, and false for everything else.
type Bool bool

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (v *Bool) UnmarshalJSON(b []byte) error {
	*v = string(b) == "true"
	return nil
}

// Object is an object. Everything else is the zero value.
type Object[T any] struct{ V T }

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (o *Object[T]) UnmarshalJSON(b []byte) error {
	var v T
	if len(b) > 0 && b[0] == '{' && json.Unmarshal(b, &v) == nil {
		o.V = v
	} else {
		o.V = *new(T)
	}
	return nil
}

// List is a list. Elements of a wrong type are left out, and a single object is a list of
// one.
type List[T any] []T

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (l *List[T]) UnmarshalJSON(b []byte) error {
	*l = nil
	var raw []json.RawMessage
	if len(b) > 0 && b[0] == '{' {
		raw = []json.RawMessage{b}
	} else if json.Unmarshal(b, &raw) != nil {
		return nil
	}
	for _, one := range raw {
		var v T
		if !bytes.Equal(one, []byte("null")) && json.Unmarshal(one, &v) == nil {
			*l = append(*l, v)
		}
	}
	return nil
}

// ErrNotList is the error of [Each] for a text that is no list.
var ErrNotList = errors.New("it is not a list")

// Each calls do for each element of a list, with its number from 1 on. Elements that are
// not objects are nil. It holds only one element in memory.
func Each(r io.Reader, do func(n int, element json.RawMessage) error) error {
	d := json.NewDecoder(r)
	begin, err := d.Token()
	if err != nil {
		return err
	}
	if begin != json.Delim('[') {
		return ErrNotList
	}
	for n := 1; d.More(); n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		if len(raw) == 0 || raw[0] != '{' {
			raw = nil
		}
		if err := do(n, raw); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// Line is a line of a text.
type Line struct {
	Number int    // from 1 on
	Offset int64  // where it begins
	Text   []byte // without its end, valid only until the next line
	Long   bool   // it was cut, because it has more than the maximum
}

// Lines calls do for each line of a text. Longer lines than max bytes are cut there.
func Lines(r io.Reader, max int, do func(Line) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	l := Line{}
	for next := int64(0); ; {
		l = Line{Number: l.Number + 1, Offset: next, Text: l.Text[:0]}
		var err error
		for {
			var part []byte
			part, err = in.ReadSlice('\n')
			next += int64(len(part))
			if room := max - len(l.Text); len(part) > room+1 {
				part, l.Long = part[:room], true
			}
			l.Text = append(l.Text, part...)
			if !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err != nil && len(l.Text) == 0 {
			return nil
		}
		l.Text = bytes.TrimRight(l.Text, "\r\n")
		if failed := do(l); failed != nil {
			return failed
		}
		if err != nil {
			return nil
		}
	}
}
