package http1

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is how the end of a body is found.
type Kind int

// Kinds of bodies.
const (
	None       Kind = iota // there is no body
	Sized                  // Content-Length says how long it is
	Chunked                // it comes in chunks
	UntilClose             // it ends where the connection does
)

// Framing says where a response ends (RFC 9112 §6.3).
type Framing struct {
	Kind Kind

	// Length is what Content-Length says, also if there is no body, as in the
	// response to HEAD, or negative if there is none.
	Length int64

	// Reusable reports whether another request may follow on the connection, once
	// the response has been read and nothing follows it.
	Reusable bool
}

var (
	errLength   = errors.New("its Content-Length is not a number")
	errLengths  = errors.New("it has several Content-Length")
	errCodings  = errors.New("its Transfer-Encoding is not just chunked")
	errOldChunk = errors.New("it has a Transfer-Encoding, but is of HTTP/1.0")
	errBoth     = errors.New("it has both Content-Length and Transfer-Encoding")
)

// Framing returns where a final response to a request with a method ends. The
// error says why others may find another end, such as two lengths: RFC 9112
// §6.3 lets recipients repair some of these, which this one does not.
func (r *Response) Framing(method string) (Framing, error) {
	f := Framing{Length: -1, Reusable: r.Minor == 1}
	chunked, err := r.framingFields(&f)
	if err != nil {
		return f, err
	}
	switch {
	case method == "HEAD" || r.Status < 200 || r.Status == 304:
	case r.Status == 204: // neither field may be in it (RFC 9110 §8.6, RFC 9112 §6.1)
		f.Reusable = f.Reusable && !chunked && f.Length <= 0
	case chunked:
		f.Kind = Chunked
	case f.Length > 0:
		f.Kind = Sized
	case f.Length < 0:
		f.Kind, f.Reusable = UntilClose, false
	}
	return f, nil
}

// framingFields reads the fields that frame the message, and checks that they
// agree.
func (r *Response) framingFields(f *Framing) (chunked bool, err error) {
	for _, field := range r.Fields {
		switch field.Name {
		case "Content-Length":
			if f.Length >= 0 {
				return false, errLengths
			}
			if f.Length, err = parseLength(field.Value); err != nil {
				return false, err
			}
		case "Transfer-Encoding":
			if chunked || !strings.EqualFold(field.Value, "chunked") {
				return false, fmt.Errorf("%w: %.100q", errCodings, field.Value)
			}
			chunked = true
		case "Connection":
			f.Reusable = f.Reusable && !closes(field.Value)
		}
	}
	switch {
	case chunked && f.Length >= 0:
		return false, errBoth
	case chunked && r.Minor == 0:
		return false, errOldChunk
	}
	return chunked, nil
}

// closes reports whether a Connection field has the option close.
func closes(value string) bool {
	for option := range strings.SplitSeq(value, ",") {
		if strings.EqualFold(strings.Trim(option, " \t"), "close") {
			return true
		}
	}
	return false
}

// parseLength reads digits, and nothing else (RFC 9110 §8.6).
func parseLength(s string) (int64, error) {
	if s == "" || len(s) > 18 {
		return 0, fmt.Errorf("%w: %.100q", errLength, s)
	}
	var n int64
	for _, digit := range []byte(s) {
		if digit < '0' || digit > '9' {
			return 0, fmt.Errorf("%w: %.100q", errLength, s)
		}
		n = 10*n + int64(digit-'0')
	}
	return n, nil
}
