package http1

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// parse scans and parses a whole head, and returns what follows it.
func parse(s string) (*Response, string, error) {
	var scanner Scanner
	n, err := scanner.Scan([]byte(s))
	if err != nil {
		return nil, s, err
	}
	if n == 0 {
		return nil, s, errIncomplete
	}
	r := new(Response)
	return r, s[n:], r.Parse([]byte(s[:n]))
}

// TestParse checks heads that are valid, though some look odd.
func TestParse(t *testing.T) {
	for head, want := range map[string]Response{
		"HTTP/1.1 200 OK\r\n\r\n":                        {1, 200, nil},
		"HTTP/1.0 404\r\n\r\n":                           {0, 404, nil},
		"HTTP/1.1 299 \r\n\r\n":                          {1, 299, nil},
		"HTTP/1.1 999 a\tb \xff\r\n\r\n":                 {1, 999, nil},
		"HTTP/1.1 200 OK\r\nA:\r\nb-c: \t d \t\r\n\r\n":  {1, 200, []Field{{"A", ""}, {"B-C", "d"}}},
		"HTTP/1.1 200 OK\r\nA: b: c\r\na: \xe9\r\n\r\n":  {1, 200, []Field{{"A", "b: c"}, {"A", "\xe9"}}},
		"HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~9: x\r\n\r\n": {1, 200, []Field{{"!#$%&'*+-.^_`|~9", "x"}}},
	} {
		got, rest, err := parse(head + "rest")
		if err != nil || rest != "rest" || !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: %+v, %q, %v, want %+v", head, got, rest, err, want)
		}
	}
}

// TestParseRefuses checks heads that are not valid, and the reason.
func TestParseRefuses(t *testing.T) {
	const good = "HTTP/1.1 200 OK\r\n"
	for head, want := range map[string]error{
		"":                             errIncomplete,
		"HTT":                          errIncomplete,
		good:                           errIncomplete,
		good + "A: b\r\n\r":            errIncomplete,
		"h":                            errNotHTTP,
		"SSH-2.0-x\r\n\r\n":            errNotHTTP,
		"\r\n" + good + "\r\n":         errNotHTTP,
		" " + good + "\r\n":            errNotHTTP,
		"http/1.1 200 OK\r\n\r\n":      errNotHTTP,
		"HTTP/2.0 200 OK\r\n\r\n":      errNotHTTP,
		"HTTP/1.2 200 OK\r\n\r\n":      errStatus,
		"HTTP/1.10 200 OK\r\n\r\n":     errStatus,
		"HTTP/1. 200 OK\r\n\r\n":       errStatus,
		"HTTP/1.1\t200 OK\r\n\r\n":     errStatus,
		"HTTP/1.1  200 OK\r\n\r\n":     errStatus,
		"HTTP/1.1 20\r\n\r\n":          errStatus,
		"HTTP/1.1 099 x\r\n\r\n":       errStatus,
		"HTTP/1.1 +20 x\r\n\r\n":       errStatus,
		"HTTP/1.1 2000 x\r\n\r\n":      errStatus,
		"HTTP/1.1 200\tOK\r\n\r\n":     errStatus,
		"HTTP/1.1 200 O\rK\r\n\r\n":    errStatus,
		"HTTP/1.1 200 O\x00K\r\n\r\n":  errStatus,
		"HTTP/1.1 200 OK\n\n":          errLine,
		good + "A: b\n\r\n":            errLine,
		good + "A: b\r\n\n":            errLine,
		good + "A: b\n":                errLine, // at once, not when the head ends
		good + " A: b\r\n\r\n":         errName, // a continued line
		good + "A: b\r\n c: d\r\n\r\n": errName,
		good + "A: b\r\n\tc\r\n\r\n":   errNoColon,
		good + "A : b\r\n\r\n":         errName,
		good + "A\t: b\r\n\r\n":        errName,
		good + ": b\r\n\r\n":           errName,
		good + "\x80: b\r\n\r\n":       errName,
		good + "A/: b\r\n\r\n":         errName,
		good + "A\r\n\r\n":             errNoColon,
		good + "A: b\rc\r\n\r\n":       errValue,
		good + "A: b\r\r\n\r\n":        errValue,
		good + "A: \x00\r\n\r\n":       errValue,
		good + "A: \x7f\r\n\r\n":       errValue,
		good + "A: \x0b\r\n\r\n":       errValue,
		good + strings.Repeat("A: b\r\n", MaxFields+1) + "\r\n":                              errFields,
		good + "A: " + strings.Repeat("b", MaxHead):                                          errHeadSize,
		good + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", MaxHead/1000) + "\r\n": errHeadSize,
	} {
		if got, _, err := parse(head); !errors.Is(err, want) {
			t.Errorf("%.60q: %+v, %v, want %v", head, got, err, want)
		}
	}
}

// TestBounds checks that as much as the bounds say is accepted.
func TestBounds(t *testing.T) {
	const good = "HTTP/1.1 200 OK\r\n"
	fill := MaxHead - len(good+"A: \r\n\r\n")
	for _, head := range []string{
		good + strings.Repeat("A: b\r\n", MaxFields) + "\r\n",
		good + "A: " + strings.Repeat("b", fill) + "\r\n\r\n",
	} {
		if _, _, err := parse(head); err != nil {
			t.Errorf("%d bytes: %v", len(head), err)
		}
	}
	if _, _, err := parse(good + "A: " + strings.Repeat("b", fill+1) + "\r\n\r\n"); !errors.Is(err, errHeadSize) {
		t.Errorf("a byte more: %v", err)
	}
}

// TestScanInPieces checks that the end of a head is found wherever it is cut.
func TestScanInPieces(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
	for first := range len(head) {
		for second := first; second < len(head); second++ {
			var s Scanner
			for _, end := range []int{first, second} {
				if n, err := s.Scan([]byte(head[:end])); n != 0 || err != nil {
					t.Fatalf("%q: %d, %v", head[:end], n, err)
				}
			}
			if n, err := s.Scan([]byte(head + "HTTP/1.1 200 OK\r\n\r\n")); n != len(head) || err != nil {
				t.Fatalf("after %d and %d bytes: %d, %v", first, second, n, err)
			}
		}
	}
}

// TestFraming checks where responses end.
func TestFraming(t *testing.T) {
	const method = "GET"
	for _, c := range []struct {
		method, head string
		want         Framing
	}{
		{method, "1 200\r\nContent-Length: 5", Framing{Sized, 5, true}},
		{method, "1 200\r\nContent-Length: 005", Framing{Sized, 5, true}},
		{method, "1 200\r\nContent-Length: 0", Framing{None, 0, true}},
		{method, "1 200\r\nContent-Length: 999999999999999999", Framing{Sized, 999999999999999999, true}},
		{method, "1 200\r\nTransfer-Encoding: CHUNKED", Framing{Chunked, -1, true}},
		{method, "1 200", Framing{UntilClose, -1, false}},
		{method, "0 200", Framing{UntilClose, -1, false}},
		{method, "0 200\r\nContent-Length: 5", Framing{Sized, 5, false}},
		{method, "0 200\r\nConnection: keep-alive\r\nContent-Length: 5", Framing{Sized, 5, false}},
		{method, "1 200\r\nConnection: close\r\nContent-Length: 5", Framing{Sized, 5, false}},
		{method, "1 200\r\nConnection: a,\tCLOSE ,b\r\nContent-Length: 5", Framing{Sized, 5, false}},
		{method, "1 200\r\nConnection: a\r\nConnection: close\r\nContent-Length: 5", Framing{Sized, 5, false}},
		{method, "1 200\r\nConnection: closed\r\nContent-Length: 5", Framing{Sized, 5, true}},
		{"HEAD", "1 200\r\nContent-Length: 5", Framing{None, 5, true}},
		{"HEAD", "1 200\r\nTransfer-Encoding: chunked", Framing{None, -1, true}},
		{"HEAD", "1 200", Framing{None, -1, true}},
		{"head", "1 200\r\nContent-Length: 5", Framing{Sized, 5, true}}, // methods have case
		{method, "1 304\r\nContent-Length: 5", Framing{None, 5, true}},
		{method, "1 304\r\nTransfer-Encoding: chunked", Framing{None, -1, true}},
		{method, "1 204", Framing{None, -1, true}},
		{method, "1 204\r\nContent-Length: 0", Framing{None, 0, true}},
		{method, "1 204\r\nContent-Length: 5", Framing{None, 5, false}},
		{method, "1 204\r\nTransfer-Encoding: chunked", Framing{None, -1, false}},
		{method, "1 205\r\nContent-Length: 5", Framing{Sized, 5, true}},
	} {
		r, _, err := parse("HTTP/1." + c.head + "\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Framing(c.method); err != nil || got != c.want {
			t.Errorf("%s, %q: %+v, %v, want %+v", c.method, c.head, got, err, c.want)
		}
	}
}

// TestFramingRefuses checks fields in which two readers find two ends, whatever
// the status and the method are.
func TestFramingRefuses(t *testing.T) {
	for fields, want := range map[string]error{
		"Content-Length: 5\r\nContent-Length: 5":                   errLengths,
		"Content-Length: 5\r\nContent-Length: 6":                   errLengths,
		"Content-Length: 5\r\ncontent-length: x":                   errLengths,
		"Content-Length: 5, 5":                                     errLength,
		"Content-Length:":                                          errLength,
		"Content-Length: +5":                                       errLength,
		"Content-Length: -5":                                       errLength,
		"Content-Length: 0x5":                                      errLength,
		"Content-Length: 5 5":                                      errLength,
		"Content-Length: 5.0":                                      errLength,
		"Content-Length: \xb2":                                     errLength,
		"Content-Length: 9223372036854775808":                      errLength,
		"Content-Length: 18446744073709551621":                     errLength, // 5, modulo 2^64
		"Transfer-Encoding: gzip":                                  errCodings,
		"Transfer-Encoding: gzip, chunked":                         errCodings,
		"Transfer-Encoding: chunked, chunked":                      errCodings,
		"Transfer-Encoding: chunked, identity":                     errCodings,
		"Transfer-Encoding: identity":                              errCodings,
		"Transfer-Encoding: chunked;x=y":                           errCodings,
		"Transfer-Encoding: \"chunked\"":                           errCodings,
		"Transfer-Encoding: xchunked":                              errCodings,
		"Transfer-Encoding:":                                       errCodings,
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked": errCodings,
		"Transfer-Encoding: chunked\r\ntransfer-encoding: x":       errCodings,
		"Transfer-Encoding: chunked\r\nContent-Length: 5":          errBoth,
		"Content-Length: 0\r\nTransfer-Encoding: chunked":          errBoth,
	} {
		for _, status := range []string{"200", "204", "304"} {
			r, _, err := parse("HTTP/1.1 " + status + "\r\n" + fields + "\r\n\r\n")
			if err != nil {
				t.Fatal(err)
			}
			for _, method := range []string{"GET", "HEAD"} {
				if f, err := r.Framing(method); !errors.Is(err, want) {
					t.Errorf("%s, %s, %q: %+v, %v, want %v", method, status, fields, f, err, want)
				}
			}
		}
	}
	r, _, _ := parse("HTTP/1.0 200\r\nTransfer-Encoding: chunked\r\n\r\n")
	if f, err := r.Framing("GET"); !errors.Is(err, errOldChunk) {
		t.Errorf("HTTP/1.0: %+v, %v", f, err)
	}
}

// TestElements checks how lists are read.
func TestElements(t *testing.T) {
	fields := []Field{{"Trailer", " A,, b\t,"}, {"X", "no"}, {"Trailer", "c"}, {"Trailer", ""}}
	var got []string
	for e := range Elements(fields, "Trailer") {
		got = append(got, e)
	}
	if text := fmt.Sprint(got); text != "[A b c]" {
		t.Error(text)
	}
	for range Elements(fields, "Trailer") {
		break // ends the iteration
	}
}
