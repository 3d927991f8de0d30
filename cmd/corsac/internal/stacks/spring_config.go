package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/origin"
)

// springList is a list of a CorsConfiguration.
type springList struct {
	parts []part
	// given says that there is one, of which perhaps not all values are known:
	// then open is set.
	given, open bool
	// permit says that it is that of applyPermitDefaultValues.
	permit bool
}

// springConfig is a CorsConfiguration of Spring
// (https://docs.spring.io/spring-framework/docs/current/javadoc-api/org/springframework/web/cors/CorsConfiguration.html).
type springConfig struct {
	origins, patterns, methods, headers, exposed springList
	// credentials is where they are allowed; nil if they are not.
	credentials *source.Span
	// aged says that there is a maximum age.
	aged bool
	// reads says that a client needs no other methods than GET.
	reads bool
	// defaults says that applyPermitDefaultValues was called, and handlers are
	// the methods of the handlers that an annotation is about.
	defaults bool
	handlers []part
}

// springSettings are the settings by the names that calls, annotations and
// properties have for them.
var springSettings = map[string]string{
	"allowedorigins": "origins", "allowedoriginpatterns": "patterns", "allowedmethods": "methods", "allowedheaders": "headers", "exposedheaders": "exposed",
	"allowedorigin": "+origins", "allowedoriginpattern": "+patterns", "allowedmethod": "+methods", "allowedheader": "+headers", "exposedheader": "+exposed",
	"allowcredentials": "credentials", "maxage": "age", "applypermitdefaultvalues": "permit", "allowprivatenetwork": "private",
	"value": "origins", "origins": "origins", "originpatterns": "patterns", "methods": "methods",
}

// springField returns the field of corsac.yaml that a setting is about.
func springField(setting string) string {
	return map[string]string{
		"origins": "allow_origins", "patterns": "allow_origins", "methods": "allow_methods", "headers": "allow_headers", "exposed": "expose_headers",
		"credentials": "allow_credentials", "age": "max_age",
	}[strings.TrimPrefix(setting, "+")]
}

func (c *springConfig) list(setting string) *springList {
	switch setting {
	case "origins":
		return &c.origins
	case "patterns":
		return &c.patterns
	case "methods":
		return &c.methods
	case "headers":
		return &c.headers
	default:
		return &c.exposed
	}
}

// put sets a list, or adds to it if the setting begins with a plus. It reports
// whether it adds to what applyPermitDefaultValues has set, which stays.
func (c *springConfig) put(setting string, parts []part, known bool) (kept bool) {
	name, add := strings.CutPrefix(setting, "+")
	l := c.list(name)
	if name == "patterns" && c.origins.permit && len(c.origins.parts) == 0 {
		c.origins = springList{}
	}
	if !add {
		*l = springList{parts: parts, given: true, open: !known}
		return false
	}
	l.parts, l.given, l.open = append(slices.Clip(l.parts), parts...), true, l.open || !known
	return l.permit
}

// permit is applyPermitDefaultValues: it sets what is not set.
func (c *springConfig) permit() {
	c.defaults = true
	if !c.origins.given && !c.patterns.given {
		c.origins = springList{given: true, permit: true}
	}
	if !c.methods.given {
		c.methods = springList{given: true, permit: true, parts: c.handlers}
	}
	if !c.headers.given {
		c.headers = springList{given: true, permit: true}
	}
}

// apply makes entries and faults of a configuration, of which the maximum age is
// read already.
func (c *springConfig) apply(s *confSite) {
	if c.credentials != nil {
		s.credentials = true
		s.entry("allow_credentials", "true", *c.credentials)
	}
	c.whom(s)
	for _, p := range c.methods.parts {
		s.springMethod(p, c.methods.permit)
	}
	c.methodsLeft(s)
	switch {
	case c.headers.permit:
		s.anyHeader(s.start(), true)
	case !c.headers.given:
		s.fault(springNoHeaders, s.start(), "")
	}
	for _, p := range c.headers.parts {
		if p.text == "*" {
			s.anyHeader(p.at, false)
		} else {
			s.name("allow_headers", p)
		}
	}
	for _, p := range c.exposed.parts {
		s.name("expose_headers", p)
	}
	if !c.aged && c.defaults {
		s.byDefault("max_age", "30m0s")
	}
}

// start is where the site begins.
func (s *confSite) start() source.Span { return source.Span{Start: s.Start, End: s.Start} }

// whom reads the origins.
func (c *springConfig) whom(s *confSite) {
	switch {
	case c.origins.permit:
		s.springEveryone(s.start(), true)
	case !c.origins.given && !c.patterns.given:
		s.fault(springNoOrigins, s.start(), "")
		s.remark(Lost, "allow_origins", "No origin is allowed: Spring refuses every request of another origin.", s.start())
	}
	for _, p := range c.origins.parts {
		switch {
		case p.text == "*":
			s.springEveryone(p.at, false)
		case strings.Contains(p.text, ","):
			s.fault(springOneString, p.at, "")
			for _, each := range p.between(",") {
				s.springOrigin(each)
			}
		default:
			s.springOrigin(p)
		}
	}
	for _, p := range c.patterns.parts {
		for _, each := range p.outside() {
			s.springPattern(each)
		}
	}
}

// between returns the parts of a value between separators, without blanks.
func (p part) between(separator string) (parts []part) {
	at := 0
	for text := range strings.SplitSeq(p.text, separator) {
		if trimmed := strings.TrimSpace(text); trimmed != "" {
			each := part{text: trimmed, at: p.at}
			if p.literal {
				start := p.at.Start + at + strings.Index(text, trimmed)
				each.at, each.literal = source.Span{Start: start, End: start + len(trimmed)}, true
			}
			parts = append(parts, each)
		}
		at += len(text) + len(separator)
	}
	return parts
}

// outside returns the patterns of a value that are separated by commas outside of
// brackets.
func (p part) outside() []part {
	if strings.Contains(p.text, ",") && !strings.Contains(p.text, "[") {
		return p.between(",")
	}
	return []part{p}
}

// springEveryone is about the origin *.
func (s *confSite) springEveryone(at source.Span, byDefault bool) {
	s.everyone = true
	switch {
	case s.credentials:
		s.fault(springThrows, at, "")
		s.remark(Lost, "allow_origins", "Spring refuses every origin with credentials, and throws an exception. No policy says that either: list the origins.", at)
	default:
		s.fault(springAnyOrigin, at, "")
		s.add("allow_origins", "*", at, byDefault)
	}
}

// springOrigin is about an origin of setAllowedOrigins. Spring compares it without
// a slash at the end, and ignores case.
func (s *confSite) springOrigin(p part) {
	bare := strings.ToLower(strings.TrimSuffix(p.text, "/"))
	if bare != p.text && isOrigin(bare) {
		p.text, p.literal = bare, false
	}
	s.exact(p)
}

// springPorts matches the ports of a pattern: :[8080,8081] or :[*].
var springPorts = lazyregexp.New(`^(.*):\[(\*|[0-9]+(?:,[0-9]+)*)\]$`)

// springPattern is about a pattern of setAllowedOriginPatterns, in which * is any
// text.
func (s *confSite) springPattern(p part) {
	text := strings.TrimSuffix(p.text, "/")
	if text == "*" {
		if !s.credentials {
			s.fault(springAnyOrigin, p.at, "")
			s.remark(Differs, "allow_origins", "Spring repeats the origin of the request; a policy answers *, which allows the same.", p.at)
		}
		s.anyOrigin(p.at)
		return
	}
	host, ports := text, []string{""}
	if m := springPorts.FindStringSubmatch(text); m != nil {
		host, ports = m[1], nil
		for port := range strings.SplitSeq(m[2], ",") {
			ports = append(ports, ":"+port)
		}
	}
	if springTooWide(host) {
		s.fault(springWide, p.at, "")
	}
	for _, port := range ports {
		wild, err := origin.ParsePattern(host + port)
		switch {
		case err == nil && wild.String() == host+port:
			if strings.HasSuffix(host, ":*") {
				s.remark(Wider, "allow_origins", "In Spring, the * for the port does not match an origin without a port; :[*] does.", p.at)
			}
			s.entry("allow_origins", host+port, p.at)
		case !strings.Contains(host, "*"):
			s.exact(part{text: host + strings.TrimSuffix(port, ":*"), at: p.at})
		default:
			s.springExpression(host, port, p.at)
		}
	}
}

// springExpression is about a pattern that only an expression can say.
func (s *confSite) springExpression(host, port string, at source.Span) {
	if !strings.Contains(host, "://") {
		s.fault(s.never, at, "")
		s.remark(Lost, "allow_origins", shorten(host)+" has no scheme, and matches no origin.", at)
		return
	}
	words := strings.Split(host, "*")
	for i, w := range words {
		words[i] = quoteExpression(w)
	}
	expr := strings.Join(words, ".*")
	switch port {
	case "":
	case ":*":
		expr += `(?::[0-9]+)?`
	default:
		expr += port
	}
	x, err := ReadExpression(expr, MatchWhole)
	if err != nil || x.Everything || len(expr) > maxExpression {
		s.remark(Lost, "allow_origins", "The pattern is not one that corsac can read.", at)
		return
	}
	x.each(func(field, value string) { s.entry(field, value, at) })
}

// quoteExpression returns an expression for a text.
func quoteExpression(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune(`\.+*?()|[]{}^$`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// springTooWide reports whether a pattern matches origins of others: those of
// different domains, by what stands for the asterisk.
func springTooWide(pattern string) bool {
	_, host, _ := strings.Cut(pattern, "://")
	host = strings.TrimSuffix(host, ":*")
	if !strings.Contains(host, "*") {
		return false
	}
	domain := func(instead string) string {
		o, err := origin.Parse("https://" + strings.ReplaceAll(host, "*", instead))
		if err != nil {
			return instead
		}
		if d, ok := o.RegistrableDomain(); ok {
			return d
		}
		return o.Host()
	}
	return domain("aa") != domain("bb")
}

// springMethod is about a method of a list.
func (s *confSite) springMethod(p part, byDefault bool) {
	upper := strings.ToUpper(p.text)
	switch {
	case p.text == "*":
		s.entry("allow_methods", "*", p.at)
	case p.text != upper && slices.Contains(springMethods, upper):
		var edits []source.Edit
		if p.literal {
			edits = append(edits, source.Edit{Span: p.at, New: upper})
		}
		s.fault(springMethodCase, p.at, "", edits...)
		s.remark(Lost, "allow_methods", "Spring does not know the method "+shorten(p.text)+".", p.at)
	case slices.Contains(simpleMethods, p.text):
	default:
		s.add("allow_methods", p.text, p.at, byDefault)
	}
}

// springMethods are those that Spring has names for.
var springMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}

// methodsLeft reports that Spring refuses methods that browsers send without
// asking, and policies always allow.
func (c *springConfig) methodsLeft(s *confSite) {
	if c.methods.open || c.methods.permit {
		return
	}
	if !c.methods.given {
		if !c.reads {
			s.fault(springNoMethods, s.start(), "")
		}
		s.remark(Wider, "allow_methods", "Without a list of methods, Spring allows GET and HEAD only; a policy also allows POST.", s.start())
		return
	}
	var left []string
	for _, m := range []string{"GET", "POST"} {
		if !slices.ContainsFunc(c.methods.parts, func(p part) bool { return p.text == m || p.text == "*" }) {
			left = append(left, m)
		}
	}
	if len(left) == 0 || len(c.methods.parts) == 0 {
		return
	}
	s.fault(springMethodLeft, c.methods.parts[0].at, "not in the list: "+strings.Join(left, ", "))
	s.remark(Wider, "allow_methods", "Spring refuses "+strings.Join(left, " and ")+" of other origins; a policy always allows GET, HEAD and POST.", c.methods.parts[0].at)
}
