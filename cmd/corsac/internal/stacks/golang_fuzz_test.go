package stacks

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// FuzzGoSource reads and changes programs. What is found must be in the file, and
// a program that can be parsed must be one afterwards; a second run must change
// nothing.
func FuzzGoSource(f *testing.F) {
	names, err := filepath.Glob("testdata/change/go/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range append(names, "testdata/lint/go.txtar") {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range txtar.Parse(text).Files {
			if strings.HasSuffix(file.Name, ".go") {
				f.Add(string(file.Data))
			}
		}
	}
	want := &Want{Set: map[string][]string{"allow_origins": {"https://app.example.com", "https://*.example.org"}, "allow_headers": {"X-A"}}, Add: map[string][]string{"allow_methods": {"PUT"}}}
	f.Fuzz(func(t *testing.T, text string) {
		files := map[string]string{"main.go": text}
		for _, stack := range goAllStacks {
			src := Lookup(stack).Source
			tree := goTree(files)
			sites := src.Read(tree)
			for _, s := range sites {
				inside(t, s.File, s.Span)
				for _, e := range s.Draft.Entries {
					inside(t, e.File, e.Span)
				}
				for _, fault := range s.Faults {
					inside(t, fault.File, fault.Span)
					if _, err := source.Apply(fault.File.Text, fault.Edits); err != nil {
						t.Error(err)
					}
				}
			}
			change, err := src.Change(tree, sites, want)
			if err != nil || len(change.Edits)+len(change.Files) == 0 {
				continue
			}
			after := goChanged(t, files, change)
			for name, text := range after {
				if strings.HasSuffix(name, ".go") {
					if _, err := format.Source([]byte(text)); err != nil {
						t.Fatalf("%s: %v\n%s", name, err, text)
					}
				}
			}
		}
	})
}

func inside(t *testing.T, f *source.File, s source.Span) {
	t.Helper()
	if s.Start < 0 || s.End < s.Start || s.End > len(f.Text) {
		t.Fatalf("%v is not in a file of %d bytes", s, len(f.Text))
	}
}
