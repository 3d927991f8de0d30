package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
)

var aspnetSource = &Source{
	Files: aspnetPatterns,
	Rules: aspnetRules,
	Read:  readASPNET,
}

// aspnetPatterns are the names of files with code.
var aspnetPatterns = []string{"*.cs"}

// aspnetProject is the files of a project with ASP.NET Core while they are read.
type aspnetProject struct {
	tree     *source.Tree
	files    []*codeFile
	settings map[string]*aspnetSettings // by the names of their files
	policies []*aspnetPolicy
	uses     []*aspnetUse
	// named is false if policies or their uses have names that are not known.
	named bool
	// defaults says that there is a default policy.
	defaults bool
	// metadata says that endpoints have policies of their own.
	metadata bool
}

// aspnetPolicy is a policy that AddPolicy or AddDefaultPolicy adds.
type aspnetPolicy struct {
	site *aspnetSite
	name string // "" for the default one
}

// aspnetUse is a call of UseCors, RequireCors or [EnableCors].
type aspnetUse struct {
	code *codeFile
	call cfamily.Call
	site *codeSite // of a UseCors; nil for others
}

// aspnetWords are those of which a file has one that decides about CORS.
var aspnetWords = []string{"UseCors", "AddCors", "EnableCors", "DisableCors", "RequireCors", "CorsPolicyBuilder", "ccess-Control-Allow", "AccessControlAllow"}

// readASPNET returns the places in code of ASP.NET Core that decide about CORS.
func readASPNET(t *source.Tree) (sites []*Site) {
	p := &aspnetProject{tree: t, settings: map[string]*aspnetSettings{}, named: true, files: codeFiles(t, aspnetCommon, aspnetPatterns, aspnetWords)}
	for _, f := range p.files {
		f.aspnetPolicies(p)
		f.aspnetUses(p)
	}
	readByHand(p.files, len(p.policies) > 0, aspnetTwice)
	p.checkNames()
	for _, f := range p.files {
		f.aspnetOrder(p)
	}
	for _, f := range p.files {
		f.sites = slices.DeleteFunc(f.sites, func(s *Site) bool {
			return len(s.Draft.Entries)+len(s.Draft.Remarks)+len(s.Faults) == 0
		})
		sites = append(sites, sorted(f.sites)...)
	}
	return sites
}

// aspnetPolicies reads the policies of a file.
func (f *codeFile) aspnetPolicies(p *aspnetProject) {
	for _, name := range []string{"AddPolicy", "AddDefaultPolicy", "UseCors", "RequireCors"} {
		for _, i := range f.Named(name) {
			c, ok := f.CallAt(i)
			if !ok || f.full() || f.At(i-1) == "void" || f.Kind(i-1) == cfamily.Name {
				continue
			}
			r := cfamily.Range{Start: i, End: f.End(c)}
			isPolicy := name == "AddPolicy" || name == "AddDefaultPolicy"
			if isPolicy && !f.builds(r) && !f.within(i, "AddCors") || !isPolicy && !f.builds(r) {
				continue
			}
			f.aspnetPolicy(p, c)
		}
	}
	for _, i := range f.Named("CorsPolicyBuilder") {
		c, ok := f.CallAt(i)
		if !ok || f.At(i-1) != "new" || f.within(i, "AddPolicy") || f.within(i, "AddDefaultPolicy") || f.within(i, "UseCors") || f.full() {
			continue
		}
		f.aspnetBuilder(p, c)
	}
}

// within reports whether a token is among the arguments of a call.
func (f *codeFile) within(i int, call string) bool {
	for up := f.Up(i); up >= 0; up = f.Up(up) {
		if f.At(up-1) == call && f.At(up) == "(" {
			return true
		}
	}
	return false
}

// aspnetPolicy reads a call that has a policy.
func (f *codeFile) aspnetPolicy(p *aspnetProject, c cfamily.Call) {
	args := f.Args(c.Open)
	method := f.At(c.Name)
	title := method + "(policy)"
	policy := &aspnetPolicy{}
	switch {
	case method == "AddPolicy" && len(args) > 0:
		policy.name = f.policyName(p, args[0])
		title = "AddPolicy(" + f.Source(f.unnamed(args[0])) + ")"
		args = args[1:]
	case method == "AddDefaultPolicy":
		title, p.defaults = "AddDefaultPolicy", true
	}
	s := &aspnetSite{codeSite: f.codeSite(title, cfamily.Range{Start: c.Name, End: f.End(c)}), project: p}
	policy.site = s
	if method == "AddPolicy" || method == "AddDefaultPolicy" {
		p.policies = append(p.policies, policy)
	}
	if len(args) == 0 || !f.builds(args[len(args)-1]) {
		s.open = true
		if len(f.Named("CorsPolicyBuilder")) > 0 {
			return // which is a site of its own
		}
		s.remark(Dynamic, "", "The policy is not written here.", s.Span)
		return
	}
	body := f.unnamed(args[len(args)-1])
	if f.At(body.Start) == "new" && f.At(body.Start+1) == "CorsPolicyBuilder" {
		if origins := f.Args(body.Start + 2); len(origins) > 0 {
			s.withOrigins(origins)
		}
	}
	scope := f.Up(body.Start)
	if arrow := f.Until(body.Start, body.End, "=>"); f.At(arrow+1) == "{" {
		scope = arrow + 1
	}
	s.calls(body, scope)
	s.done()
}

// aspnetBuilder reads a CorsPolicyBuilder on its own.
func (f *codeFile) aspnetBuilder(p *aspnetProject, c cfamily.Call) {
	chain := f.Chain(f.Partner(c.Open))
	end := f.End(c)
	if len(chain) > 0 {
		end = f.End(chain[len(chain)-1])
	}
	s := &aspnetSite{codeSite: f.codeSite("new CorsPolicyBuilder()", cfamily.Range{Start: c.Name - 1, End: end}), project: p}
	if args := f.Args(c.Open); len(args) > 0 {
		s.withOrigins(args)
	}
	scope := f.Up(c.Name)
	s.calls(cfamily.Range{Start: c.Name, End: end}, scope)
	if name := f.assigned(c.Name - 1); name >= 0 {
		limit := len(f.Tokens)
		if scope >= 0 {
			limit = f.Partner(scope)
		}
		for _, i := range f.Named(f.At(name)) {
			if chain := f.Chain(i); i >= end && i < limit && len(chain) > 0 {
				s.calls(cfamily.Range{Start: i, End: f.End(chain[len(chain)-1])}, scope)
			}
		}
	}
	s.done()
}

// unnamed returns an argument without its name, such as that of name: "a".
func (f *codeFile) unnamed(r cfamily.Range) cfamily.Range {
	if f.Kind(r.Start) == cfamily.Name && f.At(r.Start+1) == ":" && r.End > r.Start+2 {
		r.Start += 2
	}
	return r
}

// policyName returns the name that an argument has; "" if it is not known.
func (f *codeFile) policyName(p *aspnetProject, r cfamily.Range) string {
	r = f.unnamed(r)
	if v := f.Value(r); v.Kind == cfamily.StringValue {
		return v.Text
	}
	// A constant of another file is known by its own name.
	if f.Kind(r.End-1) == cfamily.Name && r.End-r.Start < 12 {
		return "\x00" + f.At(r.End-1)
	}
	p.named = false
	return ""
}

// aspnetUses finds where policies are used.
func (f *codeFile) aspnetUses(p *aspnetProject) {
	for _, name := range []string{"EnableCors", "DisableCors", "RequireCors", "EnableCorsAttribute", "UseCors"} {
		for _, i := range f.Named(name) {
			if before := f.At(i - 1); f.Kind(i-1) == cfamily.Name && before != "new" {
				continue // a declaration
			}
			p.metadata = p.metadata || name != "UseCors"
			c, ok := f.CallAt(i)
			if !ok {
				continue
			}
			use := &aspnetUse{code: f, call: c}
			if name == "UseCors" && !f.full() {
				use.site = f.codeSite("UseCors(…)", cfamily.Range{Start: i, End: f.End(c)})
			}
			p.uses = append(p.uses, use)
		}
	}
	p.defaults = p.defaults || len(f.Named("DefaultPolicyName")) > 0
}

// checkNames reports policies and uses whose names have no counterpart.
func (p *aspnetProject) checkNames() {
	var names []string
	middleware := false
	for _, u := range p.uses {
		args := u.code.Args(u.call.Open)
		middleware = middleware || u.site != nil
		if len(args) == 0 || u.code.builds(args[0]) {
			if len(args) == 0 && u.site != nil && !p.defaults && !p.metadata && p.named && len(p.policies) > 0 {
				u.site.fault(aspnetNoDefault, u.site.Span, "")
				names = append(names, p.names()...)
			}
			continue
		}
		name := u.code.policyName(p, args[0])
		names = append(names, name)
		if p.named && len(p.policies) > 0 && !strings.HasPrefix(name, "\x00") && !slices.Contains(p.names(), name) && !slices.ContainsFunc(p.names(), func(n string) bool { return strings.HasPrefix(n, "\x00") }) {
			p.unknown(u, args[0], name)
		}
	}
	for _, policy := range p.policies {
		at := policy.site.start()
		switch {
		case !middleware:
			if policy.site.code.buildsPipeline() {
				policy.site.fault(aspnetNoUse, at, "")
			}
		case policy.name != "" && p.named && !slices.Contains(names, policy.name) && !strings.HasPrefix(policy.name, "\x00"):
			if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "\x00") }) {
				policy.site.fault(aspnetUnused, at, "")
			}
		}
	}
}

// names returns the names of all policies.
func (p *aspnetProject) names() (names []string) {
	for _, policy := range p.policies {
		names = append(names, policy.name)
	}
	return names
}

// unknown reports the use of a policy that is not there.
func (p *aspnetProject) unknown(u *aspnetUse, arg cfamily.Range, name string) {
	s := u.site
	if s == nil {
		s = u.code.codeSite(u.code.At(u.call.Name), cfamily.Range{Start: u.call.Name, End: u.code.End(u.call)})
	}
	known := slices.DeleteFunc(p.names(), func(n string) bool { return n == "" })
	evidence := "there is " + strings.Join(known, ", ")
	if len(known) == 0 {
		evidence = "there is only a default policy"
	}
	s.fault(aspnetUnknown, u.code.Span(arg), shorten(name+"; "+evidence))
}

// buildsPipeline reports whether a file sets up what answers requests, so that
// UseCors belongs there.
func (f *codeFile) buildsPipeline() bool {
	return len(f.Named("IApplicationBuilder")) > 0 || len(f.Named("WebApplication")) > 0 && len(f.Named("Run"))+len(f.Named("RunAsync")) > 0
}

// aspnetOrder reports a UseCors that comes too early or too late. Only the first
// one of a function counts.
func (f *codeFile) aspnetOrder(p *aspnetProject) {
	seen := map[int]bool{}
	for _, u := range p.uses {
		if u.code != f || u.site == nil {
			continue
		}
		at := u.call.Name
		body := f.functionBody(at)
		if seen[body] {
			continue
		}
		seen[body] = true
		find := func(before bool, names ...string) int {
			for _, name := range names {
				for _, i := range f.Named(name) {
					if c, ok := f.CallAt(i); ok && (i < at) == before && f.At(i-1) == "." && f.functionBody(i) == body && !f.inside(at, c) {
						return i
					}
				}
			}
			return -1
		}
		if i := find(true, "UseAuthorization"); i >= 0 {
			u.site.fault(aspnetAfterAuthorization, u.site.Span, "", f.moved(at, i, find(true, "UseRouting"))...)
		}
		if find(true, "UseEndpoints", "UseMvc", "UseMvcWithDefaultRoute") >= 0 {
			u.site.fault(aspnetAfterEndpoints, u.site.Span, "")
		}
		if find(false, "UseRouting") >= 0 && p.metadata {
			u.site.fault(aspnetBeforeRouting, u.site.Span, "")
		}
		if find(true, "UseResponseCaching", "UseOutputCache") >= 0 {
			u.site.fault(aspnetAfterCaching, u.site.Span, "")
		}
	}
}

// inside reports whether a token is in the arguments of a call.
func (f *codeFile) inside(i int, c cfamily.Call) bool { return c.Open < i && i < f.Partner(c.Open) }

// moved returns the edits that move the statement of a UseCors before that of
// another call, if both are lines of their own in one block, and that is after
// UseRouting if there is one.
func (f *codeFile) moved(use, before, routing int) []source.Edit {
	from, to := f.Statement(use), f.Statement(before)
	if f.Up(from.Start) != f.Up(to.Start) || from.Start <= to.Start || routing > to.Start || f.At(from.End-1) != ";" || f.At(to.End-1) != ";" {
		return nil
	}
	between := cfamily.Range{Start: to.Start, End: from.Start}
	if c, ok := f.CallAt(use); ok {
		for i := c.Open; i < f.Partner(c.Open); i++ {
			if f.Kind(i) == cfamily.Name && f.Mentions(between, f.At(i)) {
				return nil // it may be declared there
			}
		}
	}
	line, ok := f.wholeLines(from)
	target, also := f.wholeLines(to)
	if !ok || !also {
		return nil
	}
	return []source.Edit{source.Insert(target.Start, line.In(f.file)), {Span: line}}
}

// wholeLines returns the lines of a statement, if nothing else is on them.
func (f *codeFile) wholeLines(r cfamily.Range) (span source.Span, ok bool) {
	s := f.Span(r)
	span = source.Span{Start: f.file.LineStart(s.Start), End: f.file.LineEnd(s.End)}
	alone := strings.TrimSpace(f.file.Text[span.Start:s.Start])+strings.TrimSpace(f.file.Text[s.End:span.End]) == ""
	return span, alone && strings.HasSuffix(f.file.Text[:span.End], "\n")
}
