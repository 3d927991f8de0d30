package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
)

var springSource = &Source{
	Files: slices.Concat(springPatterns, springProperties),
	Rules: springRules,
	Read:  readSpring,
}

// springPatterns are the names of files with code.
var springPatterns = []string{"*.java", "*.kt"}

// springProject is the files of a project with Spring while they are read.
type springProject struct {
	files []*codeFile
	// sites are those that Spring Security may answer before.
	controllers, beans int
	// handlers says that the rule about handlers was reported.
	handlers bool
	// secured says that it has Spring Security, and early that CORS comes before.
	secured, early bool
}

// onlyHandlers reports, once, that only answers of controllers have headers.
func (p *springProject) onlyHandlers(s *springSite) {
	if !p.handlers {
		p.handlers = true
		s.fault(springHandlers, s.start(), "")
	}
}

// readSpring returns the places in code and properties of Spring that decide
// about CORS.
func readSpring(t *source.Tree) (sites []*Site) {
	p := &springProject{files: codeFiles(t, springCommon, springPatterns, springWords)}
	for _, f := range p.files {
		f.springObjects(p)
		f.springMappings(p)
		f.springAnnotations(p)
		f.springEarly(p)
	}
	readByHand(p.files, p.controllers+p.beans > 0, springByHand)
	for _, f := range p.files {
		f.springSecurity(p)
		f.springFilters(p)
		sites = append(sites, sorted(f.sites)...)
	}
	return append(sites, readSpringSettings(t, p)...)
}

// springWords are those of which a file has one that decides about CORS.
var springWords = []string{"CorsConfiguration", "CorsRegistry", "CrossOrigin", "HttpSecurity", "CorsFilter", "ccess-Control-Allow", "ACCESS_CONTROL_ALLOW"}

// springSite is a configuration in code while it is read.
type springSite struct {
	*codeSite
	springConfig
}

// set carries out a call or an assignment: a setting by the name that code has
// for it, with values.
func (s *springSite) set(name string, at int, args []cfamily.Range) {
	lower := strings.ToLower(name)
	setting := springSettings[strings.TrimPrefix(lower, "set")]
	if rest, ok := strings.CutPrefix(lower, "add"); ok {
		setting = springSettings[rest]
	}
	switch setting {
	case "":
	case "permit":
		s.permit()
	case "private":
		s.remark(Lost, "", noPrivateNetwork, s.code.Span(cfamily.Range{Start: at, End: at + 1}))
	case "credentials":
		s.allows(args)
	case "age":
		if len(args) == 1 && s.code.At(args[0].Start) != "-" {
			s.aged = true
			s.seconds(args[0])
		}
	default:
		var values []cfamily.Value
		for _, arg := range args {
			values = append(values, s.code.Value(arg))
		}
		parts, known := s.strings(springField(setting), values...)
		if s.put(setting, parts, known) && springField(setting) != "allow_methods" {
			s.fault(springKept, s.code.Span(cfamily.Range{Start: at, End: at + 1}), "")
		}
	}
}

// allows reads allowCredentials, which in annotations is a text.
func (s *springSite) allows(args []cfamily.Range) {
	if len(args) != 1 {
		return
	}
	v, at := s.code.Value(args[0]), s.code.Span(args[0])
	switch {
	case v.Kind == cfamily.TrueValue, v.Kind == cfamily.StringValue && strings.EqualFold(v.Text, "true"):
		s.springConfig.credentials = &at
	case v.Kind == cfamily.FalseValue, v.Kind == cfamily.NullValue, v.Kind == cfamily.StringValue && (strings.EqualFold(v.Text, "false") || v.Text == ""):
		s.springConfig.credentials = nil
	case v.Kind == cfamily.StringValue && !strings.Contains(v.Text, "${"):
		s.fault(springCredentialsText, at, "")
	default:
		s.dynamic("allow_credentials", &v)
	}
}

// done completes the site.
func (s *springSite) done() {
	s.apply(s.confSite)
	s.finish()
}

// springObjects reads objects of CorsConfiguration.
func (f *codeFile) springObjects(p *springProject) {
	for _, i := range f.Named("CorsConfiguration") {
		start := i
		for f.At(start-1) == "." && f.Kind(start-2) == cfamily.Name {
			start -= 2 // the name of the package
		}
		if f.At(start-1) == "new" {
			start--
		}
		c, ok := f.CallAt(i)
		if !ok || f.full() || f.Language == cfamily.Java && f.At(start) != "new" || f.Language == cfamily.Kotlin && slices.Contains([]string{"fun", "class", ":"}, f.At(start-1)) {
			continue
		}
		chain := f.Chain(f.Partner(c.Open))
		end := f.End(c)
		if len(chain) > 0 {
			end = f.End(chain[len(chain)-1])
		}
		s := &springSite{codeSite: f.codeSite("new CorsConfiguration()", cfamily.Range{Start: start, End: end})}
		p.beans++
		if len(f.Args(c.Open)) > 0 {
			s.remark(Dynamic, "", "It begins as a copy of another configuration.", s.Span)
		}
		for _, call := range chain {
			s.call(call, f.Up(start))
		}
		name := f.assigned(start)
		if name >= 0 {
			s.uses(name, end)
		}
		s.registered(start, name)
		s.done()
	}
}

// assigned returns the token of the variable that an expression is assigned to, or
// -1.
func (f *codeFile) assigned(i int) int {
	if f.At(i-1) != "=" {
		return -1
	}
	name := i - 2
	if f.Language == cfamily.Kotlin && f.At(name-1) == ":" {
		name -= 2
	}
	if f.Kind(name) != cfamily.Name {
		return -1
	}
	return name
}

// call carries out a call in a chain, or what the lambda of Kotlin's apply has.
func (s *springSite) call(c cfamily.Call, scope int) {
	name := s.code.At(c.Name)
	switch {
	case name == "apply" || name == "also" || name == "run":
		open := c.Open
		if s.code.At(open) == "(" {
			return
		}
		s.block(open)
	case s.code.At(c.Open) != "(":
	case s.code.conditional(c.Name, scope):
		s.onCondition(name, c.Name)
	default:
		s.set(name, c.Name, s.code.Args(c.Open))
	}
}

// onCondition remarks on a setting that a condition decides about.
func (s *springSite) onCondition(name string, at int) {
	lower := strings.ToLower(name)
	lower = strings.TrimPrefix(strings.TrimPrefix(lower, "set"), "add")
	setting, ok := springSettings[lower]
	if !ok {
		return
	}
	field := springField(setting)
	s.remark(Dynamic, field, "A condition or a loop decides about it.", s.code.Span(cfamily.Range{Start: at, End: at + 1}))
	if name, _ := strings.CutPrefix(setting, "+"); slices.Contains([]string{"origins", "patterns", "methods", "headers", "exposed"}, name) {
		l := s.list(name)
		l.given, l.open = true, true
	}
}

// block carries out what a lambda of Kotlin does with the object, which is this
// or it.
func (s *springSite) block(open int) {
	end := s.code.Partner(open)
	for i := open + 1; i < end; i++ {
		before := s.code.At(i - 1)
		if s.code.Kind(i) != cfamily.Name || before == "." && s.code.At(i-2) != "it" && s.code.At(i-2) != "this" {
			continue
		}
		i = max(i, s.member(i, open)-1)
	}
}

// member carries out a call or an assignment of a member, and returns the index
// after it.
func (s *springSite) member(i, scope int) int {
	c, isCall := s.code.CallAt(i)
	var args []cfamily.Range
	end := i + 1
	switch {
	case isCall:
		args, end = s.code.Args(c.Open), s.code.End(c)
	case s.code.At(i+1) == "=":
		end = s.code.Statement(i).End
		value := end
		if s.code.At(value-1) == ";" {
			value--
		}
		args = []cfamily.Range{{Start: i + 2, End: value}}
	default:
		return end
	}
	if s.code.conditional(i, scope) {
		s.onCondition(s.code.At(i), i)
	} else {
		s.set(s.code.At(i), i, args)
	}
	return end
}

// uses carries out what is done with a variable after its declaration.
func (s *springSite) uses(name, from int) {
	f := s.code
	scope := f.Up(name)
	limit := len(f.Tokens)
	if scope >= 0 {
		limit = f.Partner(scope)
	}
	for _, i := range f.Named(f.At(name)) {
		switch {
		case i < from || f.At(i-1) == "." && f.At(i-2) != "this":
			continue
		case i >= limit, f.At(i+1) == "=":
			return // it is another one from here on
		case f.At(i+1) == "." && f.Kind(i+2) == cfamily.Name && f.At(i+3) == "=":
			s.member(i+2, scope)
		case f.At(i+1) == "::":
			s.onCondition(f.At(i+2), i+2)
		case f.At(i+1) == ")" || f.At(i+1) == ",":
			s.passed(i)
		default:
			for _, call := range f.Chain(i) {
				s.call(call, scope)
			}
		}
	}
}

// keepers are functions that take a configuration as it is.
var keepers = []string{"registerCorsConfiguration", "CorsFilter", "CorsWebFilter", "of", "put", "singletonMap", "entry", "mapOf", "to"}

// passed remarks on a configuration that another function may change.
func (s *springSite) passed(i int) {
	c, ok := s.code.Around(i)
	if !ok || slices.Contains(keepers, s.code.At(c.Name)) {
		return
	}
	s.remark(Dynamic, "", s.code.At(c.Name)+"(…) may change it, which is not read.", s.code.Span(cfamily.Range{Start: c.Name, End: i + 1}))
	for _, l := range []*springList{&s.origins, &s.methods, &s.headers} {
		l.given, l.open = true, true
	}
}

// registered finds out which paths a configuration is registered for.
func (s *springSite) registered(construction, name int) {
	f := s.code
	var found []string
	for _, i := range f.Named("registerCorsConfiguration") {
		c, ok := f.CallAt(i)
		if !ok {
			continue
		}
		args := f.Args(c.Open)
		if len(args) != 2 {
			continue
		}
		within := args[1].Start <= construction && construction < args[1].End
		if !within && (name < 0 || f.Source(args[1]) != f.At(name)) {
			continue
		}
		pattern := f.Value(args[0])
		if pattern.Kind != cfamily.StringValue {
			return
		}
		found = append(found, pattern.Text)
		s.level(pattern.Text, f.Span(args[0]))
	}
	if len(found) == 1 {
		s.Path = prefixOf(found[0])
	}
}

// level reports a pattern that is only for one part of a path.
func (s *springSite) level(pattern string, at source.Span) {
	if pattern == "*" || strings.HasSuffix(pattern, "/*") {
		s.fault(springOneLevel, at, "")
	}
}

// springMappings reads the mappings of a CorsRegistry.
func (f *codeFile) springMappings(p *springProject) {
	if len(f.Named("CorsRegistry")) == 0 {
		return
	}
	var registries []string
	for _, i := range f.Named("CorsRegistry") {
		registries = append(registries, f.At(i+1))
		if f.At(i-1) == ":" {
			registries = append(registries, f.At(i-2))
		}
	}
	for _, i := range f.Named("addMapping") {
		c, ok := f.CallAt(i)
		args := f.Args(c.Open)
		if !ok || f.full() || len(args) != 1 || f.At(i-1) == "." && !slices.Contains(registries, f.At(i-2)) {
			continue
		}
		chain := f.Chain(f.Partner(c.Open))
		start, end := i, f.End(c)
		if f.At(i-1) == "." {
			start -= 2
		}
		if len(chain) > 0 {
			end = f.End(chain[len(chain)-1])
		}
		s := &springSite{codeSite: f.codeSite("addMapping("+f.Source(args[0])+")", cfamily.Range{Start: start, End: end})}
		p.controllers++
		s.permit()
		if pattern := f.Value(args[0]); pattern.Kind == cfamily.StringValue {
			s.Path = prefixOf(pattern.Text)
			s.level(pattern.Text, f.Span(args[0]))
		}
		if body := f.functionBody(i); f.conditional(i, body) || f.firstLeaver(body) < i {
			s.remark(Dynamic, "", "A condition or a loop decides whether it is there.", s.Span)
		}
		for _, call := range chain {
			s.call(call, f.Up(start))
		}
		if name := f.assigned(start); name >= 0 {
			s.uses(name, end)
		}
		p.onlyHandlers(s)
		s.done()
	}
}
