package weburl

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct{ in, base, want string }{
		{"http://example.com", "", "http://example.com/"},
		{"HTTP://EXAMPLE.com:80/a b?q r#f g", "", "http://example.com/a%20b?q%20r#f%20g"},
		{"  http://x/\n\tb  ", "", "http://x/b"},
		{"https://x:443/", "", "https://x/"},
		{"https://x:080", "", "https://x:80/"},
		{"http://x:/", "", "http://x/"},
		{"http:x", "http://h/a/b", "http://h/a/x"},
		{"http:\\\\x\\y", "http://h/a/b", "http://x/y"},
		{"https:x", "http://h/", "https://x/"},
		{"http:///////x/y", "", "http://x/y"},
		{"http://user:pa@ss:w@h/", "", "http://user:pa%40ss%3Aw@h/"},
		{"http://@h/", "", "http://h/"},
		{"http://:@h/", "", "http://h/"},
		{"http://:p@h/", "", "http://:p@h/"},
		{"http://h/a/./b/../c", "", "http://h/a/c"},
		{"http://h/a/%2e%2E/c/.", "", "http://h/c/"},
		{"http://h/..", "", "http://h/"},
		{"../x?y", "http://h/a/b/c?q#f", "http://h/a/x?y"},
		{"?y", "http://h/a/b?q#f", "http://h/a/b?y"},
		{"#y", "http://h/a/b?q#f", "http://h/a/b?q#y"},
		{"", "http://h/a/b?q#f", "http://h/a/b?q"},
		{"//x:8/y", "https://h/a", "https://x:8/y"},
		{"/y", "https://u:p@h:5/a", "https://u:p@h:5/y"},
		{"\\y", "https://h/a", "https://h/y"},
		{"#f", "mailto:x", "mailto:x#f"},
		{"mailto:a b", "", "mailto:a b"},
		{"data:text/plain,x ?q ", "", "data:text/plain,x%20?q"},
		{"a:/.//b", "", "a:/.//b"},
		{"a:/x/../..//b", "", "a:/.//b"},
		{"foo://", "", "foo://"},
		{"foo://h:80/x", "", "foo://h:80/x"},
		{"foo://H%41/x", "", "foo://H%41/x"},
		{"foo:///x", "", "foo:///x"},
		{"file:///C|/x", "", "file:///C:/x"},
		{"file:C:/x/..", "", "file:///C:/"},
		{"file://localhost/x", "", "file:///x"},
		{"file://C:/x", "", "file:///C:/x"},
		{"file://h/x", "", "file://h/x"},
		{"/y", "file:///C:/a", "file:///C:/y"},
		{"y", "file:///C:/a", "file:///C:/y"},
		{"/D:/y", "file:///C:/a", "file:///D:/y"},
		{"?q", "file:///a/b", "file:///a/b?q"},
		{"http://ÉXAMPLE.com/ü?ü#ü", "", "http://xn--xample-9ua.com/%C3%BC?%C3%BC#%C3%BC"},
		{"http://faß.de", "", "http://xn--fa-hia.de/"},
		{"http://ex%41mple.com", "", "http://example.com/"},
		{"http://a_b.c--d", "", "http://a_b.c--d/"},
		{"http://example.com.", "", "http://example.com./"},
		{"http://0x7f.1/", "", "http://127.0.0.1/"},
		{"http://0300.0250.1", "", "http://192.168.0.1/"},
		{"http://4294967295", "", "http://255.255.255.255/"},
		{"http://127.0.0.1./", "", "http://127.0.0.1/"},
		{"http://127。0.0.1/", "", "http://127.0.0.1/"},
		{"http://[::1]:80/", "", "http://[::1]/"},
		{"http://[1:0:0:2:0:0:0:3]", "", "http://[1:0:0:2::3]/"},
		{"http://[::ffff:1.2.3.4]", "", "http://[::ffff:102:304]/"},
		{"http://[1::]", "", "http://[1::]/"},
		{"http://[0:1:2:3:4:5:6:7]", "", "http://[0:1:2:3:4:5:6:7]/"},
		{"http://h/'?'#'", "", "http://h/'?%27#'"},
		{"foo:x?'", "", "foo:x?'"},
		{"http://h/\xff", "", "http://h/%EF%BF%BD"},
	}
	for _, tt := range tests {
		var base *URL
		if tt.base != "" {
			var err error
			if base, err = Parse(tt.base, nil); err != nil {
				t.Fatalf("base %q: %v", tt.base, err)
			}
		}
		u, err := Parse(tt.in, base)
		if err != nil {
			t.Errorf("Parse(%q, %q): %v", tt.in, tt.base, err)
			continue
		}
		if got := u.String(); got != tt.want {
			t.Errorf("Parse(%q, %q) = %q, want %q", tt.in, tt.base, got, tt.want)
		}
	}
}

func TestParseFailure(t *testing.T) {
	tests := []struct {
		in, base string
		want     error
	}{
		{"x", "", ErrNoScheme},
		{"", "", ErrNoScheme},
		{"1a:x", "", ErrNoScheme},
		{"x", "mailto:y", ErrNoScheme},
		{"?x", "mailto:y", ErrNoScheme},
		{"http://", "", ErrHost},
		{"http://:80", "", ErrHost},
		{"http://u@", "", ErrHost},
		{"http://a b", "", ErrHost},
		{"http://a%zz", "", ErrHost},
		{"http://a%00", "", ErrHost},
		{"http://a^b", "", ErrHost},
		{"http://\u00ad", "", ErrHost},
		{"http://xn--0", "", ErrHost},
		{"http://1.2.3.4.5", "", ErrHost},
		{"http://256.1.1.1", "", ErrHost},
		{"http://1.2.3.256", "", ErrHost},
		{"http://4294967296", "", ErrHost},
		{"http://a.0x", "", ErrHost},
		{"http://a.09", "", ErrHost},
		{"http://[::1", "", ErrHost},
		{"http://[1:2]", "", ErrHost},
		{"http://[1::2::3]", "", ErrHost},
		{"http://[::1.2.3]", "", ErrHost},
		{"http://[::01.2.3.4]", "", ErrHost},
		{"http://[1:2:3:4:5:6:7:8:9]", "", ErrHost},
		{"http://[:1]", "", ErrHost},
		{"foo://a b/", "", ErrHost},
		{"http://h:65536", "", ErrPort},
		{"http://h:8a", "", ErrPort},
		{"http://h/" + strings.Repeat("a", MaxInput), "", ErrTooLong},
	}
	for _, tt := range tests {
		var base *URL
		if tt.base != "" {
			base, _ = Parse(tt.base, nil)
		}
		u, err := Parse(tt.in, base)
		if !errors.Is(err, tt.want) {
			t.Errorf("Parse(%.40q, %q) = %v, %v, want %v", tt.in, tt.base, u, err, tt.want)
		}
	}
}

func TestParseLocation(t *testing.T) {
	base, err := Parse("http://h/a/b", nil)
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"c":                       "http://h/a/c",
		"\xe9":                    "http://h/a/%E9",
		"/\xc3\xa9?\xff":          "http://h/%C3%A9?%FF",
		"http://\xc3\xa9.example": "http://xn--9ca.example/",
	} {
		if u, err := ParseLocation(value, base); err != nil || u.String() != want {
			t.Errorf("%q: %v, %v, want %q", value, u, err, want)
		}
	}
	if _, err := ParseLocation(strings.Repeat("\xff", MaxInput+1), base); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
}

func TestOrigin(t *testing.T) {
	tests := []struct{ in, want string }{
		{"https://EXAMPLE.com:443/x", "https://example.com"},
		{"http://u:p@h:8080/x", "http://h:8080"},
		{"ws://[::1]:80/", "ws://[::1]"},
		{"file:///x", "null"},
		{"data:,x", "null"},
		{"foo://h/", "null"},
		{"blob:https://a.example/uuid", "https://a.example"},
		{"blob:null/uuid", "null"},
		{"blob:ftp://h/uuid", "null"},
	}
	for _, tt := range tests {
		u, err := Parse(tt.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Origin(); got != tt.want {
			t.Errorf("origin of %q = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// plain URLs are those on which RFC 3986 and the URL Standard agree, so net/url
// is the twin.
var plain = regexp.MustCompile(`^https?://[a-z][a-z0-9]{0,9}(\.[a-z]{2,9}){0,3}(:[1-9][0-9]{0,3})?/([a-z0-9_~]+/)*[a-z0-9_~]*(\?[a-z0-9=&]*)?(#[a-z0-9]*)?$`)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"http://example.com/a?b#c", "https://a.bc:81/x/", "http://0x7f.1/", "http://[::ffff:1.2.3.4]:9", "file:///C|/x",
		"mailto:a b ?c", "a:/.//b", "foo://h%41", "http://faß.de/ü", "//x", "../y?z", "http:\\\\x", "data:,x #f", "blob:http://h/x",
	} {
		f.Add(s, "http://h/a/b?q")
		f.Add(s, "foo:/x")
		f.Add(s, "file:///C:/x")
	}
	f.Fuzz(func(t *testing.T, in, baseIn string) {
		base, err := Parse(baseIn, nil)
		if err != nil {
			base = nil
		}
		u, err := Parse(in, base)
		if err != nil {
			if plain.MatchString(in) {
				t.Fatalf("Parse(%q) refuses a plain URL: %v", in, err)
			}
			return
		}
		s := u.String()
		again, err := Parse(s, nil)
		if err != nil && len(s) <= MaxInput {
			t.Fatalf("Parse(%q) = %q, which does not parse: %v", in, s, err)
		}
		if err == nil && (again.String() != s || again.Origin() != u.Origin()) {
			t.Fatalf("Parse(%q) = %q, then %q", in, s, again.String())
		}
		if !plain.MatchString(in) {
			return
		}
		twin, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		port := twin.Port()
		if port == "80" && twin.Scheme == "http" || port == "443" && twin.Scheme == "https" {
			twin.Host = twin.Hostname()
		}
		if u.Scheme != twin.Scheme || u.hostPort() != twin.Host || u.Path != twin.EscapedPath() || u.Query != twin.RawQuery || u.Fragment != twin.Fragment {
			t.Fatalf("Parse(%q) = %+v, net/url has %+v", in, u, twin)
		}
	})
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"[::1]", "[1:2:3:4:5:6:1.2.3.4]", "1.2.3.4", "0x1", "example.com.", "xn--fa-hia.de", "a..b", "%41"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, in string, special bool) {
		h, err := ParseHost(in, special)
		if inner, ok := strings.CutPrefix(in, "["); ok {
			inner, closed := strings.CutSuffix(inner, "]")
			twin, twinErr := netip.ParseAddr(inner)
			ok := closed && twinErr == nil && twin.Is6() && twin.Zone() == ""
			if ok != (err == nil) {
				t.Fatalf("ParseHost(%q) = %v, netip says %v", in, err, twinErr)
			}
			if ok && netip.MustParseAddr(strings.Trim(h, "[]")) != twin {
				t.Fatalf("ParseHost(%q) = %q, netip says %q", in, h, twin)
			}
		}
		if err != nil {
			return
		}
		if again, err := ParseHost(h, special); len(h) <= MaxInput && (err != nil || again != h) {
			t.Fatalf("ParseHost(%q) = %q, then %q, %v", in, h, again, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("https://api.example.com:8443/v1/items?page=2", nil); err != nil {
			b.Fatal(err)
		}
	}
}
