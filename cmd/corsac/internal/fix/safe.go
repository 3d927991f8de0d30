package fix

import (
	"context"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// Safe returns the edits of the faults of sites, by file, and how many faults they
// end; a fault of which an edit is in the way of another's is left. It takes those
// that take reports true for; nil means all.
func Safe(sites []*stacks.Site, take func(*stacks.Rule) bool) (edits map[string][]source.Edit, n int) {
	byFile := map[string]*source.Edits{}
	for _, s := range sites {
		for i := range s.Faults {
			f := &s.Faults[i]
			if len(f.Edits) == 0 || take != nil && !take(f.Rule) {
				continue
			}
			file := f.File
			if file == nil {
				file = s.File
			}
			known := byFile[file.Name]
			if known == nil {
				known = &source.Edits{File: file}
				byFile[file.Name] = known
			}
			if known.Add(f.Edits...) {
				n++
			}
		}
	}
	edits = map[string][]source.Edit{}
	for name, known := range byFile {
		if len(known.List) > 0 {
			edits[name] = known.List
		}
	}
	return edits, n
}

// Correct writes the edits of [Safe] of a tree, and returns what it did with each
// file.
func Correct(ctx context.Context, t *source.Tree, sites []*stacks.Site, take func(*stacks.Rule) bool, force bool) (files []FileReport, err error) {
	edits, _ := Safe(sites, take)
	patches, err := Patches(t, edits, nil)
	for i := range patches {
		f := FileReport{Name: patches[i].Shown, Diff: patches[i].Diff()}
		f.Set(Write(ctx, t, &patches[i], force))
		files = append(files, f)
	}
	return files, err
}
