package stacks_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// changed returns the files of a project after a change.
func changed(t *testing.T, stack string, files map[string]string, w *stacks.Want) (map[string]string, *stacks.Change, error) {
	t.Helper()
	tree := projectOf(files)
	s := stacks.Lookup(stack).Source
	change, err := s.Change(tree, s.Read(tree), w)
	if err != nil {
		return files, nil, err
	}
	after := maps.Clone(files)
	for name, edits := range change.Edits {
		text, err := source.Apply(files[name], edits)
		if err != nil {
			t.Fatalf("%s: %v: %+v", name, err, edits)
		}
		after[name] = text
	}
	maps.Copy(after, change.Files)
	return after, change, nil
}

func TestScratchChange(t *testing.T) {
	w := &stacks.Want{Set: map[string][]string{"allow_origins": {"http://localhost:3000"}, "allow_credentials": {"true"}, "allow_methods": {"PUT"}, "allow_headers": {"Authorization", "Content-Type"}}}
	w2 := &stacks.Want{Set: map[string][]string{"allow_origins": {"https://app.example.com", "https://*.example.org"}, "allow_credentials": {"true"}, "allow_methods": {"PUT"}}}
	data, _ := os.ReadFile("/tmp/scratch.txt")
	for _, text := range strings.Split(string(data), "=====\n") {
		for _, w := range []*stacks.Want{w, w2, {Set: w.Set, Path: "/api/"}} {
			after, c, err := changed(t, "nginx", map[string]string{"nginx.conf": text}, w)
			if err != nil {
				t.Log(err)
				continue
			}
			t.Log("\n"+after["nginx.conf"], c.Notes, c.URL)
			again, c, err := changed(t, "nginx", after, w)
			if err != nil || len(c.Edits) > 0 {
				t.Log("AGAIN", err, again["nginx.conf"], c)
			}
		}
	}
}
