package explain_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/explain"
)

// maxField and maxTexts bound what an explanation takes from its input, and the
// number of its parts.
const (
	maxField = 2048
	maxTexts = 64
)

// FuzzText checks that explanations of any text are bounded and have slugs of
// the catalogue, and that the words of rules do not hide a match.
func FuzzText(f *testing.F) {
	for _, s := range append(samples(f, "messages.json"), samples(f, "field.json")...) {
		f.Add(s.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkBounds(t, explain.Explain([]byte(text), explain.Options{Origin: "http://localhost:3000"}))
		if cleaned := explain.Clean(text); len(cleaned) < 400 {
			if got, want := explain.Match(cleaned), explain.MatchAll(cleaned); !slices.Equal(got, want) {
				t.Errorf("%q matches %q, and without words %q", cleaned, got, want)
			}
		}
	})
}

func checkBounds(t *testing.T, x *explain.Explanation) {
	t.Helper()
	if _, err := json.Marshal(x); err != nil {
		t.Fatal(err)
	}
	special := []string{explain.Allowed, explain.NotCORS, explain.Unknown}
	if _, ok := explain.Lookup(x.Slug); !ok && !slices.Contains(special, x.Slug) {
		t.Errorf("slug %q", x.Slug)
	}
	e := x.Extract
	value := ""
	if e.Value != nil {
		value = *e.Value
	}
	for _, field := range []string{e.URL, e.Method, e.Origin, e.Header, value, e.Status, e.RedirectedFrom, e.Page, e.Cookie, e.Destination} {
		if len(field) > maxField {
			t.Errorf("a field has %d bytes", len(field))
		}
	}
	if len(x.Findings) > maxTexts || len(x.Messages) > maxTexts {
		t.Errorf("%d findings, %d messages", len(x.Findings), len(x.Messages))
	}
	for _, f := range x.Findings {
		if strings.ContainsFunc(f.Title+f.Why, func(r rune) bool { return r < ' ' }) {
			t.Errorf("control characters in %q %q", f.Title, f.Why)
		}
	}
	for _, other := range x.Messages {
		checkBounds(t, other)
	}
}

// FuzzNoise checks that text around a message does not change what it is.
func FuzzNoise(f *testing.F) {
	f.Add("[vite] connected", "at load (app.js:1:2)", uint8(3))
	f.Add("one\ntwo", "three\nfour", uint8(60))
	list := samples(f, "messages.json")
	f.Fuzz(func(t *testing.T, before, after string, n uint8) {
		s := list[int(n)%len(list)]
		before, after = plain(before), plain(after)
		if s.Slug == explain.NotCORS || len(explain.MatchAll(before+" "+after)) > 0 {
			return
		}
		text := before + "\n" + s.Text + "\n" + after
		if x := explain.Explain([]byte(text), explain.Options{}); x.Slug != s.Slug {
			t.Errorf("%s: slug %s, want %s\n%q", s.ID, x.Slug, s.Slug, text)
		}
	})
}

// plain keeps letters, digits, blanks and line breaks of at most 1000 bytes.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == ' ' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s[:min(len(s), 1000)])
}

// FuzzCurl checks that any output of curl is explained within bounds, and that
// the headers of a response are read as they were written.
func FuzzCurl(f *testing.F) {
	f.Add("> GET / HTTP/1.1\n> Host: a\n> Origin: http://b\n>\n< HTTP/1.1 200 OK\n< Vary: Origin\n<\n", "Access-Control-Allow-Origin", "*")
	f.Add("HTTP/2 404\nserver: nginx\n\nbody", "x", "y")
	f.Add("* Connected to a (::1) port 443\n> OPTIONS /x HTTP/2\n> Access-Control-Request-Method: PUT\n< HTTP/2 204\n", "access-control-allow-methods", "GET")
	f.Fuzz(func(t *testing.T, output, name, value string) {
		checkBounds(t, explain.Explain([]byte(output), explain.Options{Origin: "http://localhost:3000"}))
		name, value = token(name), strings.TrimSpace(plain(value))
		if name == "" || strings.Contains(value, "\n") {
			return
		}
		got := explain.ResponseHeaders(fmt.Sprintf("> GET /x HTTP/1.1\n> Host: a.example\n>\n< HTTP/1.1 200 OK\n< %s: %s\n< Vary: Origin\n<\nx: y\n", name, value))
		if want := name + ": " + value + "\nVary: Origin\n"; got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	})
}

// token keeps the letters of a name.
func token(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '-' {
			return r
		}
		return -1
	}, s[:min(len(s), 100)])
}
