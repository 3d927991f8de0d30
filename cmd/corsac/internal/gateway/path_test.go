package gateway

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/pathread"
)

// FuzzRefuse checks that every refused request gets a response, which only an
// allowed origin can read.
func FuzzRefuse(f *testing.F) {
	const app = "https://app.example.com"
	f.Add("GET /% HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n\r\n")
	f.Add("OPTIONS /%zz\r\nOrigin: null\r\nAccess-Control-Request-Method: PUT\r\n")
	f.Add("HEAD \x00 HTTP/1.0\n: \n\n")
	upstream := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	h, err := New(&config.Config{
		Policies: map[string]cors.Policy{"app": {AllowOrigins: []string{app}}},
		Gateway:  config.Gateway{Routes: []config.Route{{Path: "/api", Upstream: upstream, Policy: "app"}}},
	}, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, head string) {
		answer, ok := h.(*gateway).refuse([]byte(head), []byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		if !ok {
			return
		}
		r := &http.Request{Method: strings.SplitN(head, " ", 2)[0]}
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), r)
		if err != nil {
			t.Fatalf("%v: %q", err, answer)
		}
		defer res.Body.Close()
		if got := res.Header.Values("Access-Control-Allow-Origin"); got != nil && (len(got) != 1 || got[0] != app || !strings.Contains(head, app)) {
			t.Errorf("Access-Control-Allow-Origin: %q", got)
		}
	})
}

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
		got, ok := targetOf(r)
		if !ok {
			if strings.HasPrefix(r.RequestURI, "/") {
				t.Errorf("%q has no target", r.RequestURI)
			}
			return
		}
		u := &url.URL{Scheme: "http", Host: "up:1"}
		setTarget(u, u.Host, base, got)
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
