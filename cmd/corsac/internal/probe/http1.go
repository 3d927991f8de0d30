package probe

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/statusline"
)

const (
	// MaxHead bounds the head of a response, in bytes, as in Chromium.
	MaxHead = 256 << 10

	maxInterim = 1000
)

var (
	errHeadTooBig  = fmt.Errorf("the head of the response has more than %d bytes", MaxHead)
	errNotHTTP     = errors.New("what came back is not HTTP")
	errTooMany1xx  = fmt.Errorf("more than %d interim responses", maxInterim)
	errNothingSent = errors.New("the server closed the connection without an answer")
	errTruncated   = errors.New("the head of the response is incomplete")
	errBodyOnly    = fmt.Errorf("%w: it has no head", errNotHTTP)
	errTwoLengths  = errors.New("the response has two Content-Length lines that differ")
)

// writeHead writes the head of a request, with header lines unchanged. Values
// are bytes. A line break in one would begin another line, so it is an error.
func writeHead(w io.Writer, method, target string, headers fetch.Headers) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, target)
	for _, h := range headers {
		if strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
			return fmt.Errorf("header %q contains a line break or NUL", h.Name)
		}
		fmt.Fprintf(&b, "%s: %s\r\n", h.Name, h.Value)
	}
	b.WriteString("\r\n")
	_, err := w.Write(b.Bytes())
	return err
}

// readFinal reads heads up to the final one. A 101 is final in Firefox, and
// otherwise only if the request asked for an upgrade: Chromium takes any other
// for an interim response. If
// strict, header lines with a blank before the colon are ignored, as in Firefox;
// others accept them, and take a CR alone for the end of a line.
func readFinal(r *bufio.Reader, upgrade, strict bool) (*fetch.WireResponse, error) {
	for range maxInterim {
		response, err := readHead(r, strict)
		if err != nil || response.Status/100 != 1 || response.Status == 101 && (upgrade || strict) {
			return response, err
		}
	}
	return nil, errTooMany1xx
}

// readHead reads the head of one response. The error is errTruncated, beside the
// response, if the connection ends before the head does, and errBodyOnly if the
// browser takes the response for HTTP/0.9.
func readHead(r *bufio.Reader, strict bool) (*fetch.WireResponse, error) {
	if err := findStatusLine(r); err != nil {
		return nil, err
	}
	head, err := readToBlankLine(r)
	if err != nil && !errors.Is(err, errTruncated) {
		return nil, err
	}
	lines := strings.FieldsFunc(head, func(c rune) bool { return c == '\n' || c == '\r' && !strict })
	first := strings.TrimSuffix(lines[0], "\r")
	read := statusline.Chromium
	if strict {
		read = statusline.Firefox
	}
	status, isHead, ok := read(first)
	switch {
	case !ok:
		return nil, errNotHTTP
	case !isHead:
		return &fetch.WireResponse{Status: status}, errBodyOnly
	}
	return &fetch.WireResponse{Status: status, Headers: parseLines(lines[1:], strict)}, err
}

// findStatusLine discards what precedes a status line: four bytes at most, as in
// Chromium.
func findStatusLine(r *bufio.Reader) error {
	const http, most = "HTTP", 4
	begin, err := r.Peek(most + len(http))
	for i := 0; i+len(http) <= len(begin); i++ {
		if strings.EqualFold(string(begin[i:i+len(http)]), http) {
			_, _ = r.Discard(i) // it has been peeked
			return nil
		}
	}
	if len(begin) == 0 || err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return errNotHTTP
}

// readToBlankLine reads up to an empty line, or as much as arrives.
func readToBlankLine(r *bufio.Reader) (string, error) {
	var head []byte
	for begin := 0; ; { // of a line
		part, err := r.ReadSlice('\n')
		if head = append(head, part...); len(head) > MaxHead {
			return "", errHeadTooBig
		}
		switch line := head[begin:]; {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return string(head), errTruncated
		case err != nil:
			return "", err
		case string(line) == "\n", string(line) == "\r\n":
			return string(head), nil
		default:
			begin = len(head)
		}
	}
}

// parseLines parses header lines as browsers do: a line that begins with a blank
// continues the previous one if that has a name, and a line without a name is
// ignored.
func parseLines(lines []string, strict bool) (list fetch.Headers) {
	continuable, kept := false, false // the previous line
	for _, line := range lines {
		if line = strings.TrimSuffix(line, "\r"); line == "" {
			continue
		}
		if continuable && isBlank(line[0]) {
			if kept {
				last := &list[len(list)-1]
				last.Value = strings.Trim(last.Value+" "+strings.Trim(line, " \t"), " \t")
			}
			continue
		}
		before, value, ok := strings.Cut(line, ":")
		name := strings.TrimRight(before, " \t")
		continuable = ok && before != "" && !isBlank(before[0])
		kept = ok && name != "" && (!strict || name == before)
		if kept {
			list = append(list, fetch.Header{Name: name, Value: strings.Trim(value, " \t")})
		}
	}
	return list
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// exchange1 sends a request over conn with HTTP/1.1 and reads the head of the
// response. The reader is then at the body. The request's body is written at
// the same time, because a server may respond early.
func exchange1(ctx context.Context, conn net.Conn, method, target string, headers fetch.Headers, body []byte, strict bool) (*fetch.WireResponse, *bufio.Reader, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := writeHead(conn, method, target, headers); err != nil {
		return nil, nil, orDone(ctx, err)
	}
	if len(body) > 0 {
		go func() { _, _ = conn.Write(body) }() // it ends when conn is closed
	}
	r := bufio.NewReader(conn)
	response, err := readFinal(r, headers.Has("Upgrade"), strict)
	switch {
	case errors.Is(err, errTruncated) && !isTLS(conn) && response.Status/100 != 1:
		err = nil // without TLS, Chromium accepts an incomplete head
	case errors.Is(err, errBodyOnly) && method != "PUT":
		err = nil // a response without headers
	case errors.Is(err, io.EOF):
		err = errNothingSent
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errNotHTTP
	}
	if err == nil && lengthsDiffer(response.Headers) {
		err = errTwoLengths
	}
	return response, r, orDone(ctx, err)
}

func isTLS(conn net.Conn) bool {
	_, ok := conn.(*tls.Conn)
	return ok
}

// lengthsDiffer reports whether Chromium refuses a response: it has two
// different lengths, and is not chunked, which would make them irrelevant.
func lengthsDiffer(headers fetch.Headers) bool {
	lengths := headers.Values("Content-Length")
	return len(slices.Compact(lengths)) > 1 && len(headers.Values("Transfer-Encoding")) == 0
}

// orDone returns the error of ctx if that caused err, and otherwise err.
func orDone(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// tunnel asks a proxy for a connection to target. It closes conn if that fails.
func tunnel(ctx context.Context, conn net.Conn, via *url.URL, target string) (net.Conn, error) {
	headers := append(fetch.Headers{{Name: "Host", Value: target}}, proxyAuthorization(via)...)
	response, _, err := exchange1(ctx, conn, "CONNECT", target, headers, nil, false)
	if err == nil && response.Status/100 != 2 {
		err = fmt.Errorf("the response to CONNECT has status %d", response.Status)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// proxyAuthorization returns the header with the credentials in a proxy's URL.
func proxyAuthorization(via *url.URL) fetch.Headers {
	if via == nil || via.User == nil {
		return nil
	}
	password, _ := via.User.Password()
	return fetch.Headers{{
		Name:  "Proxy-Authorization",
		Value: "Basic " + base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)),
	}}
}
