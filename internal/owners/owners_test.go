package owners_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/internal/owners"
)

func compile(t testing.TB, expr string) *regexp.Regexp {
	t.Helper()
	re, err := regexp.Compile(`\A(?:` + expr + `)\z`)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

func TestTwo(t *testing.T) {
	const (
		one     = "one owner or none"
		two     = "two owners"
		tooMany = "it has too many matches to try"
		inexact = `what it matches depends on \b or another assertion, or is too long`
	)
	for _, c := range []struct{ expr, want string }{
		{`https://(a|b)\.example\.com(:\d+)?`, one},
		{`https://([a-z0-9-]+\.)*example\.com`, one},
		{`^https?://(.+\.)?example\.co\.uk(:[0-9]{1,5})?$`, one},
		{`(?i)https://[a-z]+\.example\.com`, one},
		{`https://.*\.example\.com`, one},
		{`https://.*\.com`, two},
		{`https://.*example\.com`, two},
		{`https://example.com`, one}, // or a single label
		{`https://app.example.com`, two},
		{`https://(example\.com|example\.org)`, two},
		{`https://(a\.example\.com|b\.example\.com)`, one},
		{`[a-z]+\.github\.io`, one}, // no origin at all
		{`https://[a-z]+\.github\.io`, two},
		{`https://alice\.github\.io`, one},
		{`https://(alice|bob)\.github\.io`, two},
		{`https://(alice\.)?github\.io`, one},
		{`https://github\.io|https://gitlab\.io`, one}, // suffixes themselves
		{`https://.*\.amazonaws\.com`, two},
		{`https://[a-z]+\.amazonaws\.com`, one},
		{`https://[a-z0-9]+\.amazonaws\.com`, one},
		{`https://[a-z0-9]+\.s3\.amazonaws\.com`, two},
		{`https://[a-z]+\.(compute|elb)\.amazonaws\.com`, one}, // suffixes themselves
		{`https://www\.ck(:\d+)?`, one},
		{`https://.*\.www\.ck`, one},
		{`https://.*\.ck`, two},
		{`https://[a-z]+\.ck`, one}, // www.ck, and suffixes themselves,
		{`https://(w|x)ww\.ck`, one},
		{`.*`, two},
		{`https?://[^/]+`, two},
		{`https://[^.]+`, two}, // IPv6
		{`https://[^.:]+`, one},
		{`https://[^.:]+(:\d+)?`, one},
		{`http://localhost(:[0-9]+)?`, one},
		{`https?://(.*\.)?localhost(:[0-9]+)?`, one},
		{`https://[a-z]+\.(corp|lan|internal)`, one},
		{`https://([a-z]+\.corp|example\.com)`, one},
		{`https://[a-z]+\.[a-z]+\.q[a-z]+`, tooMany}, // no TLD at hand,
		{`https://192\.168\.\d{1,3}\.\d{1,3}(:\d+)?`, one},
		{`https?://(10\.\d+|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d+\.\d+(:\d+)?`, one},
		{`https?://172\.(1[5-9]|2\d|3[01])\.\d+\.\d+`, two},
		{`https://\d+\.\d+\.\d+\.\d+`, two},
		{`https://8\.8\.8\.8`, one},
		{`https://8\.8\.[48]\.8`, two},
		{`https://\[::1\](:\d+)?`, one},
		{`https://\[2001:4860:4860::888[48]\]`, two},
		{`https://\[[0-9a-f:]+\]`, two},
		{`https://\[fd00:[0-9a-f:]+\]`, tooMany},
		{`https://example\.com\.?`, one},
		{`https://.*\.com\.`, two},
		{`https://.*\.github\.io:8443`, two},
		{`https://.*\.github\.io:8[0-9]{4}`, inexact}, // no port
		{`https://[A-Z]+\.com`, one},                  // never sent
		{`app://[A-Z]+\.com`, two},
		{`capacitor://localhost|ionic://.*`, two},
		{`chrome-extension://[a-p]{32}`, one}, // single labels
		{`file://.*\.com`, one},               // never sent
		{`https://.*\bexample\.com`, inexact},
		{`https://a\bexample\.com`, inexact},
		{`https://(xn--bcher-kva|b)\.example\.com`, one},
		{`https://xn--bcher-[k]va\.(de|at)`, two},
		{`https://[a-z]{64}\.com`, one}, // labels are too long
		{`https://[a-z]{63}\.com`, two},
		{`https://([a-z]{64})*\.com`, one},
		{`(a*)*(b*)*`, one},
		{`https://(((((a|b)*)*)*)*)\.com`, two},
		{``, one},
		{`^https?:\/\/(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])\.)*example\.com(:\d{1,5})?$`, one},
		{`https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.){1,4}amazonaws\.com`, two},
		{`https://(` + strings.Repeat(`tenant-one|another-tenant|third|`, 60) + `last)\.example\.com`, one},
		{`https://(` + strings.Repeat(`tenant-one|another-tenant|third|`, 60) + `last)\.github\.io`, two},
		{`https://example\.com/.*`, one},
		{`null`, one},
	} {
		start := time.Now()
		a, b, err := owners.Two(compile(t, c.expr))
		got := one
		switch {
		case err != nil:
			got = err.Error()
		case a != "":
			got = two
		}
		if got != c.want {
			t.Errorf("%s: %s %s %s, want %s", c.expr, got, a, b, c.want)
		}
		t.Logf("%-60s %-20s %s %s %v", c.expr, got, a, b, time.Since(start).Round(10*time.Microsecond))
	}
}

// TestHostile checks that no expression takes long.
func TestHostile(t *testing.T) {
	for _, expr := range []string{
		`https://` + strings.Repeat(`(a|b|.)`, 900) + `\.com`,
		`https://(` + strings.Repeat(`a?`, 900) + `)*\.amazonaws\.com`,
		`https://` + strings.Repeat(`(`, 200) + `.` + strings.Repeat(`*)`, 200) + `\.example\.com`,
		`https://([a-z]{1,9}\.){1,100}internal`,
		`https://x[a-z]{1,62}y\.ck`,
		`(.{1,30}){1,30}`,
		`https://(.{1,30}){1,30}\.amazonaws\.com`,
		`https://.*` + strings.Repeat(`[ab]`, 60) + `\.ck`,
		`https://(.*a.{30}|.*)\.ck`,
		`https://[0-9.]*[0-9]{1,3}\.[0-9]{1,3}`,
		`https://10(\.[0-9]{1,3}){3}|https://(.*1.{12}|10)\.\d+\.\d+\.\d+`,
		`https://` + strings.Repeat(`(a|`, 400) + `b` + strings.Repeat(`)`, 400) + `\.ck`,
	} {
		re := compile(t, expr)
		start := time.Now()
		a, b, err := owners.Two(re)
		d := time.Since(start)
		t.Logf("%.60s: %v %.30s %.30s %v", expr, d, a, b, err)
		if d > 2*time.Second {
			t.Errorf("%.60s takes %v", expr, d)
		}
	}
}

func BenchmarkTwo(b *testing.B) {
	for _, expr := range []string{`https://([a-z0-9-]+\.)*example\.com(:\d+)?`, `https://.*\.amazonaws\.com`, `https://(.{1,30}){1,30}\.amazonaws\.com`} {
		re := compile(b, expr)
		b.Run(expr, func(b *testing.B) {
			for b.Loop() {
				_, _, _ = owners.Two(re)
			}
		})
	}
}
