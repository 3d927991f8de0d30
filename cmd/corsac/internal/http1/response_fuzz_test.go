package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// message is a response as one reader reads it.
type message struct {
	status   int
	header   http.Header
	body     string
	trailers http.Header
	rest     string // what follows it
}

var errIncomplete = errors.New("the response is not complete")

// readOwn reads a response that is not interim with this package.
func readOwn(b []byte, method string) (*message, error) {
	var scanner Scanner
	n, err := scanner.Scan(b)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errIncomplete
	}
	var r Response
	if err := r.Parse(b[:n]); err != nil {
		return nil, err
	}
	framing, err := r.Framing(method)
	if err != nil {
		return nil, err
	}
	m := &message{status: r.Status, header: headerOf(r.Fields)}
	b = b[n:]
	switch framing.Kind {
	case None:
		m.rest = string(b)
	case Sized:
		if int64(len(b)) < framing.Length {
			return nil, errIncomplete
		}
		m.body, m.rest = string(b[:framing.Length]), string(b[framing.Length:])
	case UntilClose:
		m.body = string(b)
	case Chunked:
		var d Decoder
		content, used, err := decode(&d, b, len(b))
		if err != nil {
			return nil, err
		}
		m.body, m.rest, m.trailers = string(content), string(b[used:]), headerOf(d.Trailers)
	}
	return m, nil
}

// decode reads a body in chunks that arrives step bytes at a time.
func decode(d *Decoder, b []byte, step int) (content []byte, used int, err error) {
	for end := 0; ; {
		n, err := d.Advance(b[used:end])
		used += n
		switch {
		case err != nil:
			return content, used, err
		case d.Done():
			return content, used, nil
		}
		if n = min(int(min(d.Left(), int64(len(b)))), end-used); n > 0 {
			content = append(content, b[used:used+n]...)
			used += n
			d.Skip(int64(n))
			continue
		}
		if end == len(b) {
			return content, used, errIncomplete
		}
		end = min(end+max(step, 1), len(b))
	}
}

func headerOf(fields []Field) http.Header {
	h := http.Header{}
	for _, f := range fields {
		h[f.Name] = append(h[f.Name], f.Value)
	}
	return h
}

// readTheirs reads a response with net/http.
func readTheirs(b []byte, method string) (*message, error) {
	in := bufio.NewReader(bytes.NewReader(b))
	res, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	rest, _ := io.ReadAll(in)
	if res.Trailer == nil {
		res.Trailer = http.Header{}
	}
	return &message{res.StatusCode, res.Header, string(body), res.Trailer, string(rest)}, nil
}

// framing are the fields that net/http takes out of headers.
var framing = []string{"Transfer-Encoding", "Trailer", "Connection"}

// seeds are responses of all kinds, good and bad.
var seeds = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.1 204\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n2;a=\"b\r\nok\r\n00\r\n\r\n", "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\nsurplus",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n",
	"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\x00c\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nok\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;\x7f\r\nok\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nok",
	"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 +20 x\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "HTTP/1.1 200 O\rK\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
}

// FuzzResponse compares with net/http: what this package accepts, net/http reads
// as the same message with the same end. What only net/http accepts is on the
// list of what this package does not repair.
func FuzzResponse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), "GET")
		f.Add([]byte(s), "HEAD")
	}
	f.Fuzz(func(t *testing.T, b []byte, method string) {
		if method != "HEAD" {
			method = "GET"
		}
		own, err := readOwn(b, method)
		theirs, theirErr := readTheirs(b, method)
		switch {
		case err != nil && theirErr == nil && !isStricter(string(b), theirs.status):
			t.Fatalf("%q: %v, and net/http reads %+v", b, err, theirs)
		case err != nil || own.status < 200:
			return
		case theirErr != nil && isTheirLimit(theirErr):
			return
		case theirErr != nil:
			t.Fatalf("%q: accepted, and net/http says %v", b, theirErr)
		}
		for _, name := range framing {
			delete(own.header, name)
			delete(theirs.header, name)
		}
		// net/http adds fields to the header.
		if !slices.Contains([]string{"", "no-cache"}, theirs.header.Get("Cache-Control")) || own.header["Pragma"] == nil {
			if !reflect.DeepEqual(own.header, theirs.header) {
				t.Errorf("%q: header %q, and net/http reads %q", b, own.header, theirs.header)
			}
		}
		if own.status != theirs.status || own.body != theirs.body || own.rest != theirs.rest {
			t.Errorf("%q: %+v, and net/http reads %+v", b, own, theirs)
		}
	})
}

// isTheirLimit reports whether net/http refuses a response that is valid: a
// trailer section longer than its buffer, or a name in Trailer that it does not
// want.
func isTheirLimit(err error) bool {
	for _, text := range []string{"suspiciously long trailer", "bad trailer key", "malformed MIME header"} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

// stricter are what net/http repairs or ignores in a head, and this package
// refuses.
var stricter = map[string]*regexp.Regexp{
	"a line ends with LF alone (RFC 9112 §2.2)":         regexp.MustCompile(`(^|[^\r])\n`),
	"a CR or another control character (RFC 9110 §5.5)": regexp.MustCompile(`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r([^\n]|$)`),
	"a continued line (RFC 9112 §5.2)":                  regexp.MustCompile(`\n[ \t]`),
	"a version other than 1.0 and 1.1":                  regexp.MustCompile(`^HTTP/([^1]|1\.[^01])`),
	"several spaces in the status line (RFC 9112 §4)":   regexp.MustCompile(`^HTTP/1\.[01]  `),
	"a reason without a space before it":                regexp.MustCompile(`^HTTP/1\.[01] \d{3}[^ \r]`),
	"several Content-Length (RFC 9112 §6.3)":            regexp.MustCompile(`(?is)\ncontent-length:.*\ncontent-length:`),
	"two framings (RFC 9112 §6.3)":                      regexp.MustCompile(`(?i)\ntransfer-encoding:`),
	"a Content-Length without digits or too large":      regexp.MustCompile(`(?i)\ncontent-length:[ \t]*(\d{19,}[ \t]*)?\r`),
	"a name that is not a token (RFC 9110 §5.1)":        regexp.MustCompile(`\n[^:\r]*[^-!#$%&'*+.^_` + "`" + `|~0-9A-Za-z:\r][^:\r]*:|\n:`),
}

// isStricter reports whether a response is one that this package refuses, though
// net/http reads it.
func isStricter(b string, status int) bool {
	head, body, _ := strings.Cut(b, "\r\n\r\n")
	if status < 100 || strings.Count(head, "\n") >= MaxFields || len(head) > MaxHead {
		return true
	}
	for name, pattern := range stricter {
		if pattern.MatchString(head + "\r\n") {
			if name == "two framings (RFC 9112 §6.3)" && !isOddCoding(head, status) {
				continue
			}
			return true
		}
	}
	_, _, ok := twin(body)
	return !ok && strings.Contains(strings.ToLower(head), "\ntransfer-encoding:")
}

// isOddCoding reports whether a Transfer-Encoding is refused: with a length, in
// HTTP/1.0, or one that net/http does not look at, because there is no body.
func isOddCoding(head string, _ int) bool {
	lower := strings.ToLower(head)
	return strings.Contains(lower, "\ncontent-length:") || strings.HasPrefix(lower, "http/1.0") ||
		strings.Count(lower, "\ntransfer-encoding:") > 1 || !regexp.MustCompile(`\ntransfer-encoding:[ \t]*chunked[ \t]*(\r|$)`).MatchString(lower)
}

// twin reads a body in chunks in another way: with regular expressions, and only
// what is on the strict side of everything.
func twin(b string) (content string, used int, ok bool) {
	line := regexp.MustCompile(`^([0-9a-fA-F]{1,15})(?:[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?)?\r\n`)
	field := regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]+:[^\\x00-\\x08\\x0a-\\x1f\\x7f]*\r\n")
	rest := b
	for {
		m := line.FindStringSubmatch(rest)
		if m == nil {
			return "", 0, false
		}
		rest = rest[len(m[0]):]
		size, _ := strconv.ParseInt(m[1], 16, 64)
		if size == 0 {
			break
		}
		if int64(len(rest)) < size+2 || rest[size:size+2] != "\r\n" {
			return "", 0, false
		}
		content += rest[:size]
		rest = rest[size+2:]
	}
	for {
		if after, found := strings.CutPrefix(rest, "\r\n"); found {
			return content, len(b) - len(after), true
		}
		m := field.FindString(rest)
		if m == "" {
			return "", 0, false
		}
		rest = rest[len(m):]
	}
}

// FuzzChunks compares the decoder with its twin, whatever the pieces in which a
// body arrives.
func FuzzChunks(f *testing.F) {
	for _, s := range []string{
		"2\r\nok\r\n0\r\n\r\n", "0\r\n\r\nrest", "A\r\n0123456789\r\n000\r\nX: y\r\nZ: \r\n\r\n", "1;a=b\r\nx\r\n0;c\r\n\r\n", "1 \t\r\nx\r\n0\r\n\r\n", "1 x\r\nx\r\n0\r\n\r\n",
		"1\nx\r\n0\r\n\r\n", "1\r\nx\n0\r\n\r\n", "1\r\nxx\r\n0\r\n\r\n", "-1\r\nx\r\n", "\r\n", "0\r\nX y: z\r\n\r\n", "0\r\n a: b\r\n\r\n", "ffffffffffffffff\r\n", "1;\x00\r\nx\r\n0\r\n\r\n",
	} {
		f.Add([]byte(s), 1)
		f.Add([]byte(s), 7)
	}
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		step = min(max(step, 1), 1<<20)
		var d Decoder
		content, used, err := decode(&d, b, step)
		want, wantUsed, ok := twin(string(b))
		switch {
		case err == nil != ok && !errors.Is(err, errOverhead) && len(b) < maxChunkLine:
			t.Errorf("%q in steps of %d: %v, the twin accepts it: %t", b, step, err, ok)
		case err == nil && (string(content) != want || used != wantUsed):
			t.Errorf("%q in steps of %d: %q of %d bytes, want %q of %d", b, step, content, used, want, wantUsed)
		}
		var whole Decoder
		if again, _, err2 := decode(&whole, b, len(b)); err == nil != (err2 == nil) || err == nil && string(again) != string(content) {
			t.Errorf("%q: in steps of %d: %q, %v; at once %q, %v", b, step, content, err, again, err2)
		}
	})
}
