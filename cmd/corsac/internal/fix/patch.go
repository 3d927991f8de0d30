package fix

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// Patch is the change of a file, or a new one.
type Patch struct {
	// Name is the path of the file below the root of its tree, with slashes, and
	// Shown what the user calls it.
	Name, Shown string
	// Before and After are the texts; Before is "" for a new file.
	Before, After string
	New           bool
}

// Patches returns what edits and new files do to the files of a tree, sorted by
// name, without files that stay as they are.
func Patches(t *source.Tree, edits map[string][]source.Edit, files map[string]string) (list []Patch, err error) {
	for _, name := range slices.Sorted(maps.Keys(edits)) {
		f := t.Open(name)
		if f == nil {
			return nil, fmt.Errorf("%s cannot be read", t.Show(name))
		}
		after, err := source.Apply(f.Text, edits[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Show(name), err)
		}
		if after != f.Text {
			list = append(list, Patch{Name: name, Shown: t.Show(name), Before: f.Text, After: after})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, err := fs.Stat(t.FS(), name); err == nil {
			return nil, fmt.Errorf("%s is there already", t.Show(name))
		}
		list = append(list, Patch{Name: name, Shown: t.Show(name), After: files[name], New: true})
	}
	return list, nil
}

// Diff returns the patch in the unified form, which git apply reads in the root of
// the tree.
func (p *Patch) Diff() string {
	before := quoteName("a/" + p.Name)
	if p.New {
		before = "/dev/null"
	}
	return renumbered(udiff.Unified(before, quoteName("b/"+p.Name), p.Before, p.After))
}

var hunkHeader = lazyregexp.New(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@$`)

// renumbered returns a diff in the unified form with the numbers of lines after the
// change counted again, as the library counts wrong after a hunk with two changes.
func renumbered(diff string) string {
	var b strings.Builder
	added := 0
	for line := range strings.Lines(diff) {
		m := hunkHeader.Get().FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil || m[1] == "0" {
			b.WriteString(line)
			continue
		}
		count := func(s string) int {
			if n, err := strconv.Atoi(s); err == nil {
				return n
			}
			return 1
		}
		old, after, to := count(m[2]), count(m[4]), count(m[1])+added
		if after == 0 {
			to-- // the line before the hunk
		}
		added += after - old
		b.WriteString(line[:strings.Index(line, " +")+2] + strconv.Itoa(max(to, 0)))
		if m[4] != "" {
			b.WriteString("," + m[4])
		}
		b.WriteString(" @@\n")
	}
	return b.String()
}

// quoteName returns a name for the head of a diff as git writes it: in quotes if a
// character in it could end the name or its line, so that the rest would be read as
// another line; with a tab at the end if it has a space.
func quoteName(name string) string {
	odd := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }
	switch {
	case !strings.ContainsFunc(name, odd) && strings.Contains(name, " "):
		return name + "\t"
	case !strings.ContainsFunc(name, odd):
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(name) {
		switch {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case odd(rune(c)):
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
