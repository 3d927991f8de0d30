package fetch_test

import (
	"net/http"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// TestCookies checks that a host gets its own cookies and never another host's,
// however the request got there.
func TestCookies(t *testing.T) {
	page, err := fetch.NewPage(fetch.PageConfig{Origin: "https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	none := func(name string) *http.Cookie {
		return &http.Cookie{Name: name, Value: "1", Path: "/", Secure: true, SameSite: http.SameSiteNoneMode}
	}
	for _, tt := range []struct {
		profile fetch.Profile
		w       fetch.WireRequest
		want    string
	}{
		{fetch.Chromium, fetch.WireRequest{URL: "https://api.example.com/x", Credentials: true}, "lax=1; none=1"},
		{fetch.Chromium, fetch.WireRequest{URL: "https://api.example.com/x", Credentials: true, CrossSite: true}, "none=1"},
		{fetch.Chromium, fetch.WireRequest{URL: "https://api.example.com/x"}, ""},
		{fetch.Chromium, fetch.WireRequest{URL: "https://evil.example/x", Credentials: true}, ""},
		{fetch.Chromium, fetch.WireRequest{URL: "http://api.example.com/x", Credentials: true, CrossSite: true}, ""},
		{fetch.Safari, fetch.WireRequest{URL: "https://api.example.com/x", Credentials: true, CrossSite: true}, ""},
	} {
		c := fetch.NewCookies(fetch.New(fetch.Config{Profile: tt.profile}), page)
		if err := c.Set("https://api.example.com/", &http.Cookie{Name: "lax", Value: "1"}, none("none")); err != nil {
			t.Fatal(err)
		}
		if got := c.Header(&tt.w); got != tt.want {
			t.Errorf("%s, %+v: %q, want %q", tt.profile, tt.w, got, tt.want)
		}
	}
	c := fetch.NewCookies(fetch.New(fetch.Config{}), page)
	if err := c.Set("not a url"); err == nil {
		t.Error("a cookie of no URL is taken")
	}
	answer := &fetch.WireResponse{Status: 200, Headers: fetch.Headers{{Name: "set-cookie", Value: "a=1"}, {Name: "Set-Cookie", Value: "b=2; Path=/"}}}
	w := &fetch.WireRequest{URL: "https://api.example.com/x"}
	c.Store(w, answer)
	w.Credentials = true
	if got := c.Header(w); got != "" {
		t.Errorf("an answer without credentials set %q", got)
	}
	c.Store(w, answer)
	if got := c.Header(w); got != "a=1; b=2" {
		t.Errorf("stored %q", got)
	}
}

// TestCookieOrder checks that cookies are sent in the order in which they were
// set (RFC 6265bis §5.8.3).
func TestCookieOrder(t *testing.T) {
	page, err := fetch.NewPage(fetch.PageConfig{Origin: app})
	if err != nil {
		t.Fatal(err)
	}
	store := fetch.NewCookies(fetch.New(fetch.Config{}), page)
	w := &fetch.WireRequest{URL: "https://app.example.com/", Credentials: true}
	store.Store(w, &fetch.WireResponse{Headers: fetch.Headers{{"Set-Cookie", "z=1"}, {"Set-Cookie", "a=2"}, {"Set-Cookie", "nameless"}, {"Set-Cookie", "z=3"}}})
	if got := store.Header(w); got != "z=3; a=2; nameless" {
		t.Errorf("%q", got)
	}
}
