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
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
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

// FuzzFastAPIChange: whatever the file, what comes of it has the tokens of Python
// if the file had them, and a second run changes nothing.
func FuzzFastAPIChange(f *testing.F) {
	names, err := filepath.Glob("testdata/change/fastapi/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data), uint8(len(name)))
	}
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		w := &Want{Set: map[string][]string{}, Add: map[string][]string{}}
		origins := w.Set
		if kind&1 == 0 {
			origins = w.Add
		}
		origins["allow_origins"] = []string{"https://app.example.com", "https://*.example.org"}
		if kind&2 == 0 {
			w.Set["allow_methods"], w.Set["allow_credentials"] = []string{"PUT"}, []string{"true"}
		}
		if kind&4 == 0 {
			w.Path = "/api/"
		}
		before := python.Parse(text)
		files := map[string]string{"main.py": text}
		after, _, err := change("fastapi", files, w)
		if err != nil {
			return
		}
		if got := python.Parse(after["main.py"]); got.Broken && !before.Broken {
			t.Fatalf("%q\n%q does not have the tokens of Python", text, after["main.py"])
		}
		if again, c, err := change("fastapi", after, w); err != nil || !maps.Equal(again, after) {
			t.Fatalf("%q\n%q\n%v, the second run comes to\n%q\n%v", text, after, err, again, c)
		}
	})
}
