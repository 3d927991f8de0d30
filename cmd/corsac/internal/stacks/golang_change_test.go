package stacks

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// A file testdata/change/go/NAME.txtar has a project, and what comes of it:
//
//	(comment)     the stack, and what is wanted: FIELD=VALUE replaces, FIELD+=VALUE
//	              adds, path=PREFIX limits it
//	before/NAME   the files of the project; ␍ at the end of the first line stands
//	              for CRLF in all of them
//	read          what is read: settings, remarks and faults
//	after/NAME    the files that are different afterwards
//	notes         what is said, or the error
//
// The last three are written with -update.

// goCase is one of those files.
type goCase struct {
	stack string
	want  Want
	files map[string]string
}

func parseGoCase(t *testing.T, archive *txtar.Archive) *goCase {
	t.Helper()
	c := &goCase{want: Want{Set: map[string][]string{}, Add: map[string][]string{}}, files: map[string]string{}}
	for _, word := range strings.Fields(string(archive.Comment)) {
		name, value, ok := strings.Cut(word, "=")
		field, adds := strings.CutSuffix(name, "+")
		switch {
		case !ok:
			c.stack = word
		case name == "path":
			c.want.Path = value
		case adds:
			c.want.Add[field] = append(c.want.Add[field], value)
		default:
			c.want.Set[field] = append(c.want.Set[field], value)
		}
	}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "before/"); ok {
			text := string(f.Data)
			if strings.Contains(text, "␍") {
				text = strings.ReplaceAll(strings.Replace(text, "␍", "", 1), "\n", "\r\n")
			}
			c.files[name] = text
		}
	}
	return c
}

// goChanged returns the files of a project after a change.
func goChanged(t *testing.T, files map[string]string, c *Change) map[string]string {
	t.Helper()
	after := maps.Clone(files)
	for name, edits := range c.Edits {
		text, err := source.Apply(files[name], edits)
		if err != nil {
			t.Fatal(err)
		}
		after[name] = text
	}
	maps.Copy(after, c.Files)
	return after
}

// described returns what is read in a project, in lines.
func described(sites []*Site) string {
	var b code
	for _, s := range sites {
		place := func(f *source.File, at int) string {
			p := f.Place(at)
			return p.File + ":" + decimal(p.Line) + ":" + decimal(p.Column)
		}
		b.line("%s: %s", place(s.File, s.Start), s.Title)
		for _, e := range s.Draft.Entries {
			b.line("  %s: %s%s", e.Field, e.Value, map[bool]string{true: " (default)"}[e.Default])
		}
		for _, m := range s.Draft.Remarks {
			b.line("  %s: %s %s: %s", place(m.File, m.Start), m.Kind, m.Field, m.Text)
		}
		for _, f := range s.Faults {
			b.line("  %s: %s %s: %s", place(f.File, f.Start), f.Rule.Severity, f.Rule.ID, f.Evidence)
		}
	}
	return b.String()
}

// TestGoChange compares what is read in projects, and how they are changed, with
// golden files. A second run must change nothing.
func TestGoChange(t *testing.T) {
	names, err := filepath.Glob("testdata/change/go/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(text)
			c := parseGoCase(t, archive)
			src := Lookup(c.stack).Source
			tree := goTree(c.files)
			sites := src.Read(tree)
			out := &txtar.Archive{Comment: archive.Comment}
			for _, f := range archive.Files {
				if strings.HasPrefix(f.Name, "before/") {
					out.Files = append(out.Files, f)
				}
			}
			out.Files = append(out.Files, txtar.File{Name: "read", Data: []byte(described(sites))})
			change, err := src.Change(tree, sites, &c.want)
			notes := ""
			if err != nil {
				notes = "error: " + err.Error() + "\n"
			} else {
				after := goChanged(t, c.files, change)
				for _, file := range slices.Sorted(maps.Keys(after)) {
					if after[file] != c.files[file] {
						keepEnds(t, c.files[file], after[file])
						out.Files = append(out.Files, txtar.File{Name: "after/" + file, Data: []byte(strings.ReplaceAll(after[file], "\r\n", "\n"))})
					}
				}
				notes = strings.Join(append(slices.Clone(change.Notes), "install: "+change.Install, "url: "+change.URL), "\n") + "\n"
				again, err := src.Change(goTree(after), src.Read(goTree(after)), &c.want)
				if err != nil || len(again.Edits)+len(again.Files) > 0 {
					t.Errorf("a second run: %v, %+v", err, again)
				}
			}
			out.Files = append(out.Files, txtar.File{Name: "notes", Data: []byte(notes)})
			got := txtar.Format(out)
			if *update {
				if err := os.WriteFile(name, got, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(got, text) {
				t.Errorf("run go test -update if this is right:\n%s", difference(string(text), string(got)))
			}
		})
	}
}

// keepEnds checks that all lines of a file end as those before.
func keepEnds(t *testing.T, before, after string) {
	t.Helper()
	if lines := strings.Count(after, "\n"); strings.Contains(before, "\r\n") && strings.Count(after, "\r\n") != lines {
		t.Errorf("%d of %d lines end in CRLF", strings.Count(after, "\r\n"), lines)
	}
}
