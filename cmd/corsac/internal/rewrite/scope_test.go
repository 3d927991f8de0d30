package rewrite

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/cookie"
)

func TestScopeCookie(t *testing.T) {
	strip := mapping(t, "https://api.example.com/v1", "http://app.internal.example.com:9000")
	based := mapping(t, "https://api.example.com", "http://10.0.0.7:9000/base")
	for _, c := range []struct {
		m          Mapping
		line, want string
	}{
		{strip, "a=b", "a=b"},
		{strip, "a=b; Path=/; Secure; HttpOnly", "a=b; Path=/v1; Secure; HttpOnly"},
		{strip, "a=b; path = /x ;samesite=none", "a=b; path = /v1/x ;samesite=none"},
		{strip, "a=/; Path=/", "a=/; Path=/v1"},
		{strip, "a=b; Path=", "a=b; Path="},
		{strip, "a=b; Path=x", "a=b; Path=x"},
		{strip, "a=b;", "a=b;"},
		{strip, "a=b; Domain=app.internal.example.com; Path=/x", "a=b; Path=/v1/x"},
		{strip, "a=b; Domain=.Internal.Example.com", "a=b"},
		{strip, "a=b; Domain=example.com", "a=b; Domain=example.com"},
		{strip, "a=b; Domain=api.example.com", "a=b; Domain=api.example.com"},
		{strip, "a=b; Domain=other.example", "a=b; Domain=other.example"},
		{strip, "a=b; Domain=xinternal.example.com", "a=b; Domain=xinternal.example.com"},
		{strip, "__Host-a=b; Secure; Path=/", "__Host-a=b; Secure; Path=/"},
		{strip, "__Secure-a=b; Secure; Path=/", "__Secure-a=b; Secure; Path=/v1"},
		{based, "a=b; Path=/base/x", "a=b; Path=/x"},
		{based, "a=b; Path=/base", "a=b; Path=/"},
		{based, "a=b; Path=/", "a=b; Path=/"},
		{based, "a=b; Path=/other", "a=b; Path=/other"},
		{based, "a=b; Domain=10.0.0.7", "a=b"},
	} {
		if got := c.m.ScopeCookie(c.line); got != c.want {
			t.Errorf("%q: %q, want %q", c.line, got, c.want)
		}
	}
}

// TestScope checks that redirects stay on the front whatever its scheme is to browsers,
// and that nothing else is changed.
func TestScope(t *testing.T) {
	m := mapping(t, "http://api.example.com/v1", "http://10.0.0.7:9000")
	x := &Exchange{Mapping: m, Asked: parse(t, "http://api.example.com/v1/a"), Sent: parse(t, "http://10.0.0.7:9000/a"), Relative: true}
	h := http.Header{
		"Location": {"http://10.0.0.7:9000/b?c#d"}, "Content-Location": {"/b"}, "Refresh": {"0; url=http://10.0.0.7:9000/b"}, "Set-Cookie": {"a=b; Path=/", "c=d"},
		"Link": {"</b>; rel=next"}, "Strict-Transport-Security": {"max-age=1"},
	}
	want := http.Header{
		"Location": {"/v1/b?c#d"}, "Content-Location": {"/v1/b"}, "Refresh": {"0; url=/v1/b"}, "Set-Cookie": {"a=b; Path=/v1", "c=d"},
		"Link": {"</b>; rel=next"}, "Strict-Transport-Security": {"max-age=1"},
	}
	if !NeedsScope(h) || NeedsScope(http.Header{"Link": nil, "Vary": {"Origin"}}) {
		t.Error("NeedsScope")
	}
	if x.Scope(h); !reflect.DeepEqual(h, want) {
		t.Errorf("%v", h)
	}
	whole := mapping(t, "http://api.example.com", "http://10.0.0.7:9000")
	y := &Exchange{Mapping: whole, Asked: parse(t, "http://api.example.com/a"), Sent: parse(t, "http://10.0.0.7:9000/a"), Relative: true}
	if got := y.Address("http://10.0.0.7:9000//evil.example/"); got != "http://api.example.com//evil.example/" {
		t.Errorf("a path that would name another host: %s", got)
	}
	for value, want := range map[string]string{
		"http://10.0.0.7:9000//evil.example/": "/v1//evil.example/",
		"https://evil.example/":               "https://evil.example/",
		"https://api.example.com/login":       "https://api.example.com/login",
	} {
		if got := x.Address(value); got != want {
			t.Errorf("%s: %s", value, got)
		}
	}
}

// FuzzScopeCookie checks that nothing but Domain and Path of a cookie changes.
func FuzzScopeCookie(f *testing.F) {
	f.Add("__Host-a=b; Secure; Path=/; SameSite=None; Partitioned")
	f.Add(" a = b ; domain=internal ;path = /b;;secure=1")
	m := Mapping{
		Front:    Side{Scheme: "http", Host: "localhost", Port: 3000, Path: "/v1"},
		Upstream: Side{Scheme: "https", Host: "app.internal", Port: 443, Path: "/b"},
	}
	f.Fuzz(func(t *testing.T, line string) {
		before, err := cookie.Parse(line)
		if err != nil {
			return
		}
		after, err := cookie.Parse(m.ScopeCookie(line))
		if err != nil {
			t.Fatalf("%q has become %q: %v", line, m.ScopeCookie(line), err)
		}
		if after.Domain != before.Domain && after.Domain != "" {
			// The last one counts, and it may be one that stays.
			if !strings.Contains(strings.ToLower(line), strings.ToLower(after.Domain)) {
				t.Errorf("%q has Domain %q", line, after.Domain)
			}
		}
		if before.Name != after.Name || before.Value != after.Value || before.Secure != after.Secure || before.HttpOnly != after.HttpOnly ||
			before.SameSite != after.SameSite || before.MaxAge != after.MaxAge || !before.Expires.Equal(after.Expires) || before.Partitioned != after.Partitioned {
			t.Errorf("%+v has become %+v", before, after)
		}
	})
}
