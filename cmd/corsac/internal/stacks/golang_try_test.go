package stacks

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

func TestTry(t *testing.T) {
	dir := os.Getenv("TRY")
	if dir == "" {
		t.Skip()
	}
	var names []string
	filepath.WalkDir(dir, func(p string, d os.DirEntry, _ error) error {
		if !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			names = append(names, rel)
		}
		return nil
	})
	tree := source.NewTree(dir, os.DirFS(dir), names)
	for _, st := range []string{"go", "rs-cors", "chi", "gin", "echo", "fiber", "jub0bs"} {
		sites := Lookup(st).Source.Read(tree)
		for _, s := range sites {
			pl := s.File.Place(s.Start)
			fmt.Printf("SITE %s %s:%d:%d %s\n", st, pl.File, pl.Line, pl.Column, s.Title)
			for _, e := range s.Draft.Entries {
				fmt.Printf("   %s: %s (default %v) line %d\n", e.Field, e.Value, e.Default, (&source.File{Text: e.File.Text}).Place(e.Start).Line)
			}
			for _, m := range s.Draft.Remarks {
				fmt.Printf("   REMARK %s %s: %s\n", m.Kind, m.Field, m.Text)
			}
			for _, f := range s.Faults {
				pl := f.File.Place(f.Start)
				fmt.Printf("   FAULT %s %s %d:%d: %s\n", f.Rule.ID, f.Rule.Severity, pl.Line, pl.Column, f.Evidence)
			}
		}
		w := &Want{Set: map[string][]string{"allow_origins": {"http://localhost:3000"}, "allow_credentials": {"true"}, "allow_headers": {"Content-Type"}, "allow_methods": {"PUT"}}}
		c, err := Lookup(st).Source.Change(tree, sites, w)
		if err != nil {
			fmt.Println("CHANGE", st, err)
			continue
		}
		fmt.Println("CHANGE", st, c.Notes, c.Install, c.URL)
		for name, edits := range c.Edits {
			f := tree.Open(name)
			text, err := source.Apply(f.Text, edits)
			fmt.Println("---", name, err)
			fmt.Println(text)
			if os.Getenv("WRITE") != "" {
				os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
			}
		}
		for name, text := range c.Files {
			fmt.Println("+++", name)
			fmt.Println(text)
			if os.Getenv("WRITE") != "" {
				os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
			}
		}
	}
}
