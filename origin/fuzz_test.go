package origin_test

import (
	"math/rand/v2"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"github.com/corsac-dev/corsac/origin"
)

// app matches origins of apps, whose hosts are opaque, and webScheme the
// schemes of others.
var (
	app       = regexp.MustCompile(`^[a-z][a-z0-9+.-]{0,63}://([^\x00-\x20\x7f-\x{10ffff}#/:<>?@\[\\\]^|*,]+)(?::([1-9][0-9]{0,4}))?$`)
	webScheme = regexp.MustCompile("^(https?|wss?|ftp|file):")
)

// naiveParse is a naive twin of origin.Parse, built on net/url and netip.
func naiveParse(s string) (host string, port int, ok bool) {
	if m := app.FindStringSubmatch(s); m != nil && !webScheme.MatchString(s) {
		port, _ = strconv.Atoi(m[2])
		return m[1], port, len(strings.TrimSuffix(m[1], ".")) <= 253 && port <= 65535
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" || len(u.Scheme) > 64 {
		return "", 0, false
	}
	special := map[string]int{"https": 443, "wss": 443, "http": 80, "ws": 80, "ftp": 21}
	standard, isSpecial := special[u.Scheme]
	if u.Scheme == "file" || !isSpecial && u.Host[0] != '[' {
		return "", 0, false
	}
	host, port = u.Hostname(), standard
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 || port == standard || strconv.Itoa(port) != p {
			return "", 0, false
		}
		p = ":" + p
		if s != u.Scheme+"://"+strings.TrimSuffix(u.Host, p)+p {
			return "", 0, false
		}
	} else if s != u.Scheme+"://"+u.Host || strings.HasSuffix(s, ":") {
		return "", 0, false
	}
	if strings.HasPrefix(u.Host, "[") {
		a, err := netip.ParseAddr(host)
		canonical := a.String()
		if b := a.As16(); err == nil && a.Is4In6() {
			canonical = "::ffff:" + strconv.FormatInt(int64(b[12])<<8|int64(b[13]), 16) + ":" + strconv.FormatInt(int64(b[14])<<8|int64(b[15]), 16)
		}
		return "[" + host + "]", port, err == nil && a.Is6() && a.Zone() == "" && canonical == host
	}
	return host, port, naiveDomain(host)
}

func naiveDomain(host string) bool {
	name := strings.TrimSuffix(host, ".")
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_", rune(c)) {
				return false
			}
		}
	}
	if len(name) > 253 {
		return false
	}
	if last := labels[len(labels)-1]; '0' <= last[0] && last[0] <= '9' {
		_, err := strconv.ParseUint(last, 0, 64)
		digits := strings.Trim(last, "0123456789") == ""
		hex := strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == ""
		if err == nil && !strings.Contains(last, "_") && !strings.HasPrefix(last, "0b") && !strings.HasPrefix(last, "0o") || digits || hex {
			a, err := netip.ParseAddr(host)
			return err == nil && a.Is4()
		}
	}
	if strings.Contains(name, "xn--") {
		ascii, err := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false), idna.StrictDomainName(false), idna.VerifyDNSLength(false)).ToASCII(name)
		return err == nil && ascii == name
	}
	return true
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"null", "https://example.com", "http://localhost:3000", "https://example.com:443", "http://[::1]:9090",
		"http://[::ffff:7f00:1]", "http://127.0.0.1", "http://127.1", "http://0x7f", "https://xn--rsum-bpad.com", "https://a_b.c.",
		"https://user@h", "https://h/", "https://h:", "capacitor://localhost", "x-Y://H", "https://EXAMPLE.com", "ftp://h:21", "https://a..b",
		"app://.", "app://a!b;%20\"'`~", "app://*", "app://a,b", "app://.:80", "file://.",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := origin.Parse(s)
		if s == "null" {
			return
		}
		host, port, ok := naiveParse(s)
		ok = ok && len(s) <= origin.MaxLen
		if ok != (err == nil) {
			t.Fatalf("Parse(%q) = %v, %v; the twin says %t", s, o, err, ok)
		}
		if err != nil {
			checkError(t, s, err.(*origin.Error))
			return
		}
		if o.String() != s || o.Host() != host || int(o.Port()) != port {
			t.Fatalf("Parse(%q): host %q, port %d; the twin says %q, %d", s, o.Host(), o.Port(), host, port)
		}
		checkOrigin(t, o)
	})
}

// checkError checks that the suggestion of an error is accepted.
func checkError(t *testing.T, s string, e *origin.Error) {
	if e.Error() == "" || e.Reason() == "" {
		t.Fatalf("%q: no message for code %q", s, e.Code)
	}
	if fix := e.Suggestion(); fix != "" {
		if _, err := origin.Parse(fix); err != nil {
			t.Fatalf("%q: the suggestion %q is wrong: %v", s, fix, err)
		}
	}
}

// checkOrigin checks what is true of every tuple origin.
func checkOrigin(t *testing.T, o origin.Origin) {
	again, err := origin.ParseURL(o.String() + "/path?query#fragment")
	if err != nil || again != o {
		t.Fatalf("ParseURL of a page at %v gives %v, %v", o, again, err)
	}
	if !o.SameOrigin(again) || !o.SameSite(o) {
		t.Fatalf("%v is not the same as itself", o)
	}
	p, err := origin.ParsePattern(o.String())
	if err != nil || !p.Match(o.String()) || p.Origin() != o {
		t.Fatalf("the pattern %v: %v", o, err)
	}
	if domain, ok := o.RegistrableDomain(); ok && !strings.HasSuffix(o.Host(), domain) {
		t.Fatalf("%v: registrable domain %q", o, domain)
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"https://a/b", "HTTP://u:p@É.com:80", "blob:https://a/b", "data:,", "file:///x", "http://0x7f.1", "x://[::1]:9/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := origin.ParseURL(s)
		if err != nil || o.IsOpaque() {
			return
		}
		// Parse accepts what ParseURL returns.
		if again, err := origin.Parse(o.String()); err != nil || again != o {
			t.Fatalf("ParseURL(%q) = %q, which Parse makes %v, %v", s, o, again, err)
		}
	})
}

func FuzzParsePattern(f *testing.F) {
	for _, s := range []string{"https://*.example.com:*", "http://localhost:*", "https://*.com", "https://*", "*", "h*", "moz-extension://*", "chrome-extension://*:*", "https://*.é.com/", "*.a"} {
		f.Add(s, "https://a.example.com:1")
	}
	f.Fuzz(func(t *testing.T, s, member string) {
		p, err := origin.ParsePattern(s)
		if err != nil {
			e := err.(*origin.Error)
			if fix := e.Suggestion(); fix != "" {
				if _, err := origin.ParsePattern(fix); err != nil {
					t.Fatalf("%q: the suggestion %q is wrong: %v", s, fix, err)
				}
			}
			return
		}
		set := origin.NewSet([]origin.Pattern{p})
		if set.Contains(member) != p.Match(member) {
			t.Fatalf("%v and %q: the set says %t", p, member, set.Contains(member))
		}
		if !p.Covers(p) {
			t.Fatalf("%v does not cover itself", p)
		}
	})
}

// FuzzSet compares a set with a scan of its patterns.
func FuzzSet(f *testing.F) {
	f.Add(uint64(1), 5, "https://foo.example.com")
	f.Add(uint64(2), 50, "http://a.b:8080")
	f.Fuzz(func(t *testing.T, seed uint64, n int, s string) {
		rng := rand.New(rand.NewPCG(seed, 0))
		patterns := randomPatterns(rng, 1+max(0, n)%100)
		set := origin.NewSet(patterns)
		for _, s := range []string{s, randomOrigin(rng), randomOrigin(rng), patterns[0].String()} {
			if got, want := set.Contains(s), anyMatch(patterns, s); got != want {
				t.Fatalf("Contains(%v, %q) = %t, want %t", patterns, s, got, want)
			}
		}
	})
}
