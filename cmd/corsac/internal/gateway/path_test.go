package gateway

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzTarget: whatever request target net/http accepts, it is sent on as it came.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{"/", "//", "//a|b", "/a%2Fb?c;d", "/?", "/%", "http://x/y?z", "http://x?y", "*", "/a?b=%zz", "x:y", "http:///a"} {
		f.Add(target, "")
		f.Add(target, "/base")
	}
	f.Fuzz(func(t *testing.T, uri, base string) {
		if base != "" && (base[0] != '/' || strings.HasPrefix(base, "//") || !isPlain(base) || strings.ContainsAny(base, "?# ")) {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + uri + " HTTP/1.1\r\nHost: h\r\n\r\n")))
		if err != nil {
			return
		}
		got, ok := targetOf(r)
		if !ok {
			if strings.HasPrefix(r.RequestURI, "/") {
				t.Errorf("%q has no target", r.RequestURI)
			}
			return
		}
		u := &url.URL{Scheme: "http", Host: "up:1"}
		setTarget(u, base, got)
		want := base + got.path
		if got.hasQuery {
			want += "?" + got.query
		}
		if sent := u.RequestURI(); sent != want && sent != "http://up:1"+want {
			t.Errorf("sent %q, want %q", sent, want)
		}
		if strings.HasPrefix(r.RequestURI, "/") && base+r.RequestURI != want {
			t.Errorf("read %q, want %q", want, base+r.RequestURI)
		}
	})
}
