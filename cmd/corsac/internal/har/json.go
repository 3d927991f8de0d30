package har

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Token reads a token, of which there are not too many: each costs more time
// than its bytes.
func (p *parser) Token() (json.Token, error) {
	if p.tokens++; p.tokens > maxTokens {
		return nil, fmt.Errorf("the file has more than %d values", maxTokens)
	}
	return p.Decoder.Token()
}

// object reads an object, member by member. null counts as an empty object.
func (p *parser) object(what string, member func(name string) error) error {
	return p.members(member, nil, func(got string) error { return p.wrong(what, got) })
}

// list reads a list, element by element. null counts as an empty list.
func (p *parser) list(what string, element func() error) error {
	return p.members(nil, element, func(got string) error { return p.wrong(what, got) })
}

// loose reads an object, member by member, and skips anything else.
func (p *parser) loose(member func(name string) error) error {
	return p.members(member, p.skip, nil)
}

// members reads an object by member, or a list by element. wrong returns the
// error for anything else; without wrong, it is skipped.
func (p *parser) members(member func(name string) error, element func() error, wrong func(got string) error) error {
	token, err := p.Token()
	open, _ := token.(json.Delim)
	p.null = token == nil
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
	t, err := p.scalar()
	if err != nil {
		return err
	}
	*s = t.string
	if t.first != '"' && t.first != 'n' {
		return p.wrong(what, kindOf(t.first))
	}
	return p.keep(len(*s))
}

// text reads a string. Anything else counts as "".
func (p *parser) text(s *string) error {
	t, err := p.scalar()
	if err != nil {
		return err
	}
	*s = t.string
	return p.keep(len(*s))
}

// skip skips a value.
func (p *parser) skip() error {
	_, err := p.scalar()
	return err
}

// text is a string, or a number as it was written. Anything else is "".
type text struct {
	string
	first byte // first byte of the value; '0' for a number
}

// scalar reads a value, and skips it if it is an object or a list. It reads token
// by token, so that a value of any size takes no more memory than its longest
// string.
func (p *parser) scalar() (text, error) {
	token, err := p.Token()
	if err != nil {
		return text{}, err
	}
	switch t := token.(type) {
	case json.Delim:
		return text{first: byte(t)}, p.skipRest()
	case string:
		return text{t, '"'}, nil
	case json.Number:
		return text{t.String(), '0'}, nil
	case bool:
		return text{first: 't'}, nil
	}
	return text{first: 'n'}, nil
}

// skipRest skips the rest of an object or list.
func (p *parser) skipRest() error {
	for depth := 1; depth > 0; {
		token, err := p.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxDepth {
				return fmt.Errorf("values are nested deeper than %d", maxDepth)
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// keep counts text that stays in memory.
func (p *parser) keep(n int) error {
	if p.kept += n; p.kept > MaxText {
		return fmt.Errorf("the file has more than %d bytes of URLs and headers", MaxText)
	}
	return nil
}

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
