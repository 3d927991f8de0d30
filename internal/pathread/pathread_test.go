package pathread

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/a/b": true, "/a.b/c-d_e~f": true, "/a+b/@c:d,e='f'!(g)*$&": true, "/A": true, "/a.": false, "/a./b": false,
		"//": false, "/a//b": false, "/a/": true, "/.": false, "/.a": false, "/a/..": false, "/a%20": false, `/a\b`: false, "/a;b": false,
		"/a b": false, "/a#b": false, "/a\x00": false, "/a/.b": false, "/é": true,
	} {
		if got := Plain(path); got != want {
			t.Errorf("Plain(%q) = %t", path, got)
		}
	}
}

// readings lists the readings of a path.
func readings(t *testing.T, path string) (list []string) {
	t.Helper()
	if !Agree(path, false, func(r string) bool { list = append(list, r); return true }) {
		t.Fatalf("%q has too many readings", path)
	}
	return list
}

// Every step is taken, and before and after every other one.
func TestReadings(t *testing.T) {
	for path, want := range map[string]string{
		"/%61":                              "/a",
		"/a%2fb":                            "/a/b",
		"/%2561":                            "/a",
		"/%252561":                          "/a",
		`/a\b`:                              "/a/b",
		"/a%5cb":                            "/a/b",
		"/a//b":                             "/a/b",
		"/a/./b/../c":                       "/a/c",
		"/a/%2e%2E/b":                       "/b",
		"/a/.%2e/b":                         "/b",
		"/a%2fx/%2e%2e/b":                   "/b", // resolved before it is decoded
		"/a%2fx/../b":                       "/a/b",
		"/a//../b":                          "/b", // merged, then resolved
		"/c/a//../b":                        "/c/a/b",
		"/a;x/b;y":                          "/a/b",
		"/a/..;/b":                          "/b",
		"/a/..;x=y/b":                       "/b",
		"/a%3bx/b":                          "/a/b",
		"/a%20/b":                           "/a/b",
		"/a./b":                             "/a/b",
		"/a.%20./b":                         "/a/b",
		"/a/..%20/b":                        "/b",
		"/a%00b":                            "/a",
		"/a%00/b":                           "/a/b",
		"/a%3fb":                            "/a",
		"/a%23b":                            "/a",
		"/a%5cb%2f..%2f..%2fc":              "/c",
		"/pub/a%2fb/../;/..;x%2fpub/secret": "/secret",
		"/x/..%252f..%252fa":                "/a",
		"//host/a":                          "/a",
		`/\host/a`:                          "/a",
		"//host":                            "/",
		"/x/%2e%2e%2f../a":                  "/x/a", // slashes decoded, then resolved
		"/x/.%09./a":                        "/a",
		"/a%01":                             "/a",
		"/a%23b%3fc":                        "/a#b",
		"/a%3fb%23c":                        "/a?b",
		"/x/y/..%20/..%09/..%20/a":          "/x/a", // spaces trimmed, then resolved
	} {
		if got := readings(t, path); !slices.Contains(got, want) {
			t.Errorf("%q is not read as %q, but as %q", path, want, got)
		}
	}
}

// The set is closed: what is read of a reading is a reading.
func TestClosed(t *testing.T) {
	for _, path := range []string{"/a%2fx/%2e%2e;/b", `/..\a%5c.%2e//b.;c`, "/a%25%32%66b/../%2e", "/a;x/..;/b../.;//"} {
		all := readings(t, path)
		for _, r := range all {
			for _, again := range readings(t, r) {
				if !slices.Contains(all, again) {
					t.Errorf("%q: %q is read as %q, which is not a reading of the whole", path, r, again)
				}
			}
		}
	}
}

func TestConfined(t *testing.T) {
	for path, want := range map[string]bool{
		"/a/..": true, "/a/../": true, "/..": false, "/a/../..": false, "/a%5cb/../..": false, `/a\b/..`: true,
		"/a%5cb%2f..%2f..%2foutside/x": false, "/a//../..": false, "/a/..;/..": false, "/%2e%2e": false, "/%252e%252e/": false,
		"/..a": true, "/...": true, "/.. ": false,
	} {
		if got := Agree(path, true, func(string) bool { return true }); got != want {
			t.Errorf("%q stays below its base: %t, want %t", path, got, want)
		}
	}
}

// legitimate returns n odd paths that applications really have.
func legitimate(n int) (paths []string) {
	names := []string{
		"feature%2Flogin", "release%2F1.2%2Fhotfix", "a+b%20c", "100%25", "50%2525%20off", "caf%C3%A9", "%E6%97%A5%E6%9C%AC", "x;v=1;lang=en",
		"it's", "('a')", "(ID=1,Name='B%2FC')", "key%3Dvalue", "a%26b", "photo%20(1).jpg", "2026-11-28T10%3A00%3A00Z", "user%40example.com", ".well-known", ".env.d",
		"..hidden", "file.tar.gz", "C%23", "what%3F", "a%2Bb", "%7Euser", "data.v2.", "%5BBracket%5D", "a%7Cb", "%22quoted%22", "doc%252Fdraft", "a%5Cb",
	}
	shapes := []string{"/api/repos/%s/branches/%s", "/api/buckets/b/%s//%s", "/api/odata/Items(%s)/%s", "/api/v1/%s;rev=2/%s", "/api/files/%s/%s/", "/api/%s/./%s"}
	for i := 0; len(paths) < n; i++ {
		shape, a, b := shapes[i%len(shapes)], names[i/len(shapes)%len(names)], names[i/7%len(names)]
		paths = append(paths, strings.Replace(strings.Replace(shape, "%s", a, 1), "%s", b, 1))
	}
	return paths
}

// What applications really have is never refused where all routes have one policy,
// and stays below a base.
func TestLegitimate(t *testing.T) {
	most := 0
	for _, path := range legitimate(1000) {
		n := 0
		if !Agree(path, true, func(string) bool { n++; return true }) {
			t.Errorf("%q is refused after %d readings", path, n)
		}
		most = max(most, n)
	}
	if most > maxReadings/4 {
		t.Errorf("%d readings of one path are too near to the bound of %d", most, maxReadings)
	}
	two := Table[string]{Same: func(a, b string) bool { return a == b }}
	two.Add("/", "lax")
	two.Add("/api", "strict")
	for _, path := range legitimate(1000) {
		if !Agree(path, false, func(r string) bool { v, _ := two.Match(r); return v == "strict" }) {
			t.Errorf("%q is refused between two policies", path)
		}
	}
}

// A long path is refused if it has too many readings, or readings that are too
// long, and is not if it has few.
func TestBounded(t *testing.T) {
	for unit, refused := range map[string]bool{
		"/..": true, "%2f..%5c;": true, "%00%20.": true, "%2525%2f": true, "a%20.;/%2e%2e/": true,
		"%25": false, "%252e": false, "a;": false, "//": false, `\`: false, "%e2%84%aa/": false,
	} {
		path := "/" + strings.Repeat(unit, 60_000/len(unit))
		if got := !Agree(path, false, func(string) bool { return true }); got != refused {
			t.Errorf("%q…: refused: %t, want %t", unit, got, refused)
		}
	}
	many := "/a%25252e%2520%2509./b;c%2500/..;/%2e./x%3fy%23z%5c..//q%0d%0a" // short, so that only their number is too large
	if Agree(many, false, func(string) bool { return true }) {
		t.Errorf("%q is accepted, with all its readings", many)
	}
}

func TestTable(t *testing.T) {
	table := Table[string]{Same: func(a, b string) bool { return a == b }}
	for _, prefix := range []string{"/", "/api", "/Docs", "/api/Items/", "/kelvin", "/same", "/SAME"} {
		if !table.Add(prefix, prefix) {
			t.Errorf("%s is refused", prefix)
		}
	}
	if table.Add("/api/", "") {
		t.Error("/api/ is accepted beside /api")
	}
	for _, c := range [][3]string{ // path, exact, folded
		{"/", "/", "/"},
		{"/api", "/api", "/api"},
		{"/api/x", "/api", "/api"},
		{"/apis", "/", "/"},
		{"/API/x", "/", "/api"},
		{"/docs", "/", "/Docs"},
		{"/Docs/", "/Docs", "/Docs"},
		{"/api/Items", "/api/Items/", "/api/Items/"},
		{"/api/items/x", "/api", "/api/Items/"},
		{"/\u212aelvin", "/", "/kelvin"},
		{"/ap\u0130", "/", "/api"},
		{"/ap\u0131/x", "/", "/api"},
		{"/same", "/same", "/same"},
		{"/SAME", "/SAME", "/SAME"},
		{"/Same", "/", "/"},
	} {
		exact, _ := table.Match(c[0])
		folded, _ := table.MatchFolded(c[0])
		if exact != c[1] || folded != c[2] {
			t.Errorf("%s: %s and %s, want %s and %s", c[0], exact, folded, c[1], c[2])
		}
		if exact != folded && !table.Folds(c[0]) {
			t.Errorf("%s does not fold", c[0])
		}
	}
	for _, path := range []string{"", "*", "x"} {
		if v, ok := table.Match(path); ok {
			t.Errorf("%q has %q", path, v)
		}
	}
}

func BenchmarkAgree(b *testing.B) {
	for _, path := range []string{"/api/items/1", "/api/repos/feature%2Flogin", "/api/a%2fb/..;/%252e/" + strings.Repeat("x%20.", 40)} {
		b.Run(fmt.Sprintf("%.20s", path), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Plain(path) || Agree(path, true, func(string) bool { return true })
			}
		})
	}
}
