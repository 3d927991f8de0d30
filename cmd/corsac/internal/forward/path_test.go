package forward

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/pathread"
)

// FuzzTarget checks that every request target that net/http accepts is
// forwarded unchanged.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{"/", "//", "//a|b", "/a%2Fb?c;d", "/?", "/%", "http://x/y?z", "http://x?y", "*", "/a?b=%zz", "x:y", "http:///a"} {
		f.Add(target, "")
		f.Add(target, "/base")
	}
	f.Fuzz(func(t *testing.T, uri, base string) {
		if base != "" && (base[0] != '/' || strings.HasPrefix(base, "//") || !pathread.Plain(base) || strings.ContainsAny(base, "?# ")) {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + uri + " HTTP/1.1\r\nHost: h\r\n\r\n")))
		if err != nil {
			return
		}
		got, ok := TargetOf(r)
		if !ok {
			if strings.HasPrefix(r.RequestURI, "/") {
				t.Errorf("%q has no target", r.RequestURI)
			}
			return
		}
		u := &url.URL{Scheme: "http", Host: "up:1"}
		setTarget(u, u.Host, base, got)
		want := base + got.Path
		if got.HasQuery {
			want += "?" + got.Query
		}
		if sent := u.RequestURI(); sent != want && sent != "http://up:1"+want {
			t.Errorf("sent %q, want %q", sent, want)
		}
		if strings.HasPrefix(r.RequestURI, "/") && base+r.RequestURI != want {
			t.Errorf("read %q, want %q", want, base+r.RequestURI)
		}
	})
}
