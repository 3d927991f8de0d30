package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
)

// codeHeader is a CORS header that code sets itself.
type codeHeader struct {
	name  string // in lower case
	at    int    // the token of the name
	value cfamily.Range
	body  int // the bracket of the function around it, or -1
}

// readByHand adds the sites of functions that set the header themselves, to each of
// some files. They break a rule where something else sets it, too.
func readByHand(files []*codeFile, beside bool, rule *Rule) {
	for _, f := range files {
		before := len(f.sites)
		f.headersByHand()
		if beside {
			for _, s := range f.sites[before:] {
				s.Faults = append(s.Faults, Fault{Rule: rule, File: s.File, Span: s.Span})
			}
		}
	}
}

// headersByHand adds a site for each function that sets Access-Control-Allow-Origin
// itself.
func (f *codeFile) headersByHand() {
	var order []int
	byBody := map[int][]codeHeader{}
	for _, h := range f.codeHeaders() {
		if _, ok := byBody[h.body]; !ok {
			order = append(order, h.body)
		}
		byBody[h.body] = append(byBody[h.body], h)
	}
	for _, body := range order {
		list := byBody[body]
		i := slices.IndexFunc(list, func(h codeHeader) bool { return h.name == "access-control-allow-origin" })
		if i < 0 || f.full() {
			continue
		}
		s := f.codeSite("headers set by hand", cfamily.Range{Start: list[0].at, End: list[len(list)-1].value.End})
		s.byHand(list, body)
		s.finish()
	}
}

// codeHeaders returns the CORS headers that the file sets: as in setHeader(name,
// value), Headers[name] = value and Headers.AccessControlAllowOrigin = value.
func (f *codeFile) codeHeaders() (list []codeHeader) {
	for i := range f.Tokens {
		name, ok := f.corsHeader(i)
		if !ok {
			continue
		}
		h := codeHeader{name: strings.ToLower(name), at: i}
		first := i
		for f.At(first-1) == "." && f.Kind(first-2) == cfamily.Name {
			first -= 2
		}
		switch up := f.Up(i); {
		case f.At(i+1) == "=" && f.Kind(i) == cfamily.Name:
			h.value = cfamily.Range{Start: i + 2, End: f.Until(i+2, f.Statement(i).End, ";")}
		case f.At(up) == "[" && up == first-1 && f.At(f.Skip(up)) == "=":
			start := f.Skip(up) + 1
			h.value = cfamily.Range{Start: start, End: f.Until(start, f.Statement(up).End, ";", ",")}
		case f.At(up) == "(" && up == first-1 && f.Kind(up-1) == cfamily.Name && slices.Contains(headerSetters, strings.ToLower(f.At(up-1))):
			args := f.Args(up)
			if len(args) < 2 {
				continue
			}
			h.value = args[1]
		default:
			continue
		}
		h.body = f.functionBody(i)
		list = append(list, h)
	}
	return list
}

// headerSetters are the methods that set a header, in lower case.
var headerSetters = []string{"setheader", "addheader", "header", "set", "add", "append", "tryadd", "tryaddwithoutvalidation", "appendheader", "put", "addheaders"}

// corsHeader returns the name of a CORS header of responses that a token is.
func (f *codeFile) corsHeader(i int) (name string, ok bool) {
	switch f.Kind(i) {
	case cfamily.String:
		name, ok = cfamily.Literal(f.At(i), f.Language)
	case cfamily.Name:
		if !strings.HasPrefix(f.At(i), "ACCESS_CONTROL_") && (f.Language != cfamily.CSharp || !strings.HasPrefix(f.At(i), "AccessControl") || f.At(i-1) != ".") {
			return "", false
		}
		name, ok = cfamily.HeaderName(f.At(i)), true
	}
	lower := strings.ToLower(name)
	return name, ok && strings.HasPrefix(lower, "access-control-") && !strings.HasPrefix(lower, "access-control-request-")
}

// containers are words in the heads of brackets that are not those of functions.
var containers = []string{"class", "interface", "object", "record", "struct", "namespace", "enum"}

// functionBody returns the bracket of the outermost function around a token, or
// -1.
func (f *codeFile) functionBody(i int) int {
	body := -1
	for up := f.Up(i); up >= 0; up = f.Up(up) {
		if f.At(up) != "{" || f.branch(up) {
			continue
		}
		head := cfamily.Range{Start: max(f.Statement(up).Start, up-100), End: up}
		if slices.ContainsFunc(containers, func(word string) bool { return f.Mentions(head, word) && !f.Mentions(head, "new") }) {
			break
		}
		body = up
	}
	return body
}

// byHand reads the headers that a function sets.
func (s *codeSite) byHand(list []codeHeader, body int) {
	for _, h := range list {
		if h.name == "access-control-allow-credentials" {
			s.handCredentials(h)
		}
	}
	repeats := false
	for _, h := range list {
		v := s.code.Value(h.value)
		if field := corsFields[h.name]; field != "" && s.unsure(h, list, body) {
			s.remark(Dynamic, field, "A condition decides when the program runs.", s.code.Span(h.value))
			repeats = field == "allow_origins" && v.Kind != cfamily.StringValue || repeats
			continue
		}
		switch h.name {
		case "access-control-allow-origin":
			repeats = v.Kind != cfamily.StringValue || repeats
			s.handOrigin(h, &v)
		case "access-control-allow-methods":
			s.handNames("allow_methods", &v)
		case "access-control-allow-headers":
			s.handNames("allow_headers", &v)
		case "access-control-expose-headers":
			s.handNames("expose_headers", &v)
		case "access-control-max-age":
			s.handAge(&v, h.value)
		}
	}
	if i := slices.IndexFunc(list, func(h codeHeader) bool { return h.name == "access-control-allow-origin" }); repeats {
		s.varies(body, s.code.Span(list[i].value))
	}
}

// unsure reports whether something decides if a header is sent: for others than
// that with the origin, something else than for that.
func (s *codeSite) unsure(h codeHeader, list []codeHeader, body int) bool {
	const origin = "access-control-allow-origin"
	if h.name != origin && (!s.code.conditional(h.at, body) || slices.ContainsFunc(list, func(o codeHeader) bool { return o.name == origin && s.code.together(o.at, h.at) })) {
		return false
	}
	return s.code.decided(h.at, body)
}

func (s *codeSite) handCredentials(h codeHeader) {
	v := s.code.Value(h.value)
	switch {
	case v.Kind == cfamily.TrueValue, v.Kind == cfamily.StringValue && strings.EqualFold(v.Text, "true"):
		if !s.credentials {
			s.entry("allow_credentials", "true", s.code.Span(h.value))
		}
		s.credentials = true
	case v.Kind == cfamily.DynamicValue:
		s.dynamic("allow_credentials", &v)
	}
}

func (s *codeSite) handAge(v *cfamily.Value, r cfamily.Range) {
	if v.Kind == cfamily.StringValue {
		s.age(v.Text, s.code.Span(r))
		return
	}
	s.seconds(r)
}

// handNames reads a list of names in one string.
func (s *codeSite) handNames(field string, v *cfamily.Value) {
	parts, _ := s.strings(field, *v)
	for _, p := range parts {
		for _, each := range p.between(",") {
			s.name(field, each)
		}
	}
}

// handOrigin reads Access-Control-Allow-Origin.
func (s *codeSite) handOrigin(h codeHeader, v *cfamily.Value) {
	at := s.code.Span(h.value)
	switch {
	case v.Kind == cfamily.StringValue && v.Text == "*":
		s.anyRefused(at)
	case v.Kind == cfamily.StringValue && strings.ContainsAny(strings.TrimSpace(v.Text), ", "):
		s.fault(s.several, at, "")
		s.remark(Lost, "allow_origins", "Several origins in one header match no page.", at)
	case v.Kind == cfamily.StringValue:
		s.exact(s.code.partOf(v))
	case !s.repeatsOrigin(h.value):
		s.dynamic("allow_origins", v)
	default:
		s.repeated("The origin of the request is repeated", at)
	}
}

// varies reports that answers differ by origin, unless the function says so.
func (s *codeSite) varies(body int, at source.Span) {
	text := s.File.Text
	if end := s.code.Partner(body); end > body {
		text = s.code.Source(cfamily.Range{Start: body, End: end})
	}
	if !strings.Contains(strings.ToLower(text), "vary") {
		s.fault(s.vary, at, "")
	}
}
