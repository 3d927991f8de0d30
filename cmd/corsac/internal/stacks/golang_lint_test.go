package stacks

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// TestGoLint compares what is read in programs with a golden file, which must have
// each rule, and applies the edits of each fault.
func TestGoLint(t *testing.T) {
	const name = "testdata/lint/go.txtar"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(text)
	out := &txtar.Archive{Comment: archive.Comment}
	var seen []string
	for _, f := range archive.Files {
		parts := strings.Split(f.Name, ".")
		if len(parts) != 3 {
			continue
		}
		out.Files = append(out.Files, f)
		sites := Lookup(parts[1]).Source.Read(goTree(map[string]string{f.Name: string(f.Data)}))
		got := described(sites)
		for _, s := range sites {
			for _, fault := range s.Faults {
				seen = append(seen, fault.Rule.ID)
				if len(fault.Edits) == 0 {
					continue
				}
				fixed, err := source.Apply(string(f.Data), fault.Edits)
				if err != nil {
					t.Error(err)
				}
				got += fault.Rule.ID + ":\n" + difference(string(f.Data), fixed)
				for _, again := range Lookup(parts[1]).Source.Read(goTree(map[string]string{f.Name: fixed})) {
					if slices.ContainsFunc(again.Faults, func(x Fault) bool { return x.Rule == fault.Rule && again.Title == s.Title }) {
						t.Errorf("%s: %s is still there after its edits", f.Name, fault.Rule.ID)
					}
				}
			}
		}
		out.Files = append(out.Files, txtar.File{Name: f.Name + ".read", Data: []byte(strings.ReplaceAll(got, f.Name+":", ""))})
	}
	for _, rule := range goRules {
		if !slices.ContainsFunc(seen, func(id string) bool { return strings.HasSuffix(id, "/"+rule.ID) }) {
			t.Errorf("no program breaks %s", rule.ID)
		}
	}
	if got := txtar.Format(out); *update {
		if err := os.WriteFile(name, got, 0o600); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(got, text) {
		t.Errorf("run go test -update if this is right:\n%s", difference(string(text), string(got)))
	}
}

// TestGoRecursion checks that conditions that lead to each other end.
func TestGoRecursion(t *testing.T) {
	sites := Lookup("rs-cors").Source.Read(goTree(map[string]string{"main.go": `package main

import "github.com/rs/cors"

func a(o string) bool { return b(o) || b(o) }

func b(o string) bool { return a(o) || a(o) }

var c = cors.New(cors.Options{AllowOriginFunc: a})
`}))
	if len(sites) != 1 || len(sites[0].Draft.Remarks) != 1 || sites[0].Draft.Remarks[0].Kind != Dynamic {
		t.Errorf("%+v", sites)
	}
}
