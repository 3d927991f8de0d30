package importer

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// Site is a place in a project that decides about CORS, and whose it is.
type Site struct {
	*stacks.Site

	Stack *stacks.Stack
	Tree  *source.Tree
}

// Place returns where it is.
func (s *Site) Place() *finding.Place { return s.Tree.Place(s.File, s.Start) }

// Readers returns the stacks whose files corsac reads: all of them, or only one.
func Readers(only *stacks.Stack) (list []*stacks.Stack) {
	for _, s := range stacks.All() {
		if s.Source != nil && (only == nil || s == only) {
			list = append(list, s)
		}
	}
	return list
}

// ReaderNames returns the names of all stacks whose files corsac reads.
func ReaderNames() (names []string) {
	for _, s := range Readers(nil) {
		names = append(names, s.Name)
	}
	return names
}

// Sites returns the sites in a tree: of all stacks, or only of one, which then has
// all files that the user names. Of two stacks that claim the same place, the one
// that reads more there has it.
func Sites(t *source.Tree, only *stacks.Stack) (list []Site) {
	taken := map[string][]int{} // the sites of the stacks before, by file
	for _, s := range Readers(only) {
		if only != nil && len(s.Source.Files) > 0 {
			treatNamed(t, s)
		}
		before := len(list)
		for _, site := range s.Source.Read(t) {
			list = add(list, Site{site, s, t}, taken[site.File.Name])
		}
		for i := before; i < len(list); i++ {
			name := list[i].File.Name
			taken[name] = append(taken[name], i)
		}
	}
	return list
}

// SitesOf returns the sites in trees.
func SitesOf(trees []*source.Tree, only *stacks.Stack) (list []Site) {
	for _, t := range trees {
		list = append(list, Sites(t, only)...)
	}
	return list
}

// treatNamed makes the stack read the files that the user names, whatever they are
// called.
func treatNamed(t *source.Tree, s *stacks.Stack) {
	matching := t.Names(s.Source.Files...)
	for _, name := range t.Named() {
		if !slices.Contains(matching, name) {
			t.Treat(name, s.Source.Files[0])
		}
	}
}

// add adds a site, unless another stack has the place: one of those that are taken.
func add(list []Site, s Site, taken []int) []Site {
	for _, i := range taken {
		if other := &list[i]; other.Stack != s.Stack && other.Start < s.End && s.Start < other.End {
			if s.weight() > other.weight() {
				*other = s
			}
			return list
		}
	}
	return append(list, s)
}

// weight is how much was read.
func (s *Site) weight() int { return len(s.Draft.Entries) + len(s.Draft.Remarks) + len(s.Faults) }
