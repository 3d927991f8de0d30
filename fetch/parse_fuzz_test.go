package fetch

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// FuzzCORSCheck compares the check with the standard's seven lines.
func FuzzCORSCheck(f *testing.F) {
	f.Add("*", "", "true", "", false)
	f.Add(pageOrigin, "", "true", "", true)
	f.Add(pageOrigin, pageOrigin, "true", "", true)
	f.Add("null", "", "True", "", true)
	f.Add("http://a b", "", "", "true", true)
	f.Fuzz(func(t *testing.T, acao1, acao2, acac1, acac2 string, include bool) {
		var list Headers
		for _, h := range []Header{{"access-control-allow-origin", acao1}, {"ACCESS-CONTROL-ALLOW-ORIGIN", acao2}, {"Access-Control-Allow-Credentials", acac1}, {"Access-Control-Allow-Credentials", acac2}} {
			if h.Value != "" {
				list = append(list, h)
			}
		}
		join := func(a, b string) string {
			var parts []string
			for _, v := range []string{a, b} {
				if v != "" {
					parts = append(parts, strings.Trim(v, " \t"))
				}
			}
			return strings.Join(parts, ", ")
		}
		acao, acac := join(acao1, acao2), join(acac1, acac2)
		want := false
		switch {
		case acao1+acao2 == "":
		case !include && acao == "*":
			want = true
		case acao != pageOrigin:
		case !include:
			want = true
		default:
			want = acac == "true"
		}
		fail, ok := profiles[Standard].corsCheck(list, pageOrigin, include)
		if ok != want || ok != (fail.code == "") {
			t.Fatalf("corsCheck(%q, include %t) = %+v, %t, want %t", list, include, fail, ok, want)
		}
	})
}

// FuzzLocation checks that the next URL is absolute and ASCII, whatever a
// server writes into Location.
func FuzzLocation(f *testing.F) {
	for _, s := range []string{"/x", "//h", "http://h/\xe9", "data:,x", "#f", "?q=\xff", "\\\\h", "http:x", "http://u:p@h", "\t/x"} {
		f.Add(s)
	}
	base, err := weburl.Parse("https://app.example.com/a/b?q#frag", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, v string) {
		for p := range profiles {
			m := &machine{b: New(Config{Profile: Profile(p)}), r: &profiles[p], url: base, page: mustPage(t, PageConfig{Origin: pageOrigin})}
			value, ok := m.location(answer(302, "Location: "+v))
			if !ok {
				continue
			}
			u, err := m.parseLocation(value)
			if err != nil {
				continue
			}
			s := u.String()
			if again, err := weburl.Parse(s, nil); len(s) < weburl.MaxInput && (err != nil || again.String() != s) {
				t.Fatalf("Location %q: %q does not parse again: %v", v, s, err)
			}
			for i := range len(s) {
				if s[i] >= 0x80 {
					t.Fatalf("Location %q: %q is not ASCII", v, s)
				}
			}
		}
	})
}

func FuzzSetCookie(f *testing.F) {
	for _, s := range []string{"a=b", "a=b; Path=/; Domain=example.net; Secure; SameSite=None", "__Host-a=b; Secure; Path=/", "a=b; Max-Age=-1", "a=b; Domain=net", "=x", "a=b; Expires=Thu, 01 Jan 1970 00:00:00 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for p := range profiles {
			j := &cookieJar{rules: &profiles[p].cookies, cookies: map[cookieID]*cookie{}}
			c := testCookieContext(t, "https://api.example.net/v1/x")
			j.store(c, []string{line})
			got := j.header(c)
			if strings.ContainsAny(got, "\r\n\x00;") {
				t.Fatalf("Set-Cookie %q gives Cookie %q", line, got)
			}
			if other := j.header(testCookieContext(t, "https://example.org/v1/x")); other != "" {
				t.Fatalf("Set-Cookie %q reaches another site: %q", line, other)
			}
		}
	})
}

func testCookieContext(t testing.TB, raw string) *cookieContext {
	t.Helper()
	u, err := weburl.Parse(raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := origin.ParseURL(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &cookieContext{url: u, origin: o, now: time.Unix(1e9, 0), thirdParty: true, partition: "https://example.com"}
}

func TestCookieJar(t *testing.T) {
	tests := []struct {
		name, setAt, line, sentTo string
		cross                     bool // both requests are cross-site
		want                      string
	}{
		{"host only", "https://a.example.net/", "x=1", "https://b.example.net/", false, ""},
		{"domain", "https://a.example.net/", "x=1; Domain=example.net", "https://b.example.net/", false, "x=1"},
		{"public suffix", "https://a.example.net/", "x=1; Domain=net", "https://a.example.net/", false, ""},
		{"the host as domain", "https://example.net/", "x=1; Domain=example.net", "https://a.example.net/", false, "x=1"},
		{"__Host- with the host as domain", "https://example.net/", "__Host-x=1; Secure; Path=/; Domain=example.net", "https://example.net/", false, ""},
		{"a wildcard's suffix", "https://a.b.ck/", "x=1; Domain=b.ck", "https://a.b.ck/", false, ""},
		{"above a wildcard's suffix", "https://a.b.ck/", "x=1; Domain=ck", "https://a.b.ck/", false, ""},
		{"an exception", "https://a.www.ck/", "x=1; Domain=www.ck", "https://b.www.ck/", false, "x=1"},
		{"above an exception", "https://www.ck/", "x=1; Domain=ck", "https://www.ck/", false, ""},
		{"above a suffix", "https://a.s3.amazonaws.com/", "x=1; Domain=amazonaws.com", "https://a.s3.amazonaws.com/", false, ""},
		{"the host as domain, a suffix", "https://s3.amazonaws.com/", "x=1; Domain=s3.amazonaws.com", "https://s3.amazonaws.com/", false, "x=1"},
		{"below the host as domain, a suffix", "https://s3.amazonaws.com/", "x=1; Domain=s3.amazonaws.com", "https://a.s3.amazonaws.com/", false, ""},
		{"an address as domain", "http://127.0.0.1/", "x=1; Domain=127.0.0.1", "http://127.0.0.1:8080/", false, "x=1"},
		{"localhost as domain", "http://localhost/", "x=1; Domain=localhost", "http://a.localhost/", false, ""},
		{"above a name in localhost", "http://a.localhost/", "x=1; Domain=localhost", "http://a.localhost/", false, ""},
		{"foreign domain", "https://a.example.net/", "x=1; Domain=b.example.net", "https://b.example.net/", false, ""},
		{"path", "https://a.example.net/v1/x", "x=1", "https://a.example.net/v1/y", false, "x=1"},
		{"other path", "https://a.example.net/v1/x", "x=1", "https://a.example.net/v10", false, ""},
		{"secure", "https://a.example.net/", "x=1; Secure", "http://a.example.net/", false, ""},
		{"secure from http", "http://a.example.net/", "x=1; Secure", "https://a.example.net/", false, ""},
		{"secure on localhost", "http://localhost:3000/", "x=1; Secure", "http://localhost:4000/", false, "x=1"},
		{"__Host- with domain", "https://a.example.net/", "__Host-x=1; Secure; Path=/; Domain=example.net", "https://a.example.net/", false, ""},
		{"__host- with domain", "https://a.example.net/", "__host-x=1; Secure; Path=/; Domain=example.net", "https://a.example.net/", false, ""},
		{"__SECURE- without Secure", "https://a.example.net/", "__SECURE-x=1", "https://a.example.net/", false, ""},
		{"nameless __Host-", "https://a.example.net/", "=__Host-x=1", "https://a.example.net/", false, ""},
		{"nameless __secure-", "https://a.example.net/", "__secure-x", "https://a.example.net/", false, ""},
		{"nameless, even if it is secure", "https://a.example.net/", "=__Host-x=1; Secure; Path=/", "https://a.example.net/", false, ""},
		{"__Host-", "https://a.example.net/", "__Host-x=1; Secure; Path=/", "https://a.example.net/", false, "__Host-x=1"},
		{"__Secure-", "https://a.example.net/", "__secure-x=1; Secure", "https://a.example.net/", false, "__secure-x=1"},
		{"nameless", "https://a.example.net/", "x__Host-", "https://a.example.net/", false, "x__Host-"},
		{"None without Secure", "https://a.example.net/", "x=1; SameSite=None", "https://a.example.net/", false, ""},
		{"cross-site lax by default", "https://a.example.net/", "x=1", "https://a.example.net/", true, ""},
		{"cross-site none", "https://a.example.net/", "x=1; Secure; SameSite=None", "https://a.example.net/", true, "x=1"},
		{"gone", "https://a.example.net/", "x=1; Max-Age=0", "https://a.example.net/", false, ""},
		{"too large", "https://a.example.net/", "x=" + strings.Repeat("a", maxCookieBytes), "https://a.example.net/", false, ""},
	}
	for _, tt := range tests {
		j := &cookieJar{rules: &profiles[Chromium].cookies, cookies: map[cookieID]*cookie{}}
		set, send := testCookieContext(t, tt.setAt), testCookieContext(t, tt.sentTo)
		set.crossSite, send.crossSite = tt.cross, tt.cross
		j.store(set, []string{tt.line})
		if got := j.header(send); got != tt.want {
			t.Errorf("%s: Cookie %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCookieJarIsBounded(t *testing.T) {
	j := &cookieJar{rules: &profiles[Chromium].cookies, cookies: map[cookieID]*cookie{}}
	c := testCookieContext(t, "https://a.example.net/")
	for i := range 2 * maxCookiesPerHost {
		c.now = c.now.Add(time.Second)
		j.set(c, &http.Cookie{Name: "c" + strings.Repeat("x", i%400), Value: "1"})
	}
	if len(j.cookies) > maxCookiesPerHost {
		t.Errorf("%d cookies of one host", len(j.cookies))
	}
}

func FuzzReferrerPolicy(f *testing.F) {
	for _, s := range []string{"", "no-referrer", "x, origin", "origin,", "No-Referrer", "unsafe-url, x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		got, set := referrerPolicyOf(Headers{{"Referrer-Policy", v}})
		want, wantSet := referrerPolicy(0), false
		for _, part := range strings.Split(v, ",") {
			if p, ok := parseReferrerPolicy(lower(strings.Trim(part, " \t"))); ok && strings.Trim(part, " \t") != "" {
				want, wantSet = p, true
			}
		}
		if len(v) <= maxListBytes && (got != want || set != wantSet) {
			t.Fatalf("Referrer-Policy %q = %d, want %d", v, got, want)
		}
	})
}
