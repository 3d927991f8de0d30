package stacks

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// treeOf returns a tree of files by name.
func treeOf(files map[string]string) *source.Tree {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return source.NewTree("", fsys, slices.Sorted(maps.Keys(files)))
}

// changed applies a change to files, and returns all of them.
func changed(files map[string]string, c *Change) (map[string]string, error) {
	after := maps.Clone(files)
	maps.Copy(after, c.Files)
	for name, edits := range c.Edits {
		text, err := source.Apply(files[name], edits)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		after[name] = text
	}
	return after, nil
}

// change changes files as wanted.
func change(stack string, files map[string]string, w *Want) (after map[string]string, c *Change, err error) {
	s := Lookup(stack).Source
	tree := treeOf(files)
	if c, err = s.Change(tree, s.Read(tree), w); err != nil {
		return nil, nil, err
	}
	after, err = changed(files, c)
	return after, c, err
}

// readWant reads the lines before the files of a golden file.
func readWant(comment string) *Want {
	w := &Want{Set: map[string][]string{}, Add: map[string][]string{}}
	for line := range strings.Lines(comment) {
		switch words := strings.Fields(line); words[0] {
		case "set":
			w.Set[words[1]] = words[2:]
		case "add":
			w.Add[words[1]] = words[2:]
		case "path":
			w.Path = words[1]
		}
	}
	return w
}

// TestFastAPIChange changes the projects of testdata/change/fastapi: what is
// wanted, the files before, and what must come of them. A second run must change
// nothing.
func TestFastAPIChange(t *testing.T) {
	names, err := filepath.Glob("testdata/change/fastapi/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			w, files := readWant(string(archive.Comment)), map[string]string{}
			golden := &txtar.Archive{Comment: archive.Comment}
			for _, f := range archive.Files {
				if before, ok := strings.CutPrefix(f.Name, "before/"); ok {
					files[before] = string(f.Data)
					golden.Files = append(golden.Files, f)
				}
			}
			golden.Files = append(golden.Files, outcome(t, files, w)...)
			want, got := txtar.Format(archive), txtar.Format(golden)
			if *update {
				if err := os.WriteFile(name, got, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if string(want) != string(got) {
				t.Errorf("run go test -update if this is right:\n%s", difference(string(want), string(got)))
			}
		})
	}
}

// outcome returns the files that a change comes to, its notes and URL, or its
// error.
func outcome(t *testing.T, files map[string]string, w *Want) (list []txtar.File) {
	t.Helper()
	after, c, err := change("fastapi", files, w)
	if err != nil {
		return []txtar.File{{Name: "error", Data: []byte(err.Error() + "\n")}}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if after[name] != files[name] {
			list = append(list, txtar.File{Name: "after/" + name, Data: []byte(after[name])})
		}
	}
	again, c2, err := change("fastapi", after, w)
	if err != nil || !maps.Equal(again, after) || len(c2.Edits) > 0 {
		t.Errorf("the second run changes more: %v, %v\n%s", err, c2, again)
	}
	notes := "URL: " + c.URL + "\n" + strings.Join(c.Notes, "\n") + "\n"
	return append(list, txtar.File{Name: "notes", Data: []byte(notes)})
}
