package stacks

import (
	"fmt"
	"slices"
	"strings"
)

// top returns the top of the file, or of the file that includes it.
func (n *nginxNode) top() *nginxNode {
	for n.parent != nil {
		n = n.parent
	}
	return n
}

// only returns the configuration that is to be changed, if the project has several
// and only one of them has a location for the path; nil if there is one, or no path.
// The error asks the user to choose.
func (c *nginxConfig) only(w *Want) (*nginxNode, error) {
	var mains, have []*nginxNode
	for _, top := range c.tops {
		if top.kind == "main" {
			mains = append(mains, top)
		}
	}
	if len(mains) < 2 || w.Path == "" {
		return nil, nil //nolint:nilnil // all of them
	}
	names := make([]string, len(mains))
	for i, top := range mains {
		names[i] = top.file.Name
		if c.hasLocation(top, w.Path) {
			have = append(have, top)
		}
	}
	if len(have) != 1 {
		return nil, fmt.Errorf("there are several configurations of nginx: %s; run corsac fix in the folder of the one that you mean", strings.Join(names, ", "))
	}
	return have[0], nil
}

// hasLocation reports whether a configuration has a location for paths below a
// prefix, or for it among others, other than for all.
func (c *nginxConfig) hasLocation(top *nginxNode, path string) bool {
	return slices.ContainsFunc(c.blocks(), func(b *nginxNode) bool {
		if b.kind != "location" || b.top() != top || strings.HasPrefix(b.arg(1), "~") {
			return false
		}
		prefix := b.prefix()
		return prefix != "" && (below(prefix, path) || strings.HasPrefix(path, prefix))
	})
}

// keepOnly leaves out the sites of configurations that are not to be changed.
func (p *nginxPlan) keepOnly() error {
	only, err := p.config.only(p.want)
	if only == nil {
		return err
	}
	p.sites = slices.DeleteFunc(p.sites, func(s *nginxSite) bool { return s.node.top() != only })
	p.note("The project has several configurations of nginx; this is about %s, which has a location for %s.", only.file.Name, p.want.Path)
	return nil
}
