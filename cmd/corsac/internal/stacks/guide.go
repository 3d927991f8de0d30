package stacks

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// guided are the stacks with a page of the guide, docs/guide/stacks/NAME.md, in
// the order of its table of contents.
var guided = []string{"nginx", "express", "fastapi", "caddy", "apache", "haproxy", "go", "chi", "gin", "echo", "fiber", "rs-cors"}

// Guided returns the stacks with a page of the guide, in its order.
func Guided() (list []*Stack) {
	for _, name := range guided {
		list = append(list, Lookup(name))
	}
	return list
}

// Page returns the URL of the page about the stack; "" if there is none.
func (s *Stack) Page() string {
	if !slices.Contains(guided, s.Name) {
		return ""
	}
	return finding.Guide + "stacks/" + s.Name + ".md"
}
