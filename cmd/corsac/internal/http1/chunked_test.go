package http1

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// TestDecoder checks bodies in chunks that are valid, however they arrive.
func TestDecoder(t *testing.T) {
	for body, want := range map[string]struct {
		content  string
		trailers []Field
	}{
		"0\r\n\r\n":                                                        {},
		"2\r\nok\r\n0\r\n\r\n":                                             {content: "ok"},
		"1\r\no\r\n01\r\nk\r\n00\r\n\r\n":                                  {content: "ok"},
		"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n":                  {content: "01234567890123456789"},
		"2;a\r\nok\r\n0;b=c\r\n\r\n":                                       {content: "ok"},
		"2 \t; a=\"b;c\"; d \r\nok\r\n0\r\n\r\n":                           {content: "ok"},
		"2 \r\nok\r\n0 \r\n\r\n":                                           {content: "ok"},
		"4\r\n\r\n\r\n\r\n0\r\n\r\n":                                       {content: "\r\n\r\n"},
		"2\r\nok\r\n0\r\nA: b\r\na:c\r\n\r\n":                              {content: "ok", trailers: []Field{{"A", "b"}, {"A", "c"}}},
		"2\r\nok\r\n0\r\nContent-Length: 5\r\n\r\n":                        {content: "ok", trailers: []Field{{"Content-Length", "5"}}},
		"1;" + strings.Repeat("x", maxChunkLine-10) + "\r\nx\r\n0\r\n\r\n": {content: "x"},
	} {
		for _, step := range []int{1, 2, 7, len(body)} {
			var d Decoder
			content, used, err := decode(&d, []byte(body+"rest"), step)
			if err != nil || used != len(body) || string(content) != want.content || !reflect.DeepEqual(d.Trailers, want.trailers) {
				t.Errorf("%.60q in steps of %d: %q, %d bytes, %q, %v", body, step, content, used, d.Trailers, err)
			}
		}
	}
}

// TestDecoderRefuses checks bodies in which others may find other content, or
// another end.
func TestDecoderRefuses(t *testing.T) {
	for body, want := range map[string]error{
		"":                                errIncomplete,
		"2":                               errIncomplete,
		"2\r\no":                          errIncomplete,
		"2\r\nok\r\n":                     errIncomplete,
		"2\r\nok\r\n0\r\n":                errIncomplete,
		"2\r\nok\r\n0\r\nA: b\r\n":        errIncomplete,
		"\r\n":                            errChunk,
		" 2\r\nok\r\n":                    errChunk,
		"-2\r\nok\r\n":                    errChunk,
		"+2\r\nok\r\n":                    errChunk,
		"0x2\r\nok\r\n":                   errChunk,
		"2_\r\nok\r\n":                    errChunk,
		"g\r\nok\r\n":                     errChunk,
		"2 x\r\nok\r\n":                   errChunk,
		"2\x00\r\nok\r\n":                 errChunk,
		"2;\x00\r\nok\r\n":                errChunk,
		"2;\r\r\nok\r\n":                  errChunk,
		";a\r\nok\r\n":                    errChunk,
		"8000000000000000\r\nok\r\n":      errChunk, // negative in 64 bits
		"10000000000000002\r\nok\r\n":     errChunk, // 2, modulo 2^64
		"0000000000000002\r\nok\r\n":      errChunk, // too many digits, whatever they are
		"2\nok\r\n":                       errLine,
		"\n":                              errLine,
		"2\r\nok\n":                       errChunkEnd,
		"2\r\nok0\r\n":                    errChunkEnd,
		"2\r\nok\rx":                      errChunkEnd,
		"1\r\nok\r\n":                     errChunkEnd,
		"0\r\nA: b\n\r\n":                 errLine,
		"0\r\n\n":                         errLine,
		"0\r\nA : b\r\n\r\n":              errName,
		"0\r\n A: b\r\n\r\n":              errName,
		"0\r\nA: b\r\n c\r\n\r\n":         errNoColon,
		"0\r\nA: \x00\r\n\r\n":            errValue,
		"0\r\nHTTP/1.1 200 OK\r\n\r\n":    errNoColon,
		strings.Repeat("0", maxChunkLine): errChunk,
		"1;" + strings.Repeat("x", maxChunkLine) + "\r\n":                   errChunk,
		"0\r\nA: " + strings.Repeat("x", MaxTrailers):                       errTrailers,
		"0\r\n" + strings.Repeat("A: b\r\n", MaxTrailers/6+1) + "\r\n":      errTrailers,
		"0\r\n" + strings.Repeat("A:\r\n", MaxFields+1) + "\r\n":            errFields,
		strings.Repeat("1\r\nx\r\n", 20_000):                                errIncomplete, // less content than lines, but not far less
		strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\nx\r\n", 20) + "": errOverhead,
	} {
		for _, step := range []int{1, len(body)} {
			var d Decoder
			if content, _, err := decode(&d, []byte(body), step); !errors.Is(err, want) {
				t.Errorf("%.60q in steps of %d: %.60q, %v, want %v", body, step, content, err, want)
			}
		}
	}
}

// TestAppendChunks checks that a body that this package writes is one that it
// reads.
func TestAppendChunks(t *testing.T) {
	body := AppendChunkHead(nil, 17)
	if len(body) > ChunkHead {
		t.Errorf("%q is longer than %d", body, ChunkHead)
	}
	body = append(append(body, "0123456789abcdefg"...), ChunkEnd...)
	body, err := AppendLastChunk(body, []Field{{"X-Sum", "42"}})
	if want := "11\r\n0123456789abcdefg\r\n0\r\nX-Sum: 42\r\n\r\n"; err != nil || string(body) != want {
		t.Errorf("%q, %v, want %q", body, err, want)
	}
	if n := len(AppendChunkHead(nil, int(^uint(0)>>1))); n > ChunkHead {
		t.Errorf("the longest head has %d bytes, at most %d", n, ChunkHead)
	}
	if _, err := AppendLastChunk(nil, []Field{{"X", "a\r\nb"}}); !errors.Is(err, errValue) {
		t.Errorf("a trailer of two lines: %v", err)
	}
}
