package importer_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

var update = flag.Bool("update", false, "write golden files")

// entry is a setting at the line that it has in a file.
func entry(f *source.File, line int, field, value string) stacks.Entry {
	at := 0
	for range line - 1 {
		at = f.LineEnd(at)
	}
	return stacks.Entry{Field: field, Value: value, File: f, Span: source.Span{Start: at, End: at}}
}

func site(f *source.File, path, upstream string, entries ...stacks.Entry) importer.Site {
	s := &stacks.Site{Title: "location " + path, File: f, Path: path, Upstream: upstream, Draft: stacks.Draft{Entries: entries}}
	s.Draft.Sort()
	return importer.Site{Site: s, Stack: stacks.Lookup("nginx"), Tree: source.Memory(f)}
}

func sites() []importer.Site {
	f := &source.File{Name: "conf/nginx.conf", Text: strings.Repeat("line\n", 40)}
	byDefault := entry(f, 1, "allow_headers", "*")
	byDefault.Default = true
	private := site(f, "/admin/", "http://127.0.0.1:9000", entry(f, 20, "allow_origins", "*"), entry(f, 21, "allow_credentials", "true"))
	remarks := site(f, "/x", "")
	remarks.Draft.Remarks = []stacks.Remark{{Kind: stacks.Dynamic, Field: "allow_origins", Text: "$origin is a variable of a module.\n\x1b[31m", File: f}}
	app := site(f, "/api/", "http://127.0.0.1:8080",
		entry(f, 3, "allow_origins", "https://app.example.com"), entry(f, 4, "allow_origins", "https://*.example.org"),
		entry(f, 5, "allow_credentials", "true"), entry(f, 6, "max_age", "1h0m0s"), entry(f, 2, "allow_methods", "PUT"), entry(f, 6, "max_age", "1h0m0s"))
	app.Draft.Remarks = []stacks.Remark{{Kind: stacks.Differs, Text: "it also answers requests without an origin", File: f}}
	same := site(f, "/other/", "http://127.0.0.1:9001/v1/", slices.Clone(app.Draft.Entries)...)
	for i := range same.Draft.Entries {
		same.Draft.Entries[i].Span = source.Span{Start: 100, End: 101}
	}
	public := site(f, "", "http://backend:9002", entry(f, 30, "allow_origins", "*"), byDefault)
	twice := site(f, "/api/", "http://127.0.0.1:9003", entry(f, 31, "allow_origins", "https://b.example"))
	own := site(f, "/v1", "http://127.0.0.1:9004/v1", entry(f, 32, "allow_origins", "https://c.example"))
	return []importer.Site{app, private, remarks, same, public, twice, own}
}

// TestFile compares a file with its golden file, and reads it.
func TestFile(t *testing.T) {
	im := importer.New(sites())
	got := im.File()
	golden := filepath.Join("testdata", "corsac.yaml")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%v, got\n%s", err, got)
	}
	c, err := config.Parse("corsac.yaml", []byte(got))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Policies) != 4 || len(c.Gateway.Routes) != 2 {
		t.Errorf("%d policies, %d routes", len(c.Policies), len(c.Gateway.Routes))
	}
}

func TestNothingValid(t *testing.T) {
	im := importer.New(sites()[1:3])
	got := im.File()
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			t.Errorf("not a comment: %q", line)
		}
	}
	if len(im.Valid()) > 0 || !strings.Contains(got, "list the origins, or drop allow_credentials") {
		t.Errorf("got\n%s", got)
	}
}

// TestConvertUnasked says what a corrected version allows only because the stack
// does so by default.
func TestConvertUnasked(t *testing.T) {
	text := "const cors = require('cors');\nconst app = require('express')();\napp.use(cors({ origin: ['https://a.example'] }));\n"
	tree := source.NewTree("", fstest.MapFS{"app.js": {Data: []byte(text)}}, []string{"app.js"})
	express := stacks.Lookup("express")
	_, notes, err := importer.New(importer.Sites(tree, express)).Convert(express, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"allow_methods is PUT, PATCH, DELETE only because Express does so by default (app.js:3:9): if pages need less, write it there, and import it again",
		"allow_headers is *, Authorization only because Express does so by default (app.js:3:9): if pages need less, write it there, and import it again",
	} {
		if !slices.Contains(notes, want) {
			t.Errorf("%q is not in %q", want, notes)
		}
	}
	if strings.Contains(strings.Join(notes, "\n"), "allow_origins is") {
		t.Errorf("%q", notes)
	}
}

// FuzzFile checks that corsac reads whatever is written as what was meant.
func FuzzFile(f *testing.F) {
	f.Add("https://app.example.com", "PUT", "X-A", "1h", "app.js", "text", "/api/", "http://127.0.0.1:9000")
	f.Add("*", "*", "a: b #", "\n- x", "#\n", "\u2028\u0085\x00", "/a b", "http://[::1]:80/")
	f.Add("https://*.a.example", "y", "null", "3600", "a\nb: c", "\ufeff", "/\"", "unix:/x")
	f.Add("https://a.example", "1", "~", "5", "no", "x", "/no", "http://a.example/%7e")
	f.Fuzz(func(t *testing.T, origin, method, header, age, name, remark, path, upstream string) {
		file := &source.File{Name: name, Text: "x"}
		s := site(file, path, upstream, entry(file, 1, "allow_origins", origin), entry(file, 1, "allow_methods", method),
			entry(file, 1, "allow_headers", header), entry(file, 1, "max_age", age))
		s.Title = remark
		s.Draft.Remarks = []stacks.Remark{{Kind: stacks.Lost, Text: remark, File: file}}
		other := site(file, path+"x", upstream, entry(file, 1, "allow_origins", "https://a.example"), entry(file, 1, "expose_headers", header))
		im := importer.New([]importer.Site{s, other, s})
		text := im.File()
		if len(im.Valid()) == 0 {
			return
		}
		c, err := config.Parse("corsac.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		for _, p := range im.Valid() {
			if !reflect.DeepEqual(c.Policies[p.Name], *p.Policy) {
				t.Fatalf("%+v, want %+v\n%s", c.Policies[p.Name], *p.Policy, text)
			}
		}
		if len(c.Policies) != len(im.Valid()) {
			t.Fatalf("%d policies\n%s", len(c.Policies), text)
		}
		for _, r := range im.Routes {
			if has := slices.ContainsFunc(c.Gateway.Routes, func(o config.Route) bool { return o.Path == r.Path && o.Policy == r.Policy }); !has && r.Problem == "" {
				t.Fatalf("no route %+v\n%s", r, text)
			}
		}
	})
}
