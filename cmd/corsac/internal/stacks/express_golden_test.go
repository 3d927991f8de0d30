package stacks

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// A file of testdata/express, testdata/fastify and the like has a project, what is wanted in the file "want",
// and what comes of both: "read", "changed/NAME" for each file that changes, and
// "notes". Only the project and "want" are written by hand.

// TestExpressGolden compares reading and changing with the golden files, and
// checks that a second change does nothing.
func TestExpressGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/express/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out := txtar.Format(expressGolden(t, txtar.Parse(text)))
			if *update {
				if err := os.WriteFile(file, out, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(text, out) {
				t.Errorf("run go test -update if this is right:\n%s", difference(string(text), string(out)))
			}
		})
	}
}

// TestFrameworkGolden compares reading with the golden files.
func TestFrameworkGolden(t *testing.T) {
	for _, stack := range []string{"fastify", "koa", "hono"} {
		files, err := filepath.Glob("testdata/" + stack + "/*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			t.Run(stack+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				in := txtar.Parse(text)
				project := map[string]string{}
				in.Files = slices.DeleteFunc(in.Files, func(f txtar.File) bool { return f.Name == "read" })
				for _, f := range in.Files {
					project[f.Name] = string(f.Data)
				}
				read := showExpress(Lookup(stack).Source.Read(expressTree(project)))
				in.Files = append(in.Files, txtar.File{Name: "read", Data: []byte(read)})
				if out := txtar.Format(in); *update {
					if err := os.WriteFile(file, out, 0o600); err != nil {
						t.Fatal(err)
					}
				} else if !bytes.Equal(text, out) {
					t.Errorf("run go test -update if this is right:\n%s", difference(string(text), string(out)))
				}
			})
		}
	}
}

func expressGolden(t *testing.T, in *txtar.Archive) *txtar.Archive {
	t.Helper()
	out := &txtar.Archive{Comment: in.Comment}
	project := map[string]string{}
	var want *Want
	for _, f := range in.Files {
		if f.Name == "read" || f.Name == "notes" || strings.HasPrefix(f.Name, "changed/") {
			continue
		}
		out.Files = append(out.Files, f)
		if f.Name == "want" {
			want = parseExpressWant(t, string(f.Data))
		} else {
			project[f.Name] = string(f.Data)
		}
	}
	add := func(name, text string) {
		out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	tree := expressTree(project)
	sites := readExpress(tree)
	add("read", showExpress(sites))
	if want == nil {
		return out
	}
	changed, notes := changeExpressProject(t, project, want)
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		if changed[name] != project[name] {
			add("changed/"+name, changed[name])
		}
	}
	add("notes", notes)
	again, more := changeExpressProject(t, changed, want)
	if !maps.Equal(again, changed) {
		t.Errorf("a second change gives %s\n%v", more, again)
	}
	return out
}

// changeExpressProject returns the files after a change, and what else it says.
func changeExpressProject(t *testing.T, project map[string]string, want *Want) (changed map[string]string, notes string) {
	t.Helper()
	tree := expressTree(project)
	c, err := changeExpress(tree, readExpress(tree), want)
	if err != nil {
		return project, "error: " + err.Error() + "\n"
	}
	changed = maps.Clone(project)
	for name, edits := range c.Edits {
		if changed[name], err = source.Apply(project[name], edits); err != nil {
			t.Fatalf("%s: %v: %v", name, err, edits)
		}
	}
	for _, n := range c.Notes {
		notes += n + "\n"
	}
	if c.Install != "" {
		notes += "install: " + c.Install + "\n"
	}
	return changed, notes + "url: " + c.URL + "\n"
}

func expressTree(project map[string]string) *source.Tree {
	files := fstest.MapFS{}
	for name, text := range project {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return source.NewTree("", files, slices.Sorted(maps.Keys(project)))
}

// parseExpressWant reads lines such as "allow_origins: a b"; + before the name adds.
func parseExpressWant(t *testing.T, text string) *Want {
	t.Helper()
	w := &Want{Set: map[string][]string{}, Add: map[string][]string{}}
	for line := range strings.Lines(text) {
		name, values, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			t.Fatalf("want: %q", line)
		}
		if add, ok := strings.CutPrefix(name, "+"); ok {
			w.Add[add] = strings.Fields(values)
		} else if name == "path" {
			w.Path = values
		} else {
			w.Set[name] = strings.Fields(values)
		}
	}
	return w
}

// showExpress returns sites as text.
func showExpress(sites []*Site) string {
	var b strings.Builder
	for _, s := range sites {
		fmt.Fprintf(&b, "%s %s", finding.Position(s.File.Place(s.Start)), s.Title)
		if s.Path != "" {
			fmt.Fprintf(&b, " for %s", s.Path)
		}
		b.WriteString("\n")
		for _, e := range s.Draft.Entries {
			byDefault := ""
			if e.Default {
				byDefault = " (default)"
			}
			fmt.Fprintf(&b, "  %s: %s%s at %s\n", e.Field, e.Value, byDefault, e.Span.In(e.File))
		}
		for _, r := range s.Draft.Remarks {
			fmt.Fprintf(&b, "  %s %s: %s\n", r.Kind, r.Field, r.Text)
		}
		for _, f := range s.Faults {
			fmt.Fprintf(&b, "  %s %s", f.Rule.Severity, f.Rule.ID)
			p := f.File.Place(f.Start)
			fmt.Fprintf(&b, " %d:%d %s\n", p.Line, p.Column, f.Evidence)
			if len(f.Edits) > 0 {
				fixed, err := source.Apply(f.File.Text, f.Edits)
				if err != nil {
					fixed = err.Error()
				}
				line := strings.Split(fixed, "\n")[p.Line-1]
				fmt.Fprintf(&b, "    fixed: %s\n", strings.TrimSpace(line))
			}
		}
	}
	return strings.ReplaceAll(b.String(), "\n\n", "\n")
}
