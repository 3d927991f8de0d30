package lint

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// The rules of corsac.yaml. The first has the cause of the mistake.
var (
	fileMistake = &stacks.Rule{
		ID: "corsac/mistake", Severity: finding.Error, Title: "corsac refuses the file",
		Why: "corsac serve does not start with it.", Fix: "Correct what corsac validate reports.",
	}
	fileNote = &stacks.Rule{
		ID: "corsac/note", Severity: finding.Note, Title: "a setting changes nothing, or less than it seems to",
		Why: "It is not wrong, but makes the policy harder to read.", Fix: "Remove it, or write what is meant.",
	}
	fileUnused = &stacks.Rule{
		ID: "corsac/unused-policy", Severity: finding.Note, Title: "no route uses this policy",
		Why: "Nobody notices if it is wrong.", Fix: "Remove it, or write the route that is missing.",
	}
	fileNull = &stacks.Rule{
		ID: "corsac/null-origin", Severity: finding.Warning, Cause: "acao-literal-null", Title: "the origin null is allowed",
		Why: "Any website can send the origin null, from a sandboxed frame. What the policy allows, every website may do.",
		Fix: "Serve the page over http or https and list its origin; then remove null and dangerously_allow_null_origin.",
	}
	fileInsecure = &stacks.Rule{
		ID: "corsac/insecure-origin", Severity: finding.Warning, Title: "a plain http origin is allowed, with credentials",
		Why: "Anyone on the network path to a plain http page can change it, and then read the data of its users.",
		Fix: "Serve the page over https, list its https origin, and remove dangerously_allow_insecure_origins_with_credentials.",
	}
	fileMixed = &stacks.Rule{
		ID: "corsac/http-beside-https", Severity: finding.Note, Title: "a plain http origin is allowed beside https ones",
		Why: "Anyone on the network path to a plain http page can read what the policy lets that page read.",
		Fix: "Remove it, if the page is served over https today.",
	}
	fileBroad = &stacks.Rule{
		ID: "corsac/broad-origin", Severity: finding.Warning, Title: "origins of different owners are allowed, with credentials",
		Why: "Anyone who registers a name that it matches can read the data of your users.",
		Fix: "List the origins that are yours, and remove dangerously_allow_public_suffixes_with_credentials.",
	}
	fileNoOrigin = &stacks.Rule{
		ID: "corsac/regexp-matches-nothing", Severity: finding.Warning, Title: "the expression matches no origin",
		Why: "It is compared with all of the origin, which begins with a scheme such as https:// and has no capital letters. So it allows nobody.",
		Fix: "Write all of the origin, such as https://([a-z0-9-]+\\.)*example\\.com, or remove it.",
	}
	fileOpen = &stacks.Rule{
		ID: "corsac/open-private-route", Severity: finding.Warning, Title: "every website may read a route that looks private",
		Why: "The policy allows every origin. If the route is protected only by the network that it is in, a page that a user in that network visits can read it.",
		Fix: "Give the route a policy with the origins of its pages.",
	}
	fileShadowed = &stacks.Rule{
		ID: "corsac/shadowed-route", Severity: finding.Warning, Title: "on one host, another route takes the requests of this one",
		Why: "Routes with a host are tried before those without, however short their path is. So the same server answers under another policy there.",
		Fix: "Repeat the route with that host.",
	}
	fileRules = []*stacks.Rule{fileMistake, fileNote, fileUnused, fileNull, fileInsecure, fileMixed, fileBroad, fileNoOrigin, fileOpen, fileShadowed}
)

// policyFiles returns the files of policies in a tree: those named corsac.yaml, other
// YAML files that have policies, and those that the user says are such.
func policyFiles(t *source.Tree, only *stacks.Stack) (files []*source.File) {
	if only != nil && only.Name != "corsac" {
		return nil
	}
	names := t.Names("corsac.yaml", "corsac.yml")
	add := func(name string, is func(text string) bool) {
		if f := t.Open(name); f != nil && is(f.Text) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range t.Names("*.yaml", "*.yml") {
		named := slices.Contains(t.Named(), name)
		add(name, func(text string) bool {
			policies, origins := hasPolicies.MatchString(text), hasOrigins.MatchString(text)
			return policies && origins || named && (policies || origins)
		})
	}
	for _, name := range t.Named() {
		if only != nil {
			add(name, func(string) bool { return true })
		}
	}
	for _, name := range names {
		if f := t.Open(name); f != nil {
			files = append(files, f)
		}
	}
	return files
}

// hasPolicies finds the section of a file of policies, and hasOrigins the setting
// that they all have.
var (
	hasPolicies = lazyregexp.New(`(?m)^policies:`)
	hasOrigins  = lazyregexp.New(`\ballow_origins["']?:`)
)

// ofFile returns what is wrong with a file of policies.
func ofFile(t *source.Tree, f *source.File) []fault {
	c, err := config.Parse(t.Show(f.Name), []byte(f.Text))
	var mistakes finding.Mistakes
	if errors.As(err, &mistakes) {
		return all(fileMistake, mistakes)
	}
	if err != nil {
		return nil
	}
	l := &linter{file: f, config: c}
	for _, note := range c.Notes() {
		rule := fileNote
		if note.Cause == config.NoteUnused {
			rule = fileUnused
		}
		l.faults = append(l.faults, fault{rule, note})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Policies)) {
		p := c.Policies[name]
		l.policy(name, &p)
	}
	l.routes()
	return l.faults
}

// all returns findings of one rule.
func all(r *stacks.Rule, list []finding.Finding) (faults []fault) {
	for i := range list {
		faults = append(faults, fault{r, list[i]})
	}
	return faults
}

// linter looks at a file that corsac accepts.
type linter struct {
	file   *source.File
	config *config.Config
	faults []fault
}

// add adds a finding at a place in the file; evidence may be "".
func (l *linter) add(r *stacks.Rule, at finding.Place, evidence string) {
	offset := l.file.Line(at.Line)
	line := l.file.Text[offset:l.file.LineEnd(offset)]
	n := 0
	for i := range line {
		if n++; n == at.Column {
			offset += i
			break
		}
	}
	at.Excerpt, at.Caret = excerpt(l.file, offset)
	f := found(r, "corsac", &at)
	if evidence != "" {
		f.Evidence = []string{evidence}
	}
	l.faults = append(l.faults, fault{r, f})
}

// policy looks at a policy.
func (l *linter) policy(name string, p *cors.Policy) {
	https := slices.ContainsFunc(p.AllowOrigins, func(s string) bool { return strings.HasPrefix(s, "https://") })
	for i, s := range p.AllowOrigins {
		at := l.config.Place(name, "allow_origins", i)
		pattern, err := origin.ParsePattern(s)
		switch {
		case s == "null":
			l.add(fileNull, at, "")
		case err != nil: // *
		case p.AllowCredentials && pattern.UnderPublicSuffix():
			l.add(fileBroad, at, "")
		case pattern.Origin().Scheme() != "http" || pattern.Origin().AddressSpace() == origin.SpaceLoopback:
		case p.AllowCredentials:
			l.add(fileInsecure, at, "")
		case https && pattern.Origin().AddressSpace() <= origin.SpacePublic:
			l.add(fileMixed, at, "")
		}
	}
	for i, s := range p.DangerouslyAllowOriginRegexps {
		if stacks.MatchesNoOrigin(s) {
			l.add(fileNoOrigin, l.config.Place(name, "dangerously_allow_origin_regexps", i), "")
		}
		if why := broad(s); p.AllowCredentials && why != "" {
			l.add(fileBroad, l.config.Place(name, "dangerously_allow_origin_regexps", i), why)
		}
	}
}

// broad says why a regular expression is one for origins of different owners, or
// "".
func broad(expr string) string {
	_, err := cors.New(cors.Policy{DangerouslyAllowOriginRegexps: []string{expr}, AllowCredentials: true})
	var mistake *cors.ConfigError
	if errors.As(err, &mistake) && mistake.Code == cors.CodeOriginPublicSuffix {
		return mistake.Why
	}
	return ""
}

// private matches a segment of a path that is rarely meant for every website.
var private = lazyregexp.New(`^(?i:admin|administration|internal|intern|private|actuator|debug|metrics|management|_?cluster|console)$`)

// routes looks at the routes of the gateway.
func (l *linter) routes() {
	for i := range l.config.Gateway.Routes {
		r := &l.config.Gateway.Routes[i]
		p := l.config.Policies[r.Policy]
		if slices.Contains(p.AllowOrigins, "*") && slices.ContainsFunc(strings.Split(r.Path, "/"), private.MatchString) {
			l.add(fileOpen, l.config.RoutePlace(i), fmt.Sprintf("%s has the policy %s", r.Path, r.Policy))
		}
		if r.Host == "" {
			l.shadowed(i)
		}
	}
}

// shadowed looks for a route with a host and a shorter path, to the same server but
// with another policy, if none with that host is as exact.
func (l *linter) shadowed(i int) {
	routes := l.config.Gateway.Routes
	r := &routes[i]
	if r.Upstream == nil {
		return // Envoy has it
	}
	for j := range routes {
		other := &routes[j]
		if other.Host == "" || other.Policy == r.Policy || other.Upstream.Host != r.Upstream.Host || !within(r.Path, other.Path) || r.Path == other.Path {
			continue
		}
		if !slices.ContainsFunc(routes, func(x config.Route) bool {
			return x.Host == other.Host && x.Path != other.Path && within(r.Path, x.Path) && within(x.Path, other.Path)
		}) {
			l.add(fileShadowed, l.config.RoutePlace(i), fmt.Sprintf("on %s, %s has the policy %s, that of line %d", other.Host, r.Path, other.Policy, l.config.RoutePlace(j).Line))
		}
	}
}

// within reports whether a path is another or below it.
func within(p, prefix string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	return p == prefix || strings.HasPrefix(p, prefix+"/")
}

// Unknown says which files that the user names were not looked at, as nothing shows
// what they are; "" if there are none. It is an error if no file was looked at.
func Unknown(trees []*source.Tree) (note string, err error) {
	var names []string
	looked := false
	for _, t := range trees {
		list := t.Unopened()
		looked = looked || len(list) < len(t.Named()) || len(t.Named()) == 0
		for _, name := range list {
			names = append(names, t.Show(name))
		}
	}
	const hint = "a file whose name does not show what it is needs --stack"
	switch {
	case len(names) == 0:
		return "", nil
	case !looked:
		return "", fmt.Errorf("corsac does not know what %s is for; %s", strings.Join(names, ", "), hint)
	}
	return fmt.Sprintf("not looked at: %s; %s", strings.Join(names, ", "), hint), nil
}
