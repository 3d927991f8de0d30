package cli

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch"
)

// maxWord is how long a body may be to stand on a command line.
const maxWord = 8 << 10

// curl returns a command that sends request i of the conversation again: the same
// header lines, those that curl adds by itself taken away.
func (s *checkSession) curl(v *report.Verdict, i int) string {
	w := &v.Outcome.Wire[i]
	words := append([]string{"curl", "-i"}, s.curlNetwork()...)
	switch w.Method {
	case "GET":
	case "HEAD":
		words = append(words, "-I")
	default:
		words = append(words, "-X", w.Method)
	}
	for _, h := range v.Wire[i].Headers {
		switch strings.ToLower(h.Name) {
		case "host", "connection", "content-length", "sec-websocket-key":
		default:
			words = append(words, "-H", headerWord(h))
		}
	}
	input := ""
	if w.Body != nil {
		var body []string
		body, input = s.curlBody()
		words = append(words, body...)
		if !w.Headers.Has("Content-Type") {
			words = append(words, "-H", "Content-Type:")
		}
	}
	if strings.ContainsAny(w.URL, "[]{}") {
		words = append(words, "-g")
	}
	words = append(words, w.URL)
	for i := range words {
		words[i] = shellWord(words[i])
	}
	return input + strings.Join(words, " ")
}

// curlNetwork are the flags that say how the server is reached.
func (s *checkSession) curlNetwork() (words []string) {
	f := &s.network
	if f.insecure {
		words = append(words, "-k")
	}
	if f.http1 {
		words = append(words, "--http1.1")
	}
	if f.http2 {
		words = append(words, "--http2")
	}
	if f.caFile != "" {
		words = append(words, "--cacert", f.caFile)
	}
	for _, m := range f.connectTo {
		words = append(words, "--connect-to", m)
	}
	for _, m := range f.resolve {
		words = append(words, "--resolve", m)
	}
	return words
}

// curlBody returns the flags for the body, and what goes before the command if it
// cannot stand on one: long, or not text.
func (s *checkSession) curlBody() (words []string, input string) {
	switch {
	case s.f.request.dataSize > maxWord:
		return []string{"--data-binary", "@-"}, fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x | ", s.f.request.dataSize)
	case len(s.body) > maxWord || !utf8.Valid(s.body) || bytes.ContainsFunc(s.body, isControl):
		return []string{"--data-binary", "@-"}, "printf %s " + base64.StdEncoding.EncodeToString(s.body) + " | base64 -d | "
	}
	return []string{"--data-raw", string(s.body)}, ""
}

func headerWord(h fetch.Header) string {
	if h.Value == "" {
		return h.Name + ";"
	}
	return h.Name + ": " + h.Value
}

// shellWord quotes a word for a POSIX shell.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r))
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	if strings.ContainsFunc(s, isControl) {
		var b strings.Builder
		for i := range len(s) {
			if c := s[i]; c < ' ' || c == 0x7f || c == '\\' || c == '\'' {
				fmt.Fprintf(&b, `\0%03o`, c)
			} else {
				b.WriteByte(c)
			}
		}
		return `"$(printf %b '` + b.String() + `')"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }
