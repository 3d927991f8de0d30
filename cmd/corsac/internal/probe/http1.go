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
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

const (
	// MaxHead bounds the head of a response, in bytes, as in Chromium.
	MaxHead = 256 << 10

	maxInterim = 32
)

var (
	errHeadTooBig  = fmt.Errorf("the head of the response has more than %d bytes", MaxHead)
	errNotHTTP     = errors.New("what came back is not HTTP")
	errTooMany1xx  = fmt.Errorf("more than %d interim responses", maxInterim)
	errNothingSent = errors.New("the server closed the connection without an answer")
	errTruncated   = errors.New("the head of the response is incomplete")
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

// readFinal reads heads up to the final one. A 101 is final. If strict, header
// lines with a blank before the colon are ignored, as in Firefox; other
// browsers accept them.
func readFinal(r *bufio.Reader, strict bool) (*fetch.WireResponse, error) {
	left := MaxHead
	for range maxInterim {
		response, err := readHead(r, &left, strict)
		if err != nil || response.Status == 101 || response.Status >= 200 {
			return response, err
		}
	}
	return nil, errTooMany1xx
}

// readHead reads the head of one response, at most *left bytes.
func readHead(r *bufio.Reader, left *int, strict bool) (*fetch.WireResponse, error) {
	line, err := readLine(r, left)
	if err != nil {
		return nil, err
	}
	status, ok := parseStatusLine(line)
	if !ok {
		return nil, errNotHTTP
	}
	response := &fetch.WireResponse{Status: status}
	for {
		line, err := readLine(r, left)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return response, errTruncated
		case err != nil:
			return nil, err
		case line == "":
			return response, nil
		}
		response.Headers = appendHeader(response.Headers, line, strict)
	}
}

// appendHeader appends the header of a line, as browsers read it: a line that
// begins with a blank continues the previous one, and a line without a colon is
// ignored.
func appendHeader(list fetch.Headers, line string, strict bool) fetch.Headers {
	if line[0] == ' ' || line[0] == '\t' {
		if n := len(list); n > 0 {
			list[n-1].Value = strings.Trim(list[n-1].Value+" "+strings.Trim(line, " \t"), " \t")
		}
		return list
	}
	before, value, ok := strings.Cut(line, ":")
	name := strings.TrimRight(before, " \t")
	if !ok || name == "" || strict && name != before {
		return list
	}
	return append(list, fetch.Header{Name: name, Value: strings.Trim(value, " \t")})
}

// parseStatusLine returns the status of a line such as "HTTP/1.1 200 OK".
func parseStatusLine(line string) (int, bool) {
	version, rest, ok := strings.Cut(line, " ")
	if !ok || len(version) < len("HTTP/1") || !strings.EqualFold(version[:len("HTTP/")], "HTTP/") {
		return 0, false
	}
	code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	status, err := strconv.Atoi(code)
	return status, err == nil && status >= 100 && status <= 999
}

// readLine reads a line and returns it without its end, CRLF or LF.
func readLine(r *bufio.Reader, left *int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if *left -= len(part); *left < 0 {
			return "", errHeadTooBig
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return strings.TrimSuffix(string(line[:len(line)-1]), "\r"), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}

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
	response, err := readFinal(r, strict)
	switch {
	case errors.Is(err, errTruncated) && !isTLS(conn) && response.Status >= 200:
		err = nil // without TLS, Chromium accepts an incomplete head
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

// readBody reads the beginning of a body, or as much as arrives.
func readBody(r *bufio.Reader, headers fetch.Headers, most int64) []byte {
	var body io.Reader = r
	lengths := headers.Values("Content-Length")
	switch {
	case slices.ContainsFunc(headers.Values("Transfer-Encoding"), func(v string) bool { return strings.EqualFold(v, "chunked") }):
		body = httputil.NewChunkedReader(r)
	case len(lengths) > 0:
		if n, err := strconv.ParseInt(lengths[0], 10, 64); err == nil {
			most = min(most, n)
		}
	}
	data, _ := io.ReadAll(io.LimitReader(body, max(most, 0)))
	return data
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
