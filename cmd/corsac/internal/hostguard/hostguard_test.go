package hostguard

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestAllows(t *testing.T) {
	g, err := New("dev.example.com", "*.test.example", "192.168.1.5", "fd00::1", "bücher.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"localhost", "localhost:3000", "LOCALHOST.", "app.localhost:3000", "127.0.0.1:3000", "127.8.9.1", "[::1]:3000", "[::1]", "127.1",
		"[::ffff:127.0.0.1]:80", "dev.example.com", "Dev.Example.com.:3000", "a.test.example", "a.b.test.example:1", "192.168.1.5:3000",
		"[fd00::1]:3000", "xn--bcher-kva.example",
	} {
		if !g.Allows(host) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range []string{
		"", ":3000", "evil.example", "localhost.evil.example", "evillocalhost", "dev.example.com.evil.example", "x.dev.example.com", "test.example",
		"atest.example", "192.168.1.6", "10.0.0.1:3000", "169.254.169.254", "[fe80::1]", "0.0.0.0:3000", "[::]", "localhost:x", "localhost:80:80",
		"localhost/", "user@localhost", "local host", "localhost\x00", "[::1", "127.0.0.1.evil.example",
	} {
		if g.Allows(host) {
			t.Errorf("%q is allowed", host)
		}
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"", "*", "*.", "a b", "https://a.example", "a.example:80", "a.*.example", "*.127.0.0.1", "**.example"} {
		var e *NameError
		if _, err := New(name); !errors.As(err, &e) || e.Name != name {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSenderOf(t *testing.T) {
	const own = "http://localhost:3000"
	for _, c := range []struct {
		origins, sites []string
		want           Sender
	}{
		{nil, nil, Unsaid},
		{nil, []string{"none"}, Unsaid},
		{nil, []string{"same-origin"}, Own},
		{[]string{own}, nil, Own},
		{[]string{own}, []string{"same-origin"}, Own},
		{[]string{own}, []string{"none"}, Unsaid},
		{nil, []string{"same-site"}, Foreign},
		{nil, []string{"cross-site"}, Foreign},
		{nil, []string{"SAME-ORIGIN"}, Foreign},
		{[]string{"null"}, nil, Foreign},
		{[]string{"null"}, []string{"same-origin"}, Own}, // with Referrer-Policy: no-referrer
		{[]string{"https://localhost:3000"}, []string{"same-origin"}, Own},
		{[]string{"null"}, []string{"none"}, Foreign},
		{[]string{"null"}, []string{"cross-site"}, Foreign}, // a sandboxed frame
		{[]string{"localhost:3000"}, []string{"cross-site"}, Foreign},
		{[]string{""}, nil, Foreign},
		{[]string{"http://localhost:5173"}, []string{"same-origin"}, Foreign},
		{[]string{"https://localhost:3000"}, nil, Foreign},
		{[]string{own}, []string{"cross-site"}, Foreign},
		{[]string{own, own}, nil, Foreign},
		{[]string{own}, []string{"same-origin", "same-origin"}, Foreign},
	} {
		h := http.Header{}
		if c.origins != nil {
			h["Origin"] = c.origins
		}
		if c.sites != nil {
			h["Sec-Fetch-Site"] = c.sites
		}
		if got := SenderOf(h, own); got != c.want {
			t.Errorf("%q, %q: %v, want %v", c.origins, c.sites, got, c.want)
		}
	}
}

func TestChangesNothing(t *testing.T) {
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "POST": false, "DELETE": false, "get": false, "X": false} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", nil)
		if got := ChangesNothing(r); got != want {
			t.Errorf("%s: %v", method, got)
		}
		r.Header.Set("Upgrade", "websocket")
		if ChangesNothing(r) {
			t.Errorf("%s with an upgrade", method)
		}
	}
	for asked, want := range map[string]bool{"GET": true, "HEAD": true, "PUT": false, "get": false, "": false} {
		r := httptest.NewRequestWithContext(t.Context(), "OPTIONS", "/", nil)
		r.Header.Set("Access-Control-Request-Method", asked)
		if got := ChangesNothing(r); got != want {
			t.Errorf("preflight for %q: %v", asked, got)
		}
	}
}
