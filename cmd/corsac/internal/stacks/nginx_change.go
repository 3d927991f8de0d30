package stacks

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cors"
)

// nginxPlan is a change of a configuration.
type nginxPlan struct {
	config *nginxConfig
	sites  []*nginxSite
	want   *Want
	text   *nginxEdits
	notes  []string
	names  map[string]string // the variables with the origins of policies, by those
	// whole says that all of the application is to do what is wanted, and not only
	// the places that have headers.
	whole bool
	// targets are the blocks that are to do what is wanted.
	targets []*nginxTarget
}

// nginxTarget is a block that is to carry out a policy, and the blocks in it.
type nginxTarget struct {
	block  *nginxNode
	policy *cors.Policy
	plan   *plan
	draft  *Draft
	// site is what is there; nil if nothing is.
	site *nginxSite
	// origin is the value of Access-Control-Allow-Origin where it has to be
	// written.
	origin string
	// choose are lines that give its variable a value, where a map may not stand.
	choose []string
	// answer is whether preflights must have an answer.
	answer bool
	// errors says that the block only has error pages, which never answer
	// preflights.
	errors bool
}

// changeNginx changes a configuration so that it does what is wanted.
func changeNginx(t *source.Tree, _ []*Site, w *Want) (*Change, error) {
	c := loadNginx(t, nil)
	if len(c.tops) == 0 && len(c.broken) == 0 {
		return nil, ErrNotHere
	}
	if len(c.broken) > 0 {
		b := c.broken[0]
		at := b.file.Place(b.Offset)
		return nil, fmt.Errorf("nginx's syntax is broken at %s:%d:%d (%s), so nothing is changed", at.File, at.Line, at.Column, b.Problem)
	}
	if _, err := c.only(w); err != nil {
		return nil, err
	}
	inserted, err := newLocations(c, w)
	if err != nil {
		return nil, err
	}
	texts, err := applied(t, nil, inserted)
	if err != nil {
		return nil, err
	}
	p, edits, err := planNginx(t, texts, w, true)
	if err != nil {
		p, edits, err = planNginx(t, texts, w, false)
	}
	if err != nil {
		return nil, err
	}
	url, address := p.url()
	return &Change{Edits: composed(inserted, edits), Notes: p.notes, URL: url, Address: address}, nil
}

// planNginx plans the change of a configuration that has all blocks that it needs,
// and checks it.
func planNginx(t *source.Tree, texts map[string]string, w *Want, whole bool) (*nginxPlan, map[string][]source.Edit, error) {
	c := loadNginx(t, texts)
	p := &nginxPlan{config: c, want: w, text: newNginxEdits(), names: map[string]string{}, whole: whole}
	_, p.sites = c.read()
	if err := p.keepOnly(); err != nil {
		return nil, nil, err
	}
	if err := p.find(); err != nil {
		return nil, nil, err
	}
	if c.large() {
		return nil, nil, errors.New("the configuration of nginx is too large to be understood, so nothing is changed")
	}
	for _, t := range p.targets {
		p.ensure(t)
	}
	p.noteLeft()
	p.sweep()
	edits := p.text.final()
	return p, edits, p.check(t, texts, edits)
}

// applied returns the texts of files with edits.
func applied(t *source.Tree, texts map[string]string, edits map[string][]source.Edit) (map[string]string, error) {
	result := maps.Clone(texts)
	if result == nil {
		result = map[string]string{}
	}
	for name, list := range edits {
		text, ok := texts[name]
		if !ok {
			f := t.Open(name)
			if f == nil {
				continue
			}
			text = f.Text
		}
		changed, err := source.Apply(text, list)
		if err != nil {
			return nil, fmt.Errorf("%s: two places need different changes of the same lines, so nothing is changed: %w", name, err)
		}
		result[name] = changed
	}
	return result, nil
}

// composed returns the edits that do what insertions and then edits of the result
// do.
func composed(inserted, edits map[string][]source.Edit) map[string][]source.Edit {
	result := map[string][]source.Edit{}
	for name, list := range edits {
		result[name] = slices.Clone(list)
	}
	for name, insertions := range inserted {
		slices.SortFunc(insertions, func(a, b source.Edit) int { return cmp.Compare(b.Start, a.Start) })
		for i, in := range insertions { // the last first
			shift := 0
			for _, before := range insertions[i+1:] {
				shift += len(before.New)
			}
			start := in.Start + shift
			var inside, outside []source.Edit
			for _, e := range result[name] {
				switch {
				case e.Start >= start && e.End <= start+len(in.New) && (e.Start > start || e.End > e.Start):
					e.Start, e.End = e.Start-start, e.End-start
					inside = append(inside, e)
				case e.Start >= start:
					e.Start, e.End = e.Start-len(in.New), e.End-len(in.New)
					outside = append(outside, e)
				default:
					outside = append(outside, e)
				}
			}
			if text, err := source.Apply(in.New, inside); err == nil {
				in.New = text
			}
			result[name] = append(outside, in)
		}
	}
	return result
}

// find finds the targets.
func (p *nginxPlan) find() error {
	servers := p.servers()
	if len(servers) == 0 {
		return p.snippets()
	}
	covered := false
	for _, s := range p.sites {
		if p.want.Path != "" || !slices.Contains(servers, s.node.up("server")) && s.node.kind != "http" && s.node.kind != "main" {
			continue
		}
		if s.node.onlyErrors() && p.errorsOf(s.node) {
			continue // it is changed with the blocks whose errors it has
		}
		covered = true
		if s.node.kind == "location" || s.node.kind == "server" {
			if err := p.target(s.node, s); err != nil {
				return err
			}
			continue
		}
		for _, server := range servers { // http {} can have headers, but not answer preflights
			if server.owner() == s.node {
				if err := p.target(server, s); err != nil {
					return err
				}
			}
		}
		for _, n := range s.node.corsHeaders() {
			p.text.delete(n)
		}
	}
	if covered {
		if err := p.rest(servers); err != nil {
			return err
		}
		p.noteUncovered(servers)
		return nil
	}
	for _, server := range p.applications(servers) {
		if p.want.Path == "" {
			if err := p.target(server, nil); err != nil {
				return err
			}
			continue
		}
		for _, l := range locationsBelow(server, p.want.Path) {
			if err := p.target(l, p.site(l)); err != nil {
				return err
			}
		}
	}
	if len(p.targets) == 0 {
		return errors.New("no location has this path")
	}
	p.noteUncovered(servers)
	p.noteNeighbours(servers)
	return nil
}

// errorsOf reports whether another site has its error pages in a location.
func (p *nginxPlan) errorsOf(location *nginxNode) bool {
	for _, s := range p.sites {
		for _, b := range s.behaviours {
			if b.block == location {
				continue
			}
			for _, page := range b.block.inherited("error_page") {
				if p.config.errorLocation(b.block, page) == location {
					return true
				}
			}
		}
	}
	return false
}

// snippets makes targets of the sites in files that have no server.
func (p *nginxPlan) snippets() error {
	for _, s := range p.sites {
		if s.node.kind == "location" || s.node.kind == "server" {
			if err := p.target(s.node, s); err != nil {
				return err
			}
		}
	}
	if len(p.targets) == 0 {
		return ErrNotHere
	}
	p.note("The files show no server: where one forwards requests, proxy_hide_header for the application's own CORS headers must stand beside proxy_pass.")
	return nil
}

// site returns the site that decides about a block, or nil.
func (p *nginxPlan) site(block *nginxNode) *nginxSite {
	owner := block.owner()
	for _, s := range p.sites {
		if s.node == owner {
			return s
		}
	}
	return nil
}

func (p *nginxPlan) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.notes, text) {
		p.notes = append(p.notes, text)
	}
}

// servers returns the servers that answer requests, of the configuration of
// nginx.conf if there is one.
func (p *nginxPlan) servers() (list []*nginxNode) {
	var rest []*nginxNode
	only, _ := p.config.only(p.want)
	for _, b := range p.config.blocks() {
		if b.kind != "server" || len(b.named("return")) > 0 || only != nil && b.top() != only {
			continue
		}
		if b.up("main") != nil {
			list = append(list, b)
		} else {
			rest = append(rest, b)
		}
	}
	if len(list) == 0 {
		return rest
	}
	for _, b := range rest {
		p.note("%s is not included by nginx.conf, and is left as it is.", b.file.Name)
	}
	return list
}

// applications returns the servers that forward requests; all of them, if none
// does.
func (p *nginxPlan) applications(servers []*nginxNode) []*nginxNode {
	var list []*nginxNode
	for _, s := range servers {
		forwards := false
		s.each(func(n *nginxNode) { forwards = forwards || nginxPasses[n.kind] != "" })
		if forwards {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return servers
	}
	return list
}

// target adds a target.
func (p *nginxPlan) target(block *nginxNode, site *nginxSite) error {
	t := &nginxTarget{block: block, site: site, draft: &Draft{}}
	if site != nil {
		t.draft = &site.Draft
	}
	for _, r := range t.draft.Remarks {
		if r.Kind == Dynamic && r.Field != "" && !p.want.Mentions(r.Field) {
			return fmt.Errorf("%s: %s, line %d: %s; say what %s is to be", block.title(), r.File.Name, r.File.Place(r.Start).Line, strings.TrimSuffix(r.Text, "."), r.Field)
		}
	}
	policy, err := p.want.Policy(t.draft)
	if err != nil {
		return fmt.Errorf("%s: %s", block.title(), problem(err))
	}
	t.policy, t.plan = policy, planFor(policy, "nginx", canEverything)
	t.plan.keepNames(func(name string) bool { return !strings.Contains(name, "$") })
	if len(t.plan.Lost) > 0 {
		return fmt.Errorf("%s Leave it out, or write the configuration of another proxy: corsac generate caddy", t.plan.Lost[0].Text)
	}
	_, aged := policy.MaxAge.Duration()
	t.answer = len(policy.AllowMethods)+len(policy.AllowHeaders) > 0 || aged || policy.PreflightStatus != 0
	p.targets = append(p.targets, t)
	p.noteRemoved(t)
	p.noteLimits(t)
	return nil
}

// leaves returns the blocks that requests of a target can end in: itself, and
// those in it that are not targets themselves.
func (p *nginxPlan) leaves(t *nginxTarget) (list []*nginxNode) {
	var add func(n *nginxNode)
	add = func(n *nginxNode) {
		list = append(list, n)
		for _, c := range n.named("location") {
			if !slices.ContainsFunc(p.targets, func(o *nginxTarget) bool { return o.block == c }) {
				add(c)
			}
		}
	}
	add(t.block)
	return list
}

// check applies the edits in memory, and reports whether every target then
// does what is wanted.
func (p *nginxPlan) check(t *source.Tree, texts map[string]string, edits map[string][]source.Edit) error {
	changed, err := applied(t, texts, edits)
	if err != nil {
		return err
	}
	c := loadNginx(t, changed)
	if len(c.broken) > 0 {
		return fmt.Errorf("the change would break %s, so nothing is changed", c.broken[0].file.Name)
	}
	before, after := p.config.blocks(), c.blocks()
	if len(before) != len(after) {
		return errors.New("the change would lose a block, so nothing is changed")
	}
	index := map[*nginxNode]int{}
	for i, block := range before {
		index[block] = i
	}
	for _, target := range p.targets {
		for _, leaf := range p.leaves(target) {
			i, ok := index[leaf]
			if !ok {
				continue
			}
			why := c.falls(after[i], target)
			if c.large() {
				why = "the configuration is too large to be understood"
			}
			if why != "" {
				return fmt.Errorf("%s in %s cannot be changed safely, so nothing is changed: %s; write the lines of corsac generate nginx there", leaf.title(), leaf.file.Name, why)
			}
		}
	}
	return nil
}

// falls returns how a block falls short of what is wanted; "" if it does not.
func (c *nginxConfig) falls(block *nginxNode, t *nginxTarget) string {
	b := c.behaviour(block)
	if b.refusesAll() {
		return ""
	}
	owner := block.owner()
	if owner == nil {
		return "it has no CORS headers"
	}
	s := &nginxSite{Site: &Site{File: block.file, Draft: Draft{known: c.policies}}, node: owner, behaviours: []*nginxBehaviour{b}}
	s.draft(c)
	for _, r := range s.Draft.Remarks {
		if !r.Kind.carried() {
			return r.Text
		}
	}
	got, err := s.Draft.Policy()
	if e := b.example(); err == nil && e.get.at != nil && e.get.at == e.preflight.at {
		got.PreflightStatus = t.policy.PreflightStatus // that of all requests is not changed
	}
	switch {
	case err != nil:
		return problem(err)
	case !samePolicy(got, t.policy):
		return "it would allow something else"
	case t.answer && !b.example().answered() && b.example().get.at == nil:
		return "preflights get no answer"
	}
	s.lintValues(b)
	s.lintComparisons(c, b)
	s.lintAnswers(b)
	s.lintUpstream(b)
	s.lintHidden(b, t.plan)
	for _, f := range s.Faults {
		if f.Rule.Severity != nginxFragile.Severity && f.Rule != nginxWide { // what it matches is what is wanted
			return f.Rule.Title
		}
	}
	return ""
}

// refusesAll reports whether every GET ends in the same redirect or error.
func (b *nginxBehaviour) refusesAll() bool {
	at := b.none.at
	return at != nil && b.none.status >= 300 && b.stranger.get.at == at &&
		!slices.ContainsFunc(b.tried, func(t nginxTried) bool { return t.get.at != at })
}

// samePolicy reports whether two policies allow the same.
func samePolicy(a, b *cors.Policy) bool {
	key := func(p *cors.Policy) string {
		fold := func(list []string) []string {
			list = slices.Clone(list)
			for i := range list {
				list[i] = strings.ToLower(list[i])
			}
			slices.Sort(list)
			return slices.Compact(list)
		}
		sorted := func(list []string, but ...string) []string {
			list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(but, s) })
			slices.Sort(list)
			return slices.Compact(list)
		}
		age, aged := p.MaxAge.Duration()
		return fmt.Sprintf("%q %q %q %q %t %t %v %d %t %s", originsOf(p), sorted(p.AllowMethods, "GET", "HEAD", "POST"),
			fold(p.AllowHeaders), fold(p.ExposeHeaders), p.AllowCredentials, aged, age, cmp.Or(p.PreflightStatus, 204), p.AllowTiming, p.ResourcePolicy)
	}
	return key(a) == key(b)
}
