package stacks

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// npmCorsOptions are the options of the npm package cors 2.8.6.
var npmCorsOptions = []string{"origin", "methods", "allowedHeaders", "headers", "exposedHeaders", "credentials", "maxAge", "preflightContinue", "optionsSuccessStatus"}

// npmCorsMethods are its default methods besides those that need no permission.
var npmCorsMethods = []string{"PUT", "PATCH", "DELETE"}

// readNpmCors reads a call of cors(…), which all is, with its arguments.
func (s *jsSettings) readNpmCors(all js.Range, args []js.Range) {
	options := js.Value{Kind: js.NullValue, Range: all, Used: all}
	if len(args) > 0 {
		options = s.Value(args[0])
	}
	s.readNpmOptions(all, &options)
}

// readNpmOptions reads the options of the npm package cors.
func (s *jsSettings) readNpmOptions(all js.Range, options *js.Value) {
	switch options.Kind {
	case js.NullValue, js.ObjectValue:
	default:
		s.remark(Dynamic, "", "The options are not written here. "+dynamic(options), options.Used)
		return
	}
	n := npmReader{jsSettings: s, all: all, options: options}
	if p := options.Prop("credentials"); p != nil {
		n.credentials = p.Value.Kind == js.TrueValue
	}
	if options.Open {
		s.remark(Dynamic, "", "Some of the options are not written here.", options.Used)
	}
	if !n.origin() {
		return
	}
	n.methods()
	n.allowedHeaders()
	n.exposedHeaders()
	n.credential()
	n.maxAge()
	n.status()
	n.unknown()
	n.missing()
}

// npmReader reads one set of options.
type npmReader struct {
	*jsSettings

	all     js.Range
	options *js.Value
	// credentials says that they are allowed.
	credentials bool
}

// given returns the value of an option, or nil if it is not set. The bool is
// false if that is not known.
func (n *npmReader) given(name string) (*js.Value, bool) {
	p := n.options.Prop(name)
	if p == nil {
		return nil, !n.options.Open
	}
	return &p.Value, true
}

// falsy reports whether JavaScript takes a value for false.
func falsy(v *js.Value) bool {
	return v.Kind == js.FalseValue || v.Kind == js.NullValue || v.Kind == js.StringValue && v.Text == "" || v.Kind == js.NumberValue && v.Text == "0"
}

// origin reads who is allowed. It is false if the options set no headers at all.
func (n *npmReader) origin() bool {
	v, known := n.given("origin")
	switch {
	case v == nil && known:
		n.byDefault("allow_origins", n.all, "*")
		n.everyone(n.all, false)
	case v == nil:
	case v.Kind == js.StringValue && v.Text == "*":
		n.entry("allow_origins", "*", v.Used)
		n.everyone(v.Used, false)
	case falsy(v):
		n.remark(Lost, "allow_origins", "CORS is off here: origin is "+n.Source(v.Used)+", so that no headers are set.", v.Used)
		return false
	case v.Kind == js.TrueValue:
		n.everyone(v.Used, true)
	case v.Kind == js.StringValue:
		n.fault(npmConstantOrigin, v.Used)
		n.literalOrigin(v)
	case v.Kind == js.RegExpValue:
		n.regexp(v)
	case v.Kind == js.ArrayValue:
		n.originList(v, 0)
	case v.Kind == js.FunctionValue:
		n.remark(Dynamic, "allow_origins", dynamic(v), v.Used)
		n.originFunction(v)
	default:
		n.remark(Dynamic, "allow_origins", dynamic(v), v.Used)
		if v.Env != "" && v.Default != nil && falsy(v.Default) {
			n.fault(npmOriginFromEnv, v.Used)
		}
	}
	return true
}

// everyone is about an origin of * (reflected if the package repeats the origin
// of the request).
func (n *npmReader) everyone(r js.Range, reflected bool) {
	switch {
	case reflected && n.credentials:
		n.remark(Lost, "allow_origins", "Every origin is allowed with credentials, which no policy can say.", r)
		n.fault(npmAnyOriginWithCredentials, r)
	case reflected:
		n.entry("allow_origins", "*", r)
		n.remark(Differs, "allow_origins", "The package repeats the origin of the request; a policy answers *, which allows the same.", r)
		n.fault(npmAnyOrigin, r)
	case n.credentials:
		n.fault(npmWildcardWithCredentials, r)
	default:
		n.fault(npmAnyOrigin, r)
	}
}

// maxNested is how deep arrays of origins are nested, at most.
const maxNested = 5

func (n *npmReader) originList(list *js.Value, depth int) {
	for i := range list.Items {
		switch v := &list.Items[i]; {
		case v.Kind == js.StringValue:
			n.literalOrigin(v)
		case v.Kind == js.RegExpValue:
			n.regexp(v)
		case v.Kind == js.ArrayValue && depth < maxNested:
			n.originList(v, depth+1)
		case v.Kind == js.TrueValue:
			n.everyone(v.Used, true)
		case falsy(v):
		default:
			n.remark(Dynamic, "allow_origins", dynamic(v), v.Used)
			if v.Env != "" && v.Default != nil && falsy(v.Default) {
				n.fault(npmOriginFromEnv, v.Used)
			}
		}
	}
}

// literalOrigin reads an origin that is compared as it stands.
func (n *npmReader) literalOrigin(v *js.Value) {
	n.origins(v, npmOrigins)
}

// originFunction looks at how a function answers.
func (n *npmReader) originFunction(v *js.Value) {
	f := v.Function
	if len(f.Names) < 2 || f.Names[1] == "" {
		return
	}
	for _, i := range n.Names(f.Names[1]) {
		if i < f.Body.Start || i >= f.Body.End || n.At(i+1) != "(" {
			continue
		}
		args := n.Args(i + 1)
		call := js.Range{Start: i, End: n.Partner(i+1) + 1}
		switch {
		case len(args) > 0 && n.At(args[0].Start) == "new":
			n.fault(npmOriginError, call)
		case len(args) == 2 && n.Value(args[1]).Kind == js.FalseValue:
			n.fault(npmOriginFalse, call)
		case len(args) == 2 && n.Value(args[1]).Kind == js.TrueValue && n.credentials && n.unconditional(i, f):
			n.fault(npmAnyOriginWithCredentials, call)
		}
	}
}

// unconditional reports whether a call in a function is always made: it stands in
// no block of its own.
func (n *npmReader) unconditional(i int, f *js.Function) bool {
	if !f.Block {
		return n.At(f.Body.Start) == n.At(i) && f.Body.Start == i
	}
	s, ok := n.Statement(i)
	return ok && n.Up(s.Start) == f.Body.Start && (s.Start == i || n.At(s.Start) == "return") && n.Statements(f.Body.Start)[0] == s
}

// stringList reads names, as an array of strings or in one string with commas.
func (n *npmReader) stringList(field string, v *js.Value, each func(name string, v *js.Value)) {
	switch v.Kind {
	case js.StringValue:
		for _, name := range splitNames(v.Text) {
			each(name, v)
		}
	case js.ArrayValue:
		for i := range v.Items {
			item := &v.Items[i]
			if item.Kind != js.StringValue {
				n.remark(Dynamic, field, dynamic(item), item.Used)
				continue
			}
			for _, name := range splitNames(item.Text) {
				each(name, item)
			}
		}
	default:
		n.remark(Dynamic, field, dynamic(v), v.Used)
	}
}

// splitNames returns the names in a list with commas.
func splitNames(s string) (names []string) {
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// simpleMethods need no permission.
var simpleMethods = []string{"GET", "HEAD", "POST"}

func (n *npmReader) methods() {
	v, known := n.given("methods")
	if v == nil {
		if known {
			n.byDefault("allow_methods", n.all, npmCorsMethods...)
			n.fault(npmDefaultMethods, n.all)
		}
		return
	}
	n.stringList("allow_methods", v, func(name string, v *js.Value) {
		n.method(name, v.Used)
	})
}

// method is one that a list allows.
func (s *jsSettings) method(name string, r js.Range) {
	switch {
	case slices.Contains(simpleMethods, name):
	case name != strings.ToUpper(name):
		s.fault(jsLowerMethod, r)
		s.entry("allow_methods", name, r)
	default:
		s.entry("allow_methods", name, r)
	}
}

func (n *npmReader) allowedHeaders() {
	v, known := n.given("allowedHeaders")
	if v == nil || falsy(v) {
		v, known = n.given("headers")
	}
	if v == nil || falsy(v) {
		if known {
			values := []string{"*", "Authorization"}
			if n.credentials {
				values = values[:1]
			}
			n.byDefault("allow_headers", n.all, values...)
			n.fault(npmHeadersReflected, n.all)
		}
		return
	}
	n.stringList("allow_headers", v, func(name string, v *js.Value) {
		if name == "*" && n.credentials {
			n.fault(npmWildcardHeaders, v.Used)
			n.remark(Lost, "allow_headers", "With credentials, * is the name of a header.", v.Used)
			return
		}
		n.entry("allow_headers", name, v.Used)
	})
}

func (n *npmReader) exposedHeaders() {
	v, _ := n.given("exposedHeaders")
	if v == nil || falsy(v) {
		return
	}
	n.stringList("expose_headers", v, func(name string, v *js.Value) {
		if name == "*" && n.credentials {
			n.fault(npmWildcardExpose, v.Used)
			n.remark(Lost, "expose_headers", "With credentials, * is the name of a header.", v.Used)
			return
		}
		n.entry("expose_headers", name, v.Used)
	})
}

func (n *npmReader) credential() {
	v, _ := n.given("credentials")
	switch {
	case v == nil || falsy(v):
	case v.Kind == js.TrueValue && n.allowsEveryone():
		n.remark(Lost, "allow_credentials", "Browsers refuse credentials where every origin is allowed with *.", v.Used)
	case v.Kind == js.TrueValue:
		n.entry("allow_credentials", "true", v.Used)
	case v.Kind == js.DynamicValue:
		n.remark(Dynamic, "allow_credentials", dynamic(v), v.Used)
	default:
		n.fault(npmCredentialsNotTrue, v.Used)
		n.remark(Lost, "allow_credentials", "Only the value true allows credentials.", v.Used)
	}
}

func (n *npmReader) allowsEveryone() bool {
	return slices.ContainsFunc(n.draft.Entries, func(e Entry) bool { return e.Field == "allow_origins" && e.Value == "*" })
}

func (n *npmReader) maxAge() {
	v, _ := n.given("maxAge")
	switch {
	case v == nil || v.Kind == js.FalseValue || v.Kind == js.NullValue:
	case v.Kind == js.NumberValue || v.Kind == js.StringValue:
		n.seconds(v.Text, v.Used)
	default:
		n.remark(Dynamic, "max_age", dynamic(v), v.Used)
	}
}

// seconds reads how long browsers may remember a preflight.
func (s *jsSettings) seconds(text string, r js.Range) {
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		s.remark(Lost, "max_age", "Browsers ignore "+shorten(text)+", which is not a number of seconds.", r)
		return
	}
	s.entry("max_age", (time.Duration(seconds) * time.Second).String(), r)
}

func (n *npmReader) status() {
	if v, _ := n.given("preflightContinue"); v != nil && !falsy(v) {
		n.fault(npmPreflightContinue, v.Used)
		n.remark(Differs, "", "The routes answer preflights; a policy answers them itself.", v.Used)
	}
	v, _ := n.given("optionsSuccessStatus")
	if v == nil || v.Kind == js.NumberValue && v.Text == "204" {
		return
	}
	status, err := strconv.Atoi(v.Text)
	switch {
	case v.Kind != js.NumberValue || err != nil:
		n.remark(Dynamic, "preflight_status", dynamic(v), v.Used)
	case status < 200 || status > 299:
		n.fault(npmPreflightStatus, v.Used)
		n.remark(Lost, "preflight_status", "Browsers refuse preflights with another status than 200 to 299.", v.Used)
	default:
		n.entry("preflight_status", v.Text, v.Used)
	}
}

// unknown reports properties that the package does not know.
func (n *npmReader) unknown() {
	for i := range n.options.Props {
		p := &n.options.Props[i]
		if !slices.Contains(npmCorsOptions, p.Name) {
			n.fault(npmUnknownOption, p.Range)
		}
	}
}

// missing reports what the options leave out.
func (n *npmReader) missing() {
	var list []string
	for _, name := range []string{"credentials", "exposedHeaders", "maxAge"} {
		if v, known := n.given(name); v == nil && known {
			list = append(list, name)
		}
	}
	if len(list) > 0 {
		n.fault(npmLeftOut, n.all)
		n.faults[len(n.faults)-1].Evidence = "not set: " + strings.Join(list, ", ")
	}
	n.fault(npmEveryOptions, n.all)
}

// replaceInside returns an edit of the inside of a string literal, if it is one
// without escapes.
func (s *jsSettings) replaceInside(v *js.Value, text string) []source.Edit {
	span := s.Span(v.Range)
	literal := s.Text[span.Start:span.End]
	if len(literal) < 2 || literal[1:len(literal)-1] != v.Text || strings.ContainsAny(text, "'\"`\\$\n") {
		return nil
	}
	return []source.Edit{{Span: source.Span{Start: span.Start + 1, End: span.End - 1}, New: text}}
}
