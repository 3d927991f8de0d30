package http1

import (
	"errors"
	"strconv"
	"strings"
)

// Request is the head of a request (RFC 9112 §3). Fields are neither Host nor
// those that frame the message.
type Request struct {
	Method, Target, Host string
	Fields               []Field

	// Length is the length of the body, or negative if the body is sent in chunks.
	Length int64
	// Trailers are the names of the fields that may follow a body in chunks.
	Trailers []string
	// Close announces that no request follows on the connection.
	Close bool
}

var (
	errMethod = errors.New("the method of the request is not valid")
	errTarget = errors.New("the target of the request is not valid")
	errHost   = errors.New("the host of the request is not valid")
	errFrames = errors.New("a field of the request would frame its body")
)

// Append appends the head to b. The error says what in it would change the
// meaning of the bytes; b then has to be thrown away.
func (r *Request) Append(b []byte) ([]byte, error) {
	switch {
	case !IsToken(r.Method):
		return b, errMethod
	case r.Target == "" || !only(r.Target, inTarget):
		return b, errTarget
	case !only(r.Host, inTarget):
		return b, errHost
	}
	b = append(append(append(b, r.Method...), ' '), r.Target...)
	b = append(append(append(b, " HTTP/1.1\r\nHost: "...), r.Host...), "\r\n"...)
	for _, f := range r.Fields {
		if frames(f.Name) {
			return b, errFrames
		}
		var err error
		if b, err = AppendField(b, f); err != nil {
			return b, err
		}
	}
	b, err := r.appendFraming(b)
	return append(b, "\r\n"...), err
}

// frames reports whether a field says for which host a request is, or where it
// ends.
func frames(name string) bool {
	switch len(name) {
	case len("Host"):
		return strings.EqualFold(name, "Host")
	case len("Content-Length"):
		return strings.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return strings.EqualFold(name, "Transfer-Encoding")
	case len("Trailer"):
		return strings.EqualFold(name, "Trailer")
	}
	return false
}

// appendFraming appends what says where the body ends (RFC 9112 §6).
func (r *Request) appendFraming(b []byte) ([]byte, error) {
	if r.Close {
		b = append(b, "Connection: close\r\n"...)
	}
	switch {
	case r.Length > 0 || r.Length == 0 && expectsContent(r.Method):
		b = append(b, "Content-Length: "...)
		return append(strconv.AppendInt(b, r.Length, 10), "\r\n"...), nil
	case r.Length == 0:
		return b, nil
	}
	b = append(b, "Transfer-Encoding: chunked\r\n"...)
	for _, name := range r.Trailers {
		if !IsToken(name) {
			return b, errName
		}
		b = append(append(append(b, "Trailer: "...), name...), "\r\n"...)
	}
	return b, nil
}

// expectsContent reports whether a request with a method says that it has no
// content (RFC 9110 §8.6).
func expectsContent(method string) bool {
	return method == "POST" || method == "PUT" || method == "PATCH"
}

// AppendField appends a line.
func AppendField(b []byte, f Field) ([]byte, error) {
	switch {
	case !IsToken(f.Name):
		return b, errName
	case !IsValue(f.Value):
		return b, errValue
	}
	return append(append(append(append(b, f.Name...), ": "...), f.Value...), "\r\n"...), nil
}
