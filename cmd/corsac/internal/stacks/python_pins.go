package stacks

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// pyPin is a version of a package that a project wants.
type pyPin struct {
	source.Span

	file    *source.File
	version string
}

// pyPinOf returns the exact version of a package in the requirements of a project,
// or nil.
func pyPinOf(t *source.Tree, name string) *pyPin {
	expr := regexp.MustCompile(`(?mi)^[ \t]*` + strings.ReplaceAll(regexp.QuoteMeta(name), "-", "[-_.]") + `[ \t]*==[ \t]*([0-9][0-9.]*)`)
	for _, f := range t.Files("requirements*.txt") {
		if m := expr.FindStringSubmatchIndex(f.Text); m != nil {
			return &pyPin{source.Span{Start: m[2], End: m[3]}, f, f.Text[m[2]:m[3]]}
		}
	}
	return nil
}

// before reports whether it is an older version than one with a major number.
func (p *pyPin) before(major int) bool {
	if p == nil {
		return false
	}
	first, _, _ := strings.Cut(p.version, ".")
	n, err := strconv.Atoi(first)
	return err == nil && n < major
}
