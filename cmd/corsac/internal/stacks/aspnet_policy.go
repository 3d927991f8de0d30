package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
	"github.com/corsac-dev/corsac/origin"
)

// aspnetSite is a policy of ASP.NET Core while it is read, as the calls of a
// CorsPolicyBuilder have set it so far
// (https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.cors.infrastructure.corspolicybuilder).
type aspnetSite struct {
	*codeSite

	project                           *aspnetProject
	origins, methods, headers, expose []part
	// open says that not all origins are known.
	open bool
	// subdomains says that wildcards for subdomains are known, and decides is the
	// function of SetIsOriginAllowed; it has no tokens if there is none.
	subdomains bool
	decides    cfamily.Range
	allowed    *source.Span // where credentials are allowed
}

// builderCalls are the calls of a CorsPolicyBuilder, and the fields that they are
// about.
var builderCalls = map[string]string{
	"WithOrigins": "allow_origins", "AllowAnyOrigin": "allow_origins", "SetIsOriginAllowed": "allow_origins", "SetIsOriginAllowedToAllowWildcardSubdomains": "allow_origins",
	"WithMethods": "allow_methods", "AllowAnyMethod": "allow_methods", "WithHeaders": "allow_headers", "AllowAnyHeader": "allow_headers",
	"WithExposedHeaders": "expose_headers", "AllowCredentials": "allow_credentials", "DisallowCredentials": "allow_credentials", "SetPreflightMaxAge": "max_age",
}

// builds reports whether a range has calls of a CorsPolicyBuilder.
func (f *codeFile) builds(r cfamily.Range) bool {
	for name := range builderCalls {
		if f.Mentions(r, name) {
			return true
		}
	}
	return false
}

// calls carries out the calls of a builder in a range, whose bracket is scope.
func (s *aspnetSite) calls(r cfamily.Range, scope int) {
	for i := r.Start; i < r.End; i++ {
		field := builderCalls[s.code.At(i)]
		c, ok := s.code.CallAt(i)
		if field == "" || !ok || s.code.At(i-1) != "." && s.code.At(i-1) != "?." {
			continue
		}
		if s.code.conditional(i, scope) || s.code.chosen(i, scope) || s.code.At(scope) == "{" && s.code.firstLeaver(scope) < i {
			s.remark(Dynamic, field, "A condition or a loop decides about it.", s.code.Span(cfamily.Range{Start: i, End: i + 1}))
			s.open = s.open || field == "allow_origins"
			continue
		}
		s.call(s.code.At(i), c)
	}
}

// call carries out one call.
func (s *aspnetSite) call(name string, c cfamily.Call) {
	args, at := s.code.Args(c.Open), s.code.Span(cfamily.Range{Start: c.Name, End: c.Name + 1})
	star := part{text: "*", at: at}
	switch name {
	case "WithOrigins":
		s.withOrigins(args)
	case "AllowAnyOrigin":
		s.origins = []part{star}
	case "SetIsOriginAllowed":
		if len(args) == 1 {
			s.decides, s.subdomains = args[0], false
		}
	case "SetIsOriginAllowedToAllowWildcardSubdomains":
		s.decides, s.subdomains = cfamily.Range{}, true
	case "WithMethods":
		s.methods = append(s.methods, s.listed("allow_methods", args)...)
	case "AllowAnyMethod":
		s.methods = []part{star}
	case "WithHeaders":
		s.headers = append(s.headers, s.listed("allow_headers", args)...)
	case "AllowAnyHeader":
		s.headers = []part{star}
	case "WithExposedHeaders":
		s.expose = append(s.expose, s.listed("expose_headers", args)...)
	case "AllowCredentials":
		s.allowed = &at
	case "DisallowCredentials":
		s.allowed = nil
	case "SetPreflightMaxAge":
		if len(args) == 1 {
			s.seconds(args[0])
		}
	}
}

// listed returns the texts of arguments.
func (s *aspnetSite) listed(field string, args []cfamily.Range) []part {
	var values []cfamily.Value
	for _, arg := range args {
		values = append(values, s.code.Value(arg))
	}
	parts, _ := s.strings(field, values...)
	return parts
}

// withOrigins reads the arguments of WithOrigins, which may come from a file of
// settings.
func (s *aspnetSite) withOrigins(args []cfamily.Range) {
	for _, arg := range args {
		v := s.code.Value(arg)
		if v.Kind == cfamily.DynamicValue {
			s.open = !s.fromSettings(arg) || s.open
			continue
		}
		parts, known := s.strings("allow_origins", v)
		s.origins, s.open = append(s.origins, parts...), s.open || !known
	}
}

// done completes the site.
func (s *aspnetSite) done() {
	if s.allowed != nil {
		s.credentials = true
		s.entry("allow_credentials", "true", *s.allowed)
	}
	s.whom()
	for _, p := range s.methods {
		if p.text == "*" {
			s.entry("allow_methods", "*", p.at)
		} else {
			s.name("allow_methods", p)
		}
	}
	for _, p := range s.headers {
		if p.text == "*" {
			s.anyHeader(p.at, false)
		} else {
			s.name("allow_headers", p)
		}
	}
	for _, p := range s.expose {
		s.name("expose_headers", p)
	}
	if !s.everyone && slices.ContainsFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == "allow_origins" }) {
		s.fault(aspnetNoVary, s.start(), "")
	}
	s.finish()
}

// whom reads who is allowed.
func (s *aspnetSite) whom() {
	everyone := len(s.origins) == 1 && s.origins[0].text == "*" && !s.open
	switch {
	case everyone && s.credentials:
		s.everyone = true
		s.fault(aspnetThrows, s.origins[0].at, "")
		s.remark(Lost, "allow_origins", "ASP.NET Core refuses every origin with credentials, and throws an exception. No policy says that either: list the origins.", s.origins[0].at)
	case everyone:
		s.fault(aspnetAnyOrigin, s.origins[0].at, "")
		s.anyOrigin(s.origins[0].at)
	case s.decides.End > s.decides.Start:
		if len(s.origins) > 0 {
			s.fault(aspnetIgnored, s.origins[0].at, "")
		}
		s.decide(s.decides)
	case len(s.origins) == 0 && !s.open:
		s.fault(aspnetNoOrigins, s.start(), "")
		s.remark(Lost, "allow_origins", "The policy allows no origin.", s.start())
	default:
		for _, p := range s.origins {
			s.in(p.file, func() { s.origin(p) })
		}
	}
}

// in runs a function whose entries, remarks and faults are about another file; nil
// stands for that of the site.
func (s *aspnetSite) in(file *source.File, run func()) {
	entries, remarks, faults := len(s.Draft.Entries), len(s.Draft.Remarks), len(s.Faults)
	run()
	if file == nil {
		return
	}
	for i := range s.Draft.Entries[entries:] {
		s.Draft.Entries[entries+i].File = file
	}
	for i := range s.Draft.Remarks[remarks:] {
		s.Draft.Remarks[remarks+i].File = file
	}
	for i := range s.Faults[faults:] {
		s.Faults[faults+i].File = file
	}
}

// origin is about an origin of WithOrigins, which is compared in lower case.
func (s *aspnetSite) origin(p part) {
	bare, slash := strings.CutSuffix(p.text, "/")
	lower := strings.ToLower(bare)
	switch {
	case slash && isOrigin(lower):
		var edits []source.Edit
		if p.literal {
			edits = append(edits, source.Edit{Span: source.Span{Start: p.at.End - 1, End: p.at.End}})
		}
		s.fault(aspnetSlash, p.at, "", edits...)
		s.entry("allow_origins", lower, p.at)
		s.remark(Wider, "allow_origins", "No browser sends "+shorten(p.text)+"; "+lower+" is probably meant.", p.at)
	case s.subdomains:
		p.text = strings.ToLower(p.text)
		s.pattern(p)
	default:
		if isOrigin(lower) && !slash {
			p.text = lower
		}
		s.exact(p)
	}
}

// decide reads the function of SetIsOriginAllowed.
func (s *aspnetSite) decide(r cfamily.Range) {
	at := s.code.Span(r)
	arrow := s.code.Until(r.Start, r.End, "=>")
	param := strings.Trim(s.code.Source(cfamily.Range{Start: r.Start, End: arrow}), "( )")
	if fields := strings.Fields(param); len(fields) > 0 {
		param = fields[len(fields)-1]
	}
	body := cfamily.Range{Start: arrow + 1, End: r.End}
	if s.code.At(body.Start) == "{" && s.code.At(body.Start+1) == "return" {
		body = cfamily.Range{Start: body.Start + 2, End: s.code.Until(body.Start+2, s.code.Partner(body.Start), ";")}
	}
	if arrow >= r.End || body.End <= body.Start {
		s.remark(Dynamic, "allow_origins", "A function decides when the program runs.", at)
		return
	}
	if s.code.Source(body) == "true" {
		if !s.credentials {
			s.fault(aspnetAnyOrigin, at, "")
		}
		s.repeated("The origin of the request is repeated", at)
		return
	}
	for i := body.Start; i < body.End; {
		stop := s.code.Until(i, body.End, "||")
		s.term(cfamily.Range{Start: i, End: stop}, param)
		i = stop + 1
	}
}

// term reads one of the terms between || in the function. It is all of it that
// must be understood.
func (s *aspnetSite) term(r cfamily.Range, param string) {
	f := s.code
	for f.At(r.Start) == "(" && f.Skip(r.Start) == r.End {
		r = cfamily.Range{Start: r.Start + 1, End: r.End - 1}
	}
	at := f.Span(r)
	if f.Until(r.Start, r.End, "&&") < r.End {
		s.both(r, param)
		return
	}
	if equals := f.Until(r.Start, r.End, "=="); equals < r.End {
		if v := f.Value(cfamily.Range{Start: equals + 1, End: r.End}); v.Kind == cfamily.StringValue {
			s.equal(f.Source(cfamily.Range{Start: r.Start, End: equals}), param, &v)
			return
		}
	}
	receiver, method, args := s.callOf(r)
	switch {
	case method == "IsMatch" && (receiver == "Regex" || receiver == "System.Text.RegularExpressions.Regex") && len(args) == 2 && f.Source(args[0]) == param && f.Value(args[1]).Kind == cfamily.StringValue:
		v := f.Value(args[1])
		s.matched(&v)
	case method == "Contains" && len(args) == 1 && f.Source(args[0]) == param && f.At(r.Start) != "!":
		s.oneOf(cfamily.Range{Start: r.Start, End: f.Partner(r.End-1) - 2})
	case len(args) > 0 && s.isPart(receiver, method, param):
		s.partOfOrigin(method, args[0], at)
	default:
		s.remark(Dynamic, "allow_origins", "A function decides when the program runs.", at)
	}
}

// callOf returns the parts of an expression that is one call of a method: what it
// is called on, without blanks, and the arguments. They are empty for others.
func (s *aspnetSite) callOf(r cfamily.Range) (receiver, method string, args []cfamily.Range) {
	f := s.code
	open := f.Partner(r.End - 1)
	if f.At(r.End-1) != ")" || open <= r.Start+1 || f.Kind(open-1) != cfamily.Name || f.At(open-2) != "." {
		return "", "", nil
	}
	receiver = strings.Join(strings.Fields(f.Source(cfamily.Range{Start: r.Start, End: open - 2})), "")
	return receiver, f.At(open - 1), f.Args(open)
}

// isPart reports whether a method compares a part of the origin, or of its host.
func (s *aspnetSite) isPart(receiver, method, param string) bool {
	return (receiver == param || receiver == "newUri("+param+").Host") && slices.Contains([]string{"EndsWith", "StartsWith", "Contains"}, method)
}

// oneOf reads a list that has the origin.
func (s *aspnetSite) oneOf(r cfamily.Range) {
	v := s.code.Value(r)
	if v.Kind != cfamily.ListValue {
		s.dynamic("allow_origins", &v)
		return
	}
	parts, _ := s.strings("allow_origins", v)
	for _, p := range parts {
		s.exact(p)
	}
}

// both is about comparisons between &&: which origins they let through together is
// not worked out. If all that they say about the host is a part that others have,
// too, that is reported.
func (s *aspnetSite) both(r cfamily.Range, param string) {
	f := s.code
	part, safe := cfamily.Range{}, false
	for i := r.Start; i < r.End; {
		term := cfamily.Range{Start: i, End: f.Until(i, r.End, "&&")}
		receiver, method, args := s.callOf(term)
		if s.isPart(receiver, method, param) && len(args) > 0 {
			v := f.Value(args[0])
			if safe = safe || v.Kind != cfamily.StringValue || safePart(method, v.Text); part.End == 0 {
				part = term
			}
		} else {
			safe = safe || f.Mentions(term, param)
		}
		i = term.End + 1
	}
	if part.End > 0 && !safe {
		s.fault(s.partial, f.Span(part), "")
	}
	s.remark(Dynamic, "allow_origins", "A function decides when the program runs.", f.Span(r))
}

// safePart reports whether the origins that have a part all belong to one owner:
// the part begins with a dot or the scheme.
func safePart(method, text string) bool {
	return method == "EndsWith" && (strings.HasPrefix(text, ".") || strings.Contains(text, "://"))
}

// partOfOrigin is about a comparison with the beginning, the end or some part of
// an origin.
func (s *aspnetSite) partOfOrigin(method string, arg cfamily.Range, at source.Span) {
	v := s.code.Value(arg)
	if v.Kind != cfamily.StringValue {
		s.remark(Dynamic, "allow_origins", "A function decides when the program runs.", at)
		return
	}
	if host, ok := strings.CutSuffix(v.Text, ":"); ok && method == "StartsWith" {
		if wild, err := origin.ParsePattern(host + ":*"); err == nil {
			s.entry("allow_origins", wild.String(), at)
			return
		}
	}
	if !safePart(method, v.Text) {
		s.fault(s.partial, at, "")
	}
	s.remark(Lost, "allow_origins", "A part of an origin is compared: write the origins, or a pattern such as https://*.example.com.", at)
}

// equal reads origin == "…" and new Uri(origin).Host == "…".
func (s *aspnetSite) equal(left, param string, v *cfamily.Value) {
	at := s.code.Span(v.Used)
	left = strings.Join(strings.Fields(left), "")
	if left == param {
		s.exact(s.code.partOf(v))
		return
	}
	if left != "newUri("+param+").Host" {
		s.remark(Dynamic, "allow_origins", "A function decides when the program runs.", at)
		return
	}
	for _, scheme := range []string{"http://", "https://"} {
		if wild, err := origin.ParsePattern(scheme + v.Text + ":*"); err == nil {
			s.entry("allow_origins", wild.String(), at)
		}
	}
	s.remark(Differs, "allow_origins", "The host is compared only, so that every scheme and port is allowed: http and https are carried over.", at)
}

// matched reads a regular expression of .NET.
func (s *aspnetSite) matched(v *cfamily.Value) {
	p := s.code.partOf(v)
	p.text = strings.TrimSuffix(strings.TrimSuffix(p.text, `\z`), `\Z`)
	whole := p.text != v.Text
	if after, ok := strings.CutPrefix(p.text, `\A`); ok {
		p.text = "^" + after
	}
	if whole {
		p.text += "$"
	}
	p.literal = p.literal && p.text == v.Text
	s.expression(p, MatchSearch)
}
