package stacks

import "slices"

// rest makes targets of the servers of the application that answer requests outside
// of the targets, too. Those of the application have a target, or a name or an
// upstream of one that has.
func (p *nginxPlan) rest(servers []*nginxNode) error {
	if !p.whole {
		return nil
	}
	var names []string
	for _, s := range servers {
		if p.within(s) {
			names = append(names, s.identity()...)
		}
	}
	for _, s := range servers {
		ours := p.within(s) || slices.ContainsFunc(s.identity(), func(name string) bool { return slices.Contains(names, name) })
		if ours && p.answersElsewhere(s) {
			if err := p.target(s, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// within reports whether a server is a target or has one.
func (p *nginxPlan) within(server *nginxNode) bool {
	return slices.ContainsFunc(p.targets, func(t *nginxTarget) bool { return t.block.up("server") == server })
}

// identity returns the names of a server and of what it forwards requests to.
func (n *nginxNode) identity() (list []string) {
	n.each(func(c *nginxNode) {
		switch {
		case c.kind == "server_name":
			list = append(list, slices.DeleteFunc(c.args(), func(name string) bool { return name == "_" || name == "" || name == "localhost" })...)
		case nginxPasses[c.kind] != "":
			list = append(list, c.arg(1))
		}
	})
	return list
}

// answersElsewhere reports whether a server answers requests outside of the targets:
// in a location, or with files of its own if no location has all paths.
func (p *nginxPlan) answersElsewhere(server *nginxNode) bool {
	isTarget := func(n *nginxNode) bool {
		return slices.ContainsFunc(p.targets, func(t *nginxTarget) bool { return t.block == n })
	}
	if isTarget(server) {
		return false
	}
	all := false
	for _, l := range server.named("location") {
		all = all || l.arg(1) == "/"
		if !isTarget(l) && !l.onlyErrors() && !l.closed() && !p.config.behaviour(l).refusesAll() {
			return true
		}
	}
	return !all && len(server.inherited("root", "try_files")) > 0
}

// closed reports whether a block answers nobody.
func (n *nginxNode) closed() bool {
	return slices.ContainsFunc(n.named("deny"), func(d *nginxNode) bool { return d.arg(1) == "all" }) && len(n.named("allow")) == 0
}
