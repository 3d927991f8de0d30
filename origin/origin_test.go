package origin_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/origin"
)

func TestParse(t *testing.T) {
	label63, label64 := strings.Repeat("a", 63), strings.Repeat("a", 64)
	host253 := strings.Repeat("a.", 126) + "a"
	longest := strings.Repeat("a", 64) + "://" + host253 + ".:65535"
	for _, c := range []struct {
		in         string
		host       string
		port       uint16
		code       origin.Code
		suggestion string
	}{
		{in: "https://example.com", host: "example.com", port: 443},
		{in: "http://example.com", host: "example.com", port: 80},
		{in: "http://example.com:443", host: "example.com", port: 443},
		{in: "https://example.com:80", host: "example.com", port: 80},
		{in: "https://example.com:65535", host: "example.com", port: 65535},
		{in: "https://example.com.", host: "example.com.", port: 443},
		{in: "https://a_b.example.com", host: "a_b.example.com", port: 443},
		{in: "https://-a-.example.com", host: "-a-.example.com", port: 443},
		{in: "https://xn--rsum-bpad.com", host: "xn--rsum-bpad.com", port: 443},
		{in: "https://" + label63 + ".com", host: label63 + ".com", port: 443},
		{in: "https://" + host253, host: host253, port: 443},
		{in: "https://" + host253 + ".", host: host253 + ".", port: 443},
		{in: longest, host: host253 + ".", port: 65535},
		{in: "http://localhost:3000", host: "localhost", port: 3000},
		{in: "http://127.0.0.1:8080", host: "127.0.0.1", port: 8080},
		{in: "http://255.255.255.255", host: "255.255.255.255", port: 80},
		{in: "http://[::1]:9090", host: "[::1]", port: 9090},
		{in: "http://[2001:db8::1]", host: "[2001:db8::1]", port: 80},
		{in: "http://[::ffff:7f00:1]", host: "[::ffff:7f00:1]", port: 80},
		{in: "http://[::ffff:0:0]", host: "[::ffff:0:0]", port: 80},
		{in: "http://1.2.3.4.example", host: "1.2.3.4.example", port: 80},
		{in: "capacitor://localhost", host: "localhost"},
		{in: "chrome-extension://abcdefghijklmnop", host: "abcdefghijklmnop"},
		{in: "safari-web-extension://0A1B-2C", host: "0A1B-2C"},
		{in: "app+x.y-z://h:80", host: "h", port: 80},
		{in: "app://.", host: "."}, // Electron's templates
		{in: "app://-", host: "-"},
		{in: "tauri://..", host: ".."},
		{in: "app://bundle.", host: "bundle."},
		{in: "ms-appx-web://Fabrikam.App!1;a=b&c", host: "Fabrikam.App!1;a=b&c"},
		{in: "vscode-webview://" + label63 + "0a", host: label63 + "0a"},
		{in: "app://(a)'b'%20~$:81", host: "(a)'b'%20~$", port: 81},
		{in: "a://xn--0000-01h", host: "xn--0000-01h"}, // an opaque host is not a domain

		{in: "app://", code: origin.CodeHost},
		{in: "app://a b", code: origin.CodeSpace},
		{in: "app://a*", code: origin.CodeWildcard},
		{in: "app://a^b", code: origin.CodeHost},
		{in: "app://a|b", code: origin.CodeHost},
		{in: "app://.,app://-", code: origin.CodeList},
		{in: "app://./", code: origin.CodeTrailingSlash, suggestion: "app://."},
		{in: "app://./index.html", code: origin.CodePath, suggestion: "app://."},
		{in: "app://é", code: origin.CodeUnicode, suggestion: "app://%C3%A9"},
		{in: "app://.:0", code: origin.CodePortZero, suggestion: ""},
		{in: "https://.", code: origin.CodeHost},
		{in: "https://a!b", code: origin.CodeHost},
		{in: "", code: origin.CodeEmpty},
		{in: "NULL", code: origin.CodeNull, suggestion: "null"},
		{in: "*", code: origin.CodeWildcard},
		{in: "example.com", code: origin.CodeMissingScheme, suggestion: "https://example.com"},
		{in: "localhost:3000", code: origin.CodeMissingScheme, suggestion: "http://localhost:3000"},
		{in: "127.0.0.1:3000", code: origin.CodeMissingScheme, suggestion: "http://127.0.0.1:3000"},
		{in: "//example.com", code: origin.CodeMissingScheme, suggestion: "https://example.com"},
		{in: "https:example.com", code: origin.CodeMissingScheme},
		{in: "https://", code: origin.CodeHost},
		{in: "://example.com", code: origin.CodeScheme},
		{in: "1https://example.com", code: origin.CodeScheme},
		{in: "ht_tp://example.com", code: origin.CodeScheme},
		{in: "HTTPS://example.com", code: origin.CodeUpperCase, suggestion: "https://example.com"},
		{in: "https://Example.com", code: origin.CodeUpperCase, suggestion: "https://example.com"},
		{in: "https://example.com/", code: origin.CodeTrailingSlash, suggestion: "https://example.com"},
		{in: "https://example.com/app", code: origin.CodePath, suggestion: "https://example.com"},
		{in: "https://example.com//", code: origin.CodePath, suggestion: "https://example.com"},
		{in: "https://example.com?x=1", code: origin.CodeQuery, suggestion: "https://example.com"},
		{in: "https://example.com#x", code: origin.CodeFragment, suggestion: "https://example.com"},
		{in: "https://user@example.com", code: origin.CodeUserinfo, suggestion: "https://example.com"},
		{in: "https://user:pw@example.com:1", code: origin.CodeUserinfo, suggestion: "https://example.com:1"},
		{in: " https://example.com", code: origin.CodeSpace, suggestion: "https://example.com"},
		{in: "https://example.com\t", code: origin.CodeSpace, suggestion: "https://example.com"},
		{in: "https://a.com,https://b.com", code: origin.CodeList},
		{in: "https://a.com, https://b.com", code: origin.CodeList},
		{in: "https://example.com:443", code: origin.CodeDefaultPort, suggestion: "https://example.com"},
		{in: "http://example.com:80", code: origin.CodeDefaultPort, suggestion: "http://example.com"},
		{in: "https://example.com:0", code: origin.CodePortZero},
		{in: "https://example.com:", code: origin.CodePort, suggestion: "https://example.com"},
		{in: "https://example.com:08080", code: origin.CodePort, suggestion: "https://example.com:8080"},
		{in: "https://example.com:65536", code: origin.CodePort},
		{in: "https://example.com:999999", code: origin.CodePort},
		{in: "https://example.com:80a", code: origin.CodePort},
		{in: "https://example.com:3000.evil.net", code: origin.CodePort},
		{in: "https://résumé.com", code: origin.CodeUnicode, suggestion: "https://xn--rsum-bpad.com"},
		{in: "https://xn--a.com", code: origin.CodeHost},
		{in: "http://xn--0000-01h", code: origin.CodeHost}, // digits first in a label of right-to-left script
		{in: "http://127.1:3999", code: origin.CodeIPv4, suggestion: "http://127.0.0.1:3999"},
		{in: "http://0x7f.1", code: origin.CodeIPv4, suggestion: "http://127.0.0.1"},
		{in: "http://127.0.0.01", code: origin.CodeIPv4, suggestion: "http://127.0.0.1"},
		{in: "http://127.0.0.1.", code: origin.CodeIPv4, suggestion: "http://127.0.0.1"},
		{in: "http://256.0.0.1", code: origin.CodeIPv4},
		{in: "http://2130706433", code: origin.CodeIPv4, suggestion: "http://127.0.0.1"},
		{in: "http://[2001:db8:0:0:0:0:0:1]", code: origin.CodeIPv6, suggestion: "http://[2001:db8::1]"},
		{in: "http://[2001:DB8::1]", code: origin.CodeIPv6, suggestion: "http://[2001:db8::1]"},
		{in: "http://[::ffff:127.0.0.1]", code: origin.CodeIPv6, suggestion: "http://[::ffff:7f00:1]"},
		{in: "http://[fe80::1%25eth0]", code: origin.CodeIPv6},
		{in: "http://[::1", code: origin.CodeIPv6},
		{in: "https://.example.com", code: origin.CodeHost},
		{in: "https://a..example.com", code: origin.CodeHost},
		{in: "https://example.com..", code: origin.CodeHost},
		{in: "https://" + label64 + ".com", code: origin.CodeHost},
		{in: "https://" + host253 + "a", code: origin.CodeHost},
		{in: "https://*.example.com", code: origin.CodeWildcard},
		{in: "https://exa mple.com", code: origin.CodeSpace},
		{in: "file:///etc/passwd", code: origin.CodeFile},
		{in: "file://host", code: origin.CodeFile},
		{in: longest + "0", code: origin.CodeTooLong},
		{in: strings.Repeat("a", 65) + "://h", code: origin.CodeScheme},
	} {
		o, err := origin.Parse(c.in)
		if c.code == "" {
			if err != nil {
				t.Errorf("Parse(%q): %v", c.in, err)
			} else if o.String() != c.in || o.Host() != c.host || o.Port() != c.port || o.IsOpaque() {
				t.Errorf("Parse(%q) = %q, host %q, port %d", c.in, o, o.Host(), o.Port())
			}
			continue
		}
		var e *origin.Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q): got %v, want a *origin.Error", c.in, err)
			continue
		}
		if e.Code != c.code || e.Suggestion() != c.suggestion {
			t.Errorf("Parse(%q): code %q, suggestion %q; want %q, %q", c.in, e.Code, e.Suggestion(), c.code, c.suggestion)
		}
		if e.Reason() == "" || !strings.Contains(e.Error(), e.Reason()) {
			t.Errorf("Parse(%q): the message %q lacks its reason", c.in, e)
		}
	}
}

func TestParseNull(t *testing.T) {
	o, err := origin.Parse("null")
	if err != nil || !o.IsOpaque() || o != (origin.Origin{}) || o.String() != "null" {
		t.Errorf("Parse(null) = %v, %v", o, err)
	}
	if o.SameOrigin(o) || o.SameSite(o) || o.PotentiallyTrustworthy() {
		t.Error("an opaque origin is the same as another")
	}
	if o.Scheme() != "" || o.Host() != "" || o.Port() != 0 || o.Site() != "null" {
		t.Error("an opaque origin has parts")
	}
}

func TestParseURL(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"https://example.com", "https://example.com"},
		{"  HTTPS://user:pw@Example.COM:443/a/b?c#d ", "https://example.com"},
		{"http://EXAMPLE.com:0080/", "http://example.com"},
		{"https://résumé.com:8443/", "https://xn--rsum-bpad.com:8443"},
		{"http://0x7f.1/", "http://127.0.0.1"},
		{"http://[::FFFF:127.0.0.1]/", "http://[::ffff:7f00:1]"},
		{`https:\\example.com\x`, "https://example.com"},
		{"ws://example.com:80/", "ws://example.com"},
		{"blob:https://example.com/0a1b", "https://example.com"},
		{"blob:data:,x", "null"},
		{"data:text/html,x", "null"},
		{"about:blank", "null"},
		{"file:///home/x.html", "null"},
		{"mailto:a@example.com", "null"},
		{"chrome-extension://abcdef/page.html", "chrome-extension://abcdef"},
		{"capacitor://localhost/index.html", "capacitor://localhost"},
	} {
		o, err := origin.ParseURL(c.in)
		if err != nil || o.String() != c.want {
			t.Errorf("ParseURL(%q) = %q, %v; want %q", c.in, o, err, c.want)
		}
	}
	for _, in := range []string{"", "example.com", "https://", "https://a b/", "https://exa%mple.com", "https://h:99999/"} {
		if o, err := origin.ParseURL(in); err == nil {
			t.Errorf("ParseURL(%q) = %q, want an error", in, o)
		} else if !errors.As(err, new(*origin.Error)) {
			t.Errorf("ParseURL(%q): error of type %T", in, err)
		}
	}
}

func mustParse(t *testing.T, s string) origin.Origin {
	t.Helper()
	o, err := origin.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestSite(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		sameSite bool
		site     string // of a
	}{
		{"https://www.example.com", "https://api.example.com:8443", true, "https://example.com"},
		{"https://www.example.com", "http://www.example.com", false, "https://example.com"},
		{"https://a.example.co.uk", "https://b.example.co.uk", true, "https://example.co.uk"},
		{"https://a.co.uk", "https://b.co.uk", false, "https://a.co.uk"},
		{"https://a.github.io", "https://b.github.io", false, "https://a.github.io"},
		{"https://github.io", "https://github.io", true, "https://github.io"},
		{"http://localhost:1", "http://localhost:2", true, "http://localhost"},
		{"http://localhost", "http://127.0.0.1", false, "http://localhost"},
		{"http://127.0.0.1:1", "http://127.0.0.1:2", true, "http://127.0.0.1"},
		{"http://127.0.0.1", "http://1.0.0.1", false, "http://127.0.0.1"},
		{"http://[::1]", "http://[::1]:8080", true, "http://[::1]"},
		{"https://a.example.com.", "https://b.example.com", false, "https://example.com."},
		{"https://a.example.com.", "https://b.example.com.", true, "https://example.com."},
		{"https://com", "https://com", true, "https://com"},
		{"https://a.b.ck", "https://c.b.ck", false, "https://a.b.ck"}, // *.ck is a rule
		{"https://x.a.b.ck", "https://a.b.ck", true, "https://a.b.ck"},
		{"https://b.ck", "https://a.b.ck", false, "https://b.ck"},
		{"https://www.ck", "https://a.www.ck", true, "https://www.ck"}, // !www.ck is a rule
		{"https://ck", "https://www.ck", false, "https://ck"},
		{"https://a.amazonaws.com", "https://b.amazonaws.com", true, "https://amazonaws.com"},
		{"https://amazonaws.com", "https://s3.amazonaws.com", false, "https://amazonaws.com"},
		{"https://a.s3.amazonaws.com", "https://b.s3.amazonaws.com", false, "https://a.s3.amazonaws.com"},
		{"https://a.xn--55qx5d.cn", "https://b.xn--55qx5d.cn", false, "https://a.xn--55qx5d.cn"}, // 公司.cn
		{"http://a.localhost", "http://b.localhost", false, "http://a.localhost"},
	} {
		a, b := mustParse(t, c.a), mustParse(t, c.b)
		if a.SameSite(b) != c.sameSite || b.SameSite(a) != c.sameSite {
			t.Errorf("SameSite(%s, %s) = %t", a, b, a.SameSite(b))
		}
		if a.Site() != c.site {
			t.Errorf("the site of %s is %s, want %s", a, a.Site(), c.site)
		}
		if !a.SameOrigin(a) || a.SameOrigin(b) != (a == b) {
			t.Errorf("SameOrigin is wrong for %s, %s", a, b)
		}
	}
}

func TestAddressSpace(t *testing.T) {
	for _, c := range []struct {
		in      string
		space   origin.AddressSpace
		trusted bool
	}{
		{"http://localhost", origin.SpaceLoopback, true},
		{"http://app.localhost:3000", origin.SpaceLoopback, true},
		{"http://localhost.", origin.SpaceLoopback, true},
		{"http://127.0.0.1", origin.SpaceLoopback, true},
		{"http://127.255.0.1", origin.SpaceLoopback, true},
		{"http://[::1]", origin.SpaceLoopback, true},
		{"http://0.0.0.0", origin.SpaceLoopback, false},
		{"http://10.0.0.1", origin.SpaceLocal, false},
		{"http://172.16.0.1", origin.SpaceLocal, false},
		{"http://172.32.0.1", origin.SpacePublic, false},
		{"http://192.168.1.1", origin.SpaceLocal, false},
		{"http://169.254.0.1", origin.SpaceLocal, false},
		{"http://100.64.0.1", origin.SpaceLocal, false},
		{"http://100.128.0.1", origin.SpacePublic, false},
		{"http://198.18.0.1", origin.SpaceLocal, false},
		{"http://[fd00::1]", origin.SpaceLocal, false},
		{"http://[fe80::1]", origin.SpaceLocal, false},
		{"http://[2001:db8::1]", origin.SpacePublic, false},
		{"http://[::ffff:a00:1]", origin.SpaceLocal, false},
		{"https://8.8.8.8", origin.SpacePublic, true},
		{"https://example.com", origin.SpaceUnknown, true},
		{"http://example.com", origin.SpaceUnknown, false},
		{"http://notlocalhost", origin.SpaceUnknown, false},
		{"wss://example.com", origin.SpaceUnknown, true},
	} {
		o := mustParse(t, c.in)
		if o.AddressSpace() != c.space || o.PotentiallyTrustworthy() != c.trusted {
			t.Errorf("%s: space %v, trustworthy %t; want %v, %t", o, o.AddressSpace(), o.PotentiallyTrustworthy(), c.space, c.trusted)
		}
	}
	if s := origin.SpaceOf(netip.Addr{}); s != origin.SpaceUnknown {
		t.Errorf("the space of no address is %v", s)
	}
}

func TestText(t *testing.T) {
	var o origin.Origin
	if err := o.UnmarshalText([]byte("https://example.com")); err != nil {
		t.Fatal(err)
	}
	if text, err := o.MarshalText(); err != nil || string(text) != "https://example.com" {
		t.Errorf("MarshalText = %q, %v", text, err)
	}
	if err := o.UnmarshalText([]byte("https://example.com/")); err == nil || o.String() != "https://example.com" {
		t.Errorf("a failed UnmarshalText gave %v, %v", o, err)
	}
}

func TestParseAllocates(t *testing.T) {
	for _, in := range []string{"null", "https://example.com", "http://127.0.0.1:8080", "http://[::1]:3000", "capacitor://localhost"} {
		if n := testing.AllocsPerRun(100, func() { _, _ = origin.Parse(in) }); n != 0 {
			t.Errorf("Parse(%q): %v allocations, want 0", in, n)
		}
	}
}
