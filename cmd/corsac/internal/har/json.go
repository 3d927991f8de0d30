package har

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// object reads an object, member by member. null counts as an empty object.
func (p *parser) object(what string, member func(name string) error) error {
	return p.members(member, nil, func(got string) error { return p.wrong(what, got) })
}

// list reads a list, element by element. null counts as an empty list.
func (p *parser) list(what string, element func() error) error {
	return p.members(nil, element, func(got string) error { return p.wrong(what, got) })
}

// members reads an object by member, or a list by element. wrong returns the
// error for anything else; without wrong, it is skipped.
func (p *parser) members(member func(name string) error, element func() error, wrong func(got string) error) error {
	token, err := p.Token()
	open, _ := token.(json.Delim)
	switch {
	case err != nil:
		if !p.began && errors.Is(err, io.EOF) {
			return errEmpty
		}
		return err
	case open == '{' && member != nil, open == '[' && element != nil:
	case token == nil, wrong == nil:
		return nil
	default:
		return wrong(kind(token))
	}
	p.began = true
	for p.More() {
		if open == '[' {
			err = element()
		} else if token, err = p.Token(); err == nil {
			err = member(fmt.Sprint(token))
		}
		if err != nil {
			return err
		}
	}
	_, err = p.Token()
	return err
}

// string reads a string. Anything else is an error.
func (p *parser) string(what string, s *string) error {
	var t text
	if err := p.Decode(&t); err != nil {
		return err
	}
	*s = t.string
	if t.first != 0 && t.first != '"' && t.first != 'n' {
		return p.wrong(what, kindOf(t.first))
	}
	return nil
}

// text reads a string. Anything else counts as "".
func (p *parser) text(s *string) error {
	var t text
	err := p.Decode(&t)
	*s = t.string
	return err
}

// skip skips a value.
func (p *parser) skip() error { return p.Decode(&skipped{}) }

// errorf returns an error about the current entry.
func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("entry %d: %s", p.entry, fmt.Sprintf(format, args...))
}

// wrong returns an error that says what is there instead of an object or list.
func (p *parser) wrong(what, got string) error {
	switch {
	case p.entry == 0:
		return fmt.Errorf("%w: %s is %s", errNotHAR, what, got)
	case what == "":
		return fmt.Errorf("entry %d is %s", p.entry, got)
	}
	return p.errorf("%s is %s", what, got)
}

// kind returns a common word for a token.
func kind(token any) string {
	switch t := token.(type) {
	case json.Delim:
		return kindOf(byte(t))
	case string:
		return kindOf('"')
	case bool:
		return kindOf('t')
	}
	return kindOf('0')
}

// kindOf returns a common word for a value that begins with a byte.
func kindOf(first byte) string {
	switch first {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// headerLine is a header as it is in files.
type headerLine struct {
	headerFields
	first byte
}

type headerFields struct {
	Name  text `json:"name"`
	Value text `json:"value"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (h *headerLine) UnmarshalJSON(b []byte) error {
	if h.first = b[0]; h.first != '{' {
		return nil
	}
	return json.Unmarshal(b, &h.headerFields)
}

// text is a string, or a number as it was written. Anything else is "".
type text struct {
	string
	first byte // first byte of the value
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	t.first = b[0]
	switch kindOf(t.first) {
	case "a string":
		return json.Unmarshal(b, &t.string)
	case "a number":
		t.string = string(b)
	}
	return nil
}

// number is a status. Anything else is 0.
type number int

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) == nil && f > 0 && f < 1000 {
		*n = number(f)
	}
	return nil
}

// lenient is a value, or the zero value if the file has another type.
type lenient[T any] struct{ value T }

// UnmarshalJSON implements json.Unmarshaler.
func (l *lenient[T]) UnmarshalJSON(b []byte) error {
	_ = json.Unmarshal(b, &l.value)
	return nil
}

// skipped is a value that is not copied.
type skipped struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (*skipped) UnmarshalJSON([]byte) error { return nil }
