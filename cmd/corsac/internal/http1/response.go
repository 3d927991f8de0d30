package http1

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Bounds of what is read.
const (
	// MaxHead bounds the head of a response, and of each interim response, as in
	// Chromium.
	MaxHead = 256 << 10

	// MaxFields bounds the number of fields in a head or in a trailer section.
	MaxFields = 1000

	// MaxTrailers bounds the bytes of a trailer section.
	MaxTrailers = 16 << 10
)

var (
	errNotHTTP  = errors.New("it is not a response of HTTP/1")
	errLine     = errors.New("a line does not end with CR and LF")
	errStatus   = errors.New("the status line is not valid")
	errHeadSize = fmt.Errorf("the header is longer than %d bytes", MaxHead)
	errFields   = fmt.Errorf("there are more than %d fields", MaxFields)
)

// start is how a response starts.
const start = "HTTP/1."

// Scanner finds the end of a head while its bytes arrive.
type Scanner struct {
	line int // where the line begins that has not ended yet
}

// Scan looks at all bytes that have arrived, and returns the length of the head
// with its empty line, or 0 if it has not ended. It returns an error as early as
// the bytes show that they are not a head.
func (s *Scanner) Scan(b []byte) (int, error) {
	if n := min(len(b), len(start)); string(b[:n]) != start[:n] {
		return 0, errNotHTTP
	}
	for {
		i := bytes.IndexByte(b[s.line:], '\n')
		switch {
		case i < 0 && len(b) >= MaxHead:
			return 0, errHeadSize
		case i < 0:
			return 0, nil
		case i == 0 || b[s.line+i-1] != '\r':
			return 0, errLine
		}
		s.line += i + 1
		if s.line > MaxHead {
			return 0, errHeadSize
		}
		if i == 1 {
			return s.line, nil
		}
	}
}

// Response is the head of a response (RFC 9112 §4).
type Response struct {
	Minor  int // of the version: 0 or 1
	Status int // from 100 to 999
	Fields []Field
}

// Parse reads a head that [Scanner.Scan] has found. It uses the memory of
// r.Fields again.
func (r *Response) Parse(head []byte) error {
	rest := string(head) // what all fields are parts of
	line, rest, ok := strings.Cut(rest, "\r\n")
	if !ok {
		return errLine
	}
	if err := r.parseStatusLine(line); err != nil {
		return err
	}
	r.Fields = r.Fields[:0]
	return parseFields(rest, &r.Fields)
}

// parseFields reads lines up to the empty one.
func parseFields(rest string, into *[]Field) error {
	for {
		line, after, ok := strings.Cut(rest, "\r\n")
		switch {
		case !ok:
			return errLine
		case line == "":
			return nil
		case len(*into) == MaxFields:
			return errFields
		}
		f, err := parseField(line)
		if err != nil {
			return fmt.Errorf("%w: %.100q", err, line)
		}
		*into = append(*into, f)
		rest = after
	}
}

// parseStatusLine reads "HTTP/1.1 200 OK", whose last part may be missing,
// together with the space before it.
func (r *Response) parseStatusLine(line string) error {
	rest, ok := strings.CutPrefix(line, start)
	if !ok || len(rest) < len("1 200") || rest[0] != '0' && rest[0] != '1' || rest[1] != ' ' {
		return fmt.Errorf("%w: %.100q", errStatus, line)
	}
	r.Minor, r.Status = int(rest[0]-'0'), 0
	for _, digit := range []byte(rest[2:5]) {
		if digit < '0' || digit > '9' {
			return fmt.Errorf("%w: %.100q", errStatus, line)
		}
		r.Status = 10*r.Status + int(digit-'0')
	}
	if reason := rest[5:]; r.Status < 100 || reason != "" && reason[0] != ' ' || !IsValue(reason) {
		return fmt.Errorf("%w: %.100q", errStatus, line)
	}
	return nil
}
