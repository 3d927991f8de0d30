package rewrite

import (
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/cookie"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// FuzzAddress checks that a translated address leads a browser to where the server
// meant, and that other addresses stay as they are.
func FuzzAddress(f *testing.F) {
	f.Add("/v1", "", "/x/../y", "https://staging.example.com/a")
	f.Add("", "/base", "/b", "/base//evil.example")
	f.Add("/v1", "/b", "//x", `\\staging.example.com/b`)
	f.Fuzz(func(t *testing.T, frontPath, upstreamPath, path, value string) {
		front, err := weburl.Parse("http://localhost:3000/"+frontPath, nil)
		if err != nil || front.HasQuery || front.HasFragment {
			return
		}
		upstream, err := weburl.Parse("https://staging.example.com/"+upstreamPath, nil)
		if err != nil || upstream.HasQuery || upstream.HasFragment {
			return
		}
		m := Mapping{Front: SideOf(front, front.Path), Upstream: SideOf(upstream, upstream.Path)}
		sent, err := weburl.Parse(m.Upstream.origin()+m.Upstream.Path+"/"+path, nil)
		if err != nil {
			return
		}
		asked, ok := at(sent, m.Upstream, m.Front)
		if !ok { // ".." has left the route
			return
		}
		x := &Exchange{Mapping: m, Asked: asked, Sent: sent}
		x.Relative = len(value)%2 == 0
		got := x.Address(value)
		meant, err := weburl.ParseLocation(value, sent)
		if err != nil || meant.Origin() != m.Upstream.origin() || !strings.HasPrefix(meant.Path+"/", m.Upstream.Path+"/") || meant.HasCredentials() {
			if err == nil && meant.Host != m.Upstream.Host && got != value {
				t.Errorf("%q has become %q", value, got)
			}
			return
		}
		leads, err := weburl.ParseLocation(got, asked)
		if err != nil {
			t.Fatalf("%q has become %q, which is not a URL: %v", value, got, err)
		}
		want := m.Front.origin() + m.Front.Path + strings.TrimPrefix(meant.Path, m.Upstream.Path)
		if strings.HasSuffix(want, ":3000") {
			want += "/"
		}
		if have := leads.Origin() + leads.Path; have != want || leads.Query != meant.Query || leads.Fragment != meant.Fragment {
			t.Errorf("%q at %s has become %q, which leads to %s, want %s", value, sent, got, have, want)
		}
	})
}

// FuzzSetCookie checks that a cookie keeps its value, gets its name back, and is one
// that browsers accept over plain http.
func FuzzSetCookie(f *testing.F) {
	f.Add("__Host-a=b; Secure; Path=/; SameSite=None; Partitioned")
	f.Add(" a = b ; domain=x;path = /b;;secure=1")
	m := Mapping{
		Front:    Side{Scheme: "http", Host: "localhost", Port: 3000, Path: "/v1"},
		Upstream: Side{Scheme: "https", Host: "staging.example.com", Port: 443, Path: "/b"},
	}
	f.Fuzz(func(t *testing.T, line string) {
		before, err := cookie.Parse(line)
		if err != nil {
			return
		}
		translated, why := m.SetCookie(line)
		after, err := cookie.Parse(translated)
		if err != nil {
			t.Fatalf("%q has become %q: %v", line, translated, err)
		}
		if (translated != line) != (len(why) > 0) {
			t.Errorf("%q has become %q because %q", line, translated, why)
		}
		if after.Secure || after.SameSite == http.SameSiteNoneMode || after.Partitioned || after.Domain != "" && after.Domain != before.Domain ||
			after.HttpOnly != before.HttpOnly || after.MaxAge != before.MaxAge || after.Value != before.Value {
			t.Errorf("%q has become %q", line, translated)
		}
		h := http.Header{"Cookie": {after.Name + "=" + after.Value}}
		if m.Cookies(h); h.Get("Cookie") != before.Name+"="+before.Value && !strings.HasPrefix(before.Name, disguise+"__") && before.Name != "" {
			t.Errorf("%q has become %q, and comes back as %q", line, translated, h.Get("Cookie"))
		}
	})
}
