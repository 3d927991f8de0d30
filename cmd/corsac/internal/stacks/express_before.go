package stacks

import (
	"fmt"
	"slices"
)

// draft returns what the project says now: that of a call of cors, or of the
// middlewares that set headers by hand, which are returned, too.
func (c *expressChange) draft(primary *corsCall) (*Draft, []corsHand) {
	if primary != nil {
		d := c.settings(primary)
		if c.want.OnlyAdds() {
			c.eachMiddleware(func(_ corsHand, by *Draft) { d.add(by) })
		}
		return d, nil
	}
	var d Draft
	var hands []corsHand
	c.eachMiddleware(func(h corsHand, by *Draft) {
		d.add(by)
		hands = append(hands, h)
	})
	return &d, hands
}

// settings returns what a call of cors says.
func (c *expressChange) settings(p *corsCall) *Draft {
	s := &jsSettings{jsFile: p.jsFile}
	if file, options := c.elsewhere(p); file != nil {
		s.jsFile = file
		s.readOptions(npmCorsPackage, options.Range, options)
	} else {
		s.readArgs(npmCorsPackage, p.call.Range, p.call.Args)
	}
	return &s.draft
}

// eachMiddleware calls f for each middleware that sets headers by hand for just the
// paths that are to be changed, with what it says.
func (c *expressChange) eachMiddleware(f func(h corsHand, by *Draft)) {
	for _, x := range c.files {
		for _, h := range x.hands {
			if u := x.middleware(h); u != nil && c.isFor(u) {
				f(newCorsHand(x, h, u), &x.readHandler(h).Draft)
			}
		}
	}
}

// isFor reports whether a call is about the paths that are to be changed, all of them
// and no others, as far as is known.
func (c *expressChange) isFor(u *jsUse) bool {
	mounts, router := c.mounts[u]
	elsewhere := router && (len(mounts) == 0 || slices.ContainsFunc(c.pathsOf(u), func(p string) bool { return !samePath(p, c.want.Path) }))
	return !u.unclear && samePath(u.path, c.want.Path) && c.concerns(u) && !elsewhere
}

// add adds the entries of another draft that are not there, and its remarks.
func (d *Draft) add(other *Draft) {
	for _, e := range other.Entries {
		if !slices.ContainsFunc(d.Entries, func(o Entry) bool { return o.Field == e.Field && o.Value == e.Value }) {
			d.Entries = append(d.Entries, e)
		}
	}
	d.Remarks = append(d.Remarks, other.Remarks...)
}

// before returns all that the project allows now and that the change takes the place
// of: besides a draft, other calls of cors, and headers that are set by hand.
func (c *expressChange) before(draft *Draft, others []corsCall) *Draft {
	all := &Draft{}
	all.add(draft)
	if c.want.OnlyAdds() {
		return all // the others are left
	}
	for i := range others {
		if others[i].use != nil {
			all.add(c.settings(&others[i]))
		}
	}
	for _, x := range c.files {
		for _, h := range x.hands {
			if c.concerns(x.middleware(h)) && c.concernsRoute(x, h) {
				all.add(&x.readHandler(h).Draft)
			}
		}
	}
	return all
}

// leaves reports whether what a single route says about CORS is left alone, and says
// so: what is only to be allowed besides takes nothing away.
func (c *expressChange) leaves(x *expressFile, use *jsUse, at int) bool {
	if !c.want.OnlyAdds() || use != nil && use.method == "use" && use.path == "" {
		return false
	}
	c.Notes = append(c.Notes, fmt.Sprintf("%s, line %d, says for its own route what is allowed. It was left as it is, and may still refuse what is to be allowed.", x.file.Name, x.file.Place(x.Tokens[at].Start).Line))
	return true
}
