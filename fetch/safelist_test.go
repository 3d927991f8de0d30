package fetch

import (
	"mime"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestSafelistedHeader(t *testing.T) {
	tests := []struct {
		name, value      string
		std, chrome, moz bool
	}{
		{"accept", "text/html;q=0.9, */*", true, true, true},
		{"accept", strings.Repeat("a", 128), true, true, true},
		{"accept", strings.Repeat("a", 129), false, false, false},
		{"accept", "a(b)", false, false, false},
		{"accept", "a\tb", true, true, true},
		{"accept", "a\x1fb", false, false, false},
		{"accept", "a\x7f", false, false, false},
		{"accept", "caf\xe9", true, true, false},
		{"accept-language", "de-AT, *;q=0.5", true, true, true},
		{"accept-language", "en_US", false, false, false},
		{"content-language", "de\xe9", false, false, false},
		{"content-type", "text/plain", true, true, true},
		{"content-type", "Text/Plain ; charset=utf-8", true, true, true},
		{"content-type", "text/plain; charset=\"utf-8\"", false, false, false},
		{"content-type", "application/json", false, false, false},
		{"content-type", "text/plain, application/json", false, false, false},
		{"content-type", "text/plain;a=b,c", true, true, false},
		{"content-type", "text/plain;;a=b", true, true, false},
		{"content-type", "text/plain; ;a=b", true, true, true},
		{"content-type", "text /plain", false, false, false},
		{"content-type", "", false, false, false},
		{"range", "bytes=0-", true, true, true},
		{"range", "bytes=10-5", false, false, false},
		{"range", "bytes=-5", false, false, false},
		{"range", "bytes=0-1,2-3", false, false, false},
		{"range", "Bytes=0-1", false, false, false},
		{"range", "bytes = 0-1", false, false, false},
		{"range", "bytes=9223372036854775806-", true, true, true},
		{"range", "bytes=9223372036854775807-", true, false, true},
		{"range", "bytes=18446744073709551616-", true, false, false},
		{"range", "bytes=00000000000000000000000000001-2", true, true, true},
		{"dpr", "1.5", false, true, false},
		{"dpr", "1.", false, false, false},
		{"save-data", "ON", false, true, false},
		{"ect", "5g", false, false, false},
		{"x-a", "1", false, false, false},
		{"authorization", "x", false, false, false},
	}
	for _, tt := range tests {
		for p, want := range map[Profile]bool{Standard: tt.std, Chromium: tt.chrome, Firefox: tt.moz} {
			if got := profiles[p].isSafelistedHeader(tt.name, tt.value); got != want {
				t.Errorf("%s: %s: %q safelisted %t, want %t", p, tt.name, tt.value, got, want)
			}
		}
	}
}

// TestUnsafeBytes compares the byte rules with the standard's own list, byte by
// byte.
func TestUnsafeBytes(t *testing.T) {
	for c := range 256 {
		want := c < 0x20 && c != 9 || c == 0x7f
		switch c {
		case 0x22, 0x28, 0x29, 0x3a, 0x3c, 0x3e, 0x3f, 0x40, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d:
			want = true
		}
		if got := isUnsafeByte(byte(c)); got != want {
			t.Errorf("byte %#02x unsafe %t, want %t", c, got, want)
		}
	}
}

func TestForbidden(t *testing.T) {
	forbidden := []string{"Cookie", "ORIGIN", "Sec-Fetch-Mode", "proxy-x", "Via", "Host", "DNT", "Set-Cookie", "Access-Control-Request-Headers"}
	allowed := []string{"X-A", "Authorization", "Access-Control-Allow-Origin", "Secx", "Content-Type", "Range", "X-HTTP-Method", "Access-Control-Request-Private-Network"}
	for _, n := range forbidden {
		if !profiles[Standard].isForbiddenHeader(lower(n), "1") {
			t.Errorf("%q is not forbidden", n)
		}
	}
	for _, n := range allowed {
		if profiles[Standard].isForbiddenHeader(lower(n), "1") {
			t.Errorf("%q is forbidden", n)
		}
	}
	for _, v := range []string{"TRACE", "get, track", "connect ,x"} {
		if !profiles[Chromium].isForbiddenHeader("x-method-override", v) {
			t.Errorf("X-Method-Override: %q is not forbidden", v)
		}
	}
	if profiles[Chromium].isForbiddenHeader("x-method-override", "tracer, \"TRACE\"") {
		t.Error("X-Method-Override: tracer is forbidden")
	}
	if !profiles[Chromium].isForbiddenHeader("user-agent", "x") || profiles[Firefox].isForbiddenHeader("user-agent", "x") {
		t.Error("User-Agent must be forbidden in Chromium only")
	}
}

func TestNormalizeMethod(t *testing.T) {
	for in, want := range map[string]string{"get": "GET", "Delete": "DELETE", "patch": "patch", "PATCH": "PATCH", "options": "OPTIONS", "chicken": "chicken"} {
		if got := normalizeMethod(in); got != want {
			t.Errorf("normalizeMethod(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestUnsafeHeaderNames(t *testing.T) {
	list := []header{}
	for _, h := range []Header{{"X-B", "1"}, {"Accept", "a(b)"}, {"X-A", "1"}, {"X-B", "2"}, {"Content-Type", "text/plain"}} {
		list = append(list, header{h, lower(h.Name)})
	}
	if got, want := profiles[Chromium].unsafeHeaderNames(list), []string{"accept", "x-a", "x-b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := profiles[Firefox].unsafeHeaderNames(list), []string{"accept", "x-a", "x-b", "x-b"}; !slices.Equal(got, want) {
		t.Errorf("Firefox: got %q, want %q", got, want)
	}
	long := []header{}
	for range 9 { // nine values of 128 bytes are more than 1024
		long = append(long, header{Header{"Accept", strings.Repeat("a", 128)}, "accept"})
	}
	if got := profiles[Standard].unsafeHeaderNames(long); !slices.Equal(got, []string{"accept"}) {
		t.Errorf("safelisted headers above 1024 bytes: got %q", got)
	}
}

var simpleRange = regexp.MustCompile(`^bytes=([0-9]+)-([0-9]*)$`)

func FuzzRange(f *testing.F) {
	for _, s := range []string{"bytes=0-", "bytes=1-2", "bytes=10-9", "bytes=-1", "bytes=9223372036854775807-", "bytes= 0-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		m := simpleRange.FindStringSubmatch(v)
		want := m != nil
		if want && m[2] != "" {
			a, b := strings.TrimLeft(m[1], "0"), strings.TrimLeft(m[2], "0")
			want = len(a) < len(b) || len(a) == len(b) && a <= b
		}
		if got := profiles[Standard].isSimpleRange(v); got != want {
			t.Fatalf("isSimpleRange(%q) = %t, want %t", v, got, want)
		}
		for _, p := range []Profile{Chromium, Firefox} {
			if profiles[p].isSimpleRange(v) && !want {
				t.Fatalf("%s takes %q", p, v)
			}
		}
	})
}

func FuzzMIME(f *testing.F) {
	for _, s := range []string{"text/plain", "text/plain;charset=utf-8", " a/b ", "a", "a/", "/b", "a/b;", "multipart/form-data; boundary=x", "a b/c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		essence, ok := mimeEssence(v)
		if ok && (strings.ContainsAny(essence, " \t\r\n;") || essence != lower(essence) || strings.Count(essence, "/") != 1) {
			t.Fatalf("mimeEssence(%q) = %q", v, essence)
		}
		// If Go's parser accepts a type, both must return the same one. Its
		// tokens are those of RFC 2045, which have braces, and it trims all
		// white space, of which HTTP has only four bytes.
		if typ, _, _ := strings.Cut(v, ";"); strings.TrimSpace(typ) != strings.Trim(typ, " \t\r\n") {
			return
		}
		if typ, _, err := mime.ParseMediaType(v); err == nil && strings.Contains(typ, "/") && !strings.ContainsAny(typ, "{}") && (!ok || typ != essence) {
			t.Fatalf("mimeEssence(%q) = %q, %t, package mime says %q", v, essence, ok, typ)
		}
	})
}

func FuzzTokenList(f *testing.F) {
	for _, s := range []string{"", "a", "a, b", "a,,b", ",", " \ta\t ,b", "a b", "a;b", "*", "PUT, \xe9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		items, bad, ok := parseTokenList(v)
		var naive []string
		naiveOK := true
		for _, part := range strings.Split(v, ",") {
			part = strings.Trim(part, " \t")
			if part == "" {
				continue
			}
			naiveOK = naiveOK && regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$").MatchString(part) && !strings.HasSuffix(part, "\n")
			naive = append(naive, part)
		}
		if len(naive) > maxListItems || len(v) > maxListBytes {
			return
		}
		if ok != naiveOK || ok && !slices.Equal(items, naive) {
			t.Fatalf("parseTokenList(%q) = %q, %q, %t, want %q, %t", v, items, bad, ok, naive, naiveOK)
		}
	})
}

func TestMaxAge(t *testing.T) {
	type parse = func(string, int) (int64, bool)
	tests := []struct {
		value                         string
		chrome, moz, safari, standard int64 // -1: not cached
	}{
		{"", 5, 5, 5, 5},
		{"600", 600, 600, 600, 600},
		{"00002", 2, 2, 2, 2},
		{"+5", 5, -1, 5, 5},
		{"-1", 0, -1, 0, 5},
		{"-600", 0, -1, 0, 5},
		{"-0", 0, -1, 0, 5},
		{"-", 5, -1, 5, 5},
		{"--1", 5, -1, 5, 5},
		{"abc", 5, -1, 5, 5},
		{"5.5", 5, -1, 5, 5},
		{"1_000", 5, -1, 5, 5},
		{"2, 3", 5, -1, 5, 5},
		{"99999999999999999999", 5, 1<<63 - 1, 5, 1<<63 - 1},
	}
	for _, tt := range tests {
		for _, p := range []struct {
			name string
			f    parse
			want int64
		}{{"chrome", chromiumMaxAge, tt.chrome}, {"firefox", firefoxMaxAge, tt.moz}, {"safari", safariMaxAge, tt.safari}, {"standard", standardMaxAge, tt.standard}} {
			got, ok := p.f(tt.value, 1)
			if !ok {
				got = -1
			}
			if got != p.want {
				t.Errorf("%s: max-age %q = %d, want %d", p.name, tt.value, got, p.want)
			}
		}
	}
}

func FuzzMaxAge(f *testing.F) {
	for _, s := range []string{"", "5", "+5", "-5", "1_0", "99999999999999999999", "0x5", " 5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		for p := range profiles {
			n, ok := profiles[p].cache.maxAge(v, 1)
			if ok && n < 0 {
				t.Fatalf("%s: %q = %d", Profile(p), v, n)
			}
			if ok && n != defaultMaxAge && strings.Trim(v, "+-0123456789") != "" {
				t.Fatalf("%s: %q = %d, though it is not a number", Profile(p), v, n)
			}
		}
	})
}
