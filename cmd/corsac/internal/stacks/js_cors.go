package stacks

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// jsPackage is a package for CORS whose options are an object.
type jsPackage struct {
	// options are the names of all of them; those of some are named.
	options                  []string
	methods, headers, expose string
	// alias is another name of headers; it may be "".
	alias string
	// defaults are the methods that it allows without a list, besides those that
	// need no permission.
	defaults []string
	// emptyReflects says that an empty list of headers allows all of them.
	emptyReflects bool
	// truthy says that every value that is not false allows credentials, not only
	// true.
	truthy bool
	// reflectsAny says that with credentials, the origin of the request takes the
	// place of *.
	reflectsAny bool
	// noZeroAge says that a maxAge of 0 is not sent, unless it is a string.
	noZeroAge bool
	// notList is the rule that a list breaks which is a string with commas; nil if
	// that may be.
	notList *Rule

	rules *jsRules
	// delegates is the option whose function decides in place of all others; it may
	// be "".
	delegates string
	// origin reads an origin that is neither missing nor *. It is false if no headers
	// are set at all.
	origin func(*jsReader, *js.Value) bool
	// others reads the options that only this package has, and those about
	// preflights.
	others func(*jsReader)
}

// with returns the package with other default methods.
func (p *jsPackage) with(defaults []string) *jsPackage {
	other := *p
	other.defaults = defaults
	return &other
}

// jsReader reads one set of options.
type jsReader struct {
	*jsSettings
	*jsPackage

	all   js.Range
	given *js.Value
	// credentials says that they are allowed.
	credentials bool
}

// readArgs reads the options that are the first of some arguments; all is what
// the options are for.
func (s *jsSettings) readArgs(p *jsPackage, all js.Range, args []js.Range) {
	options := js.Value{Kind: js.NullValue, Range: all, Used: all}
	if len(args) > 0 {
		options = s.value(args[0])
	}
	s.readOptions(p, all, &options)
}

// readOptions reads the options of a package, in the file where they are.
func (s *jsSettings) readOptions(p *jsPackage, all js.Range, options *js.Value) {
	if options.In != nil {
		defer s.within(options)()
		all = options.Used
	}
	switch options.Kind {
	case js.NullValue, js.ObjectValue:
	default:
		s.remark(Dynamic, "", "The options are not written here. "+dynamic(options), options.Used)
		return
	}
	r := jsReader{jsSettings: s, jsPackage: p, all: all, given: options}
	if p := options.Prop("credentials"); p != nil {
		r.credentials = r.allows(&p.Value)
	}
	if options.Open {
		r.remark(Dynamic, "", "Some of the options are not written here.", options.Used)
	}
	if !r.readOrigin() {
		return
	}
	r.readMethods()
	r.allowedHeaders()
	r.exposedHeaders()
	r.credential()
	r.maxAge()
	p.others(&r)
	r.unknown()
}

// allows reports whether a value of the option credentials allows them.
func (r *jsReader) allows(v *js.Value) bool {
	return v.Kind == js.TrueValue || r.truthy && v.Kind != js.DynamicValue && v.Kind != js.FunctionValue && !falsy(v)
}

// readOrigin reads who is allowed. It is false if the options set no headers at
// all, or if others decide.
func (r *jsReader) readOrigin() bool {
	if r.delegates != "" {
		if v, _ := r.option(r.delegates); v != nil {
			defer r.within(v)()
			r.remark(Dynamic, "", "The options are not written here. "+dynamic(v), v.Used)
			return false
		}
	}
	v, known := r.option("origin")
	switch {
	case v == nil && known:
		r.everyone(nil, false)
	case v == nil:
	case v.Kind == js.StringValue && v.Text == "*":
		r.everyone(v, false)
	default:
		return r.origin(r, v)
	}
	return true
}

// option returns the value of an option, or nil if it is not set. The bool is
// false if that is not known.
func (r *jsReader) option(name string) (*js.Value, bool) {
	p := r.given.Prop(name)
	if p == nil {
		return nil, !r.given.Open
	}
	return &p.Value, true
}

// falsy reports whether JavaScript takes a value for false.
func falsy(v *js.Value) bool {
	return v.Kind == js.FalseValue || v.Kind == js.NullValue || v.Kind == js.StringValue && v.Text == "" || v.Kind == js.NumberValue && v.Text == "0"
}

// everyone is about an origin of * (reflected if the package repeats the origin
// of the request), which v says, or the options as a whole if it is nil.
func (r *jsReader) everyone(v *js.Value, reflected bool) {
	at := r.all
	if v != nil {
		defer r.within(v)()
		at = v.Used
	}
	reflected = reflected || r.credentials && r.reflectsAny
	switch {
	case reflected && r.credentials:
		r.remark(Lost, "allow_origins", "Every origin is allowed with credentials, which no policy can say.", at)
		r.fault(r.rules.anyOriginWithCredentials, at)
	case reflected:
		r.entry("allow_origins", "*", at)
		r.remark(Differs, "allow_origins", "The package repeats the origin of the request; a policy answers *, which allows the same.", at)
		r.fault(r.rules.anyOrigin, at)
	default:
		if v == nil {
			r.byDefault("allow_origins", at, "*")
		} else {
			r.entry("allow_origins", "*", at)
		}
		if r.credentials {
			r.fault(r.rules.wildcardWithCredentials, at)
		} else {
			r.fault(r.rules.anyOrigin, at)
		}
	}
}

// dynamicOrigin is about an origin that is not written in the files.
func (r *jsReader) dynamicOrigin(v *js.Value) {
	defer r.within(v)()
	r.remark(Dynamic, "allow_origins", dynamic(v), v.Used)
	if v.Env != "" && v.Default != nil && falsy(v.Default) && r.rules.originFromEnv != nil {
		r.fault(r.rules.originFromEnv, v.Used)
	}
}

// maxNested is how deep arrays of origins are nested, at most.
const maxNested = 5

// originList reads an array of origins; true in it means all of them.
func (r *jsReader) originList(list *js.Value, depth int) {
	for i := range list.Items {
		switch v := &list.Items[i]; {
		case v.Kind == js.StringValue:
			r.origins(v, r.rules.origins)
		case v.Kind == js.RegExpValue:
			r.regexp(v)
		case v.Kind == js.ArrayValue && depth < maxNested:
			r.originList(v, depth+1)
		case v.Kind == js.TrueValue:
			r.everyone(v, true)
		case falsy(v):
		default:
			r.dynamicItem(v)
		}
	}
}

// dynamicItem is about an item of a list of origins that is not written in the
// files: where it is undefined, it matches nothing.
func (r *jsReader) dynamicItem(v *js.Value) {
	defer r.within(v)()
	r.remark(Dynamic, "allow_origins", dynamic(v), v.Used)
}

// stringList reads names, as an array of strings or in one string with commas.
func (r *jsReader) stringList(field string, v *js.Value, each func(name string, v *js.Value)) {
	s := r.jsSettings
	if v.Kind == js.StringValue && r.notList != nil {
		defer s.within(v)()
		s.fault(r.notList, v.Used, s.asArray(v)...)
		s.remark(Lost, field, "The package wants an array here, not a string.", v.Used)
		return
	}
	switch v.Kind {
	case js.StringValue:
		defer s.within(v)()
		for _, name := range splitNames(v.Text) {
			each(name, v)
		}
	case js.ArrayValue:
		for i := range v.Items {
			s.listItem(field, &v.Items[i], each)
		}
	default:
		defer s.within(v)()
		s.remark(Dynamic, field, dynamic(v), v.Used)
	}
}

func (s *jsSettings) listItem(field string, item *js.Value, each func(name string, v *js.Value)) {
	defer s.within(item)()
	if item.Kind != js.StringValue {
		s.remark(Dynamic, field, dynamic(item), item.Used)
		return
	}
	for _, name := range splitNames(item.Text) {
		each(name, item)
	}
}

// asArray returns an edit that makes an array of a literal with commas.
func (s *jsSettings) asArray(v *js.Value) []source.Edit {
	if !v.Literal() || s.Kind(v.Range.Start) != js.String {
		return nil
	}
	style := s.style()
	style.quote = s.Text[s.Span(v.Range).Start]
	return []source.Edit{{Span: s.Span(v.Range), New: "[" + list(style.string, splitNames(v.Text)...) + "]"}}
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

func (r *jsReader) readMethods() {
	v, known := r.option(r.jsPackage.methods)
	if v == nil {
		if known && len(r.defaults) > 0 {
			r.byDefault("allow_methods", r.all, r.defaults...)
			r.fault(r.rules.defaultMethods, r.all)
		}
		return
	}
	if v.Kind == js.FalseValue || v.Kind == js.NullValue {
		return
	}
	r.stringList("allow_methods", v, func(name string, v *js.Value) {
		r.method(name, v.Used, r.rules.methodCase)
	})
}

// method is one that a list allows; lower is the rule that it breaks in lower
// case.
func (s *jsSettings) method(name string, r js.Range, lower *Rule) {
	switch {
	case slices.Contains(simpleMethods, name):
	case name != strings.ToUpper(name):
		s.fault(lower, r)
		s.entry("allow_methods", name, r)
	default:
		s.entry("allow_methods", name, r)
	}
}

func (r *jsReader) allowedHeaders() {
	v, known := r.option(r.headers)
	if (v == nil || falsy(v)) && r.alias != "" {
		v, known = r.option(r.alias)
	}
	if v == nil || falsy(v) || r.emptyReflects && v.Kind == js.ArrayValue && len(v.Items) == 0 {
		if known {
			values := []string{"*", "Authorization"}
			if r.credentials {
				values = values[:1]
			}
			r.byDefault("allow_headers", r.all, values...)
			r.fault(r.rules.headersReflected, r.all)
		}
		return
	}
	r.stringList("allow_headers", v, func(name string, v *js.Value) {
		if r.emptyReflects && strings.EqualFold(name, "Accept") {
			return // it needs no permission, and stands for an empty list
		}
		r.headerName("allow_headers", name, v, r.rules.wildcardHeaders)
	})
}

// headerName is one of a list; * with credentials breaks a rule.
func (r *jsReader) headerName(field, name string, v *js.Value, wildcard *Rule) {
	if name == "*" && r.credentials {
		r.fault(wildcard, v.Used)
		r.remark(Lost, field, "With credentials, * is the name of a header.", v.Used)
		return
	}
	r.entry(field, name, v.Used)
}

func (r *jsReader) exposedHeaders() {
	v, _ := r.option(r.expose)
	if v == nil || falsy(v) {
		return
	}
	r.stringList("expose_headers", v, func(name string, v *js.Value) {
		r.headerName("expose_headers", name, v, r.rules.wildcardExpose)
	})
}

func (r *jsReader) credential() {
	v, _ := r.option("credentials")
	if v == nil || falsy(v) {
		return
	}
	defer r.within(v)()
	switch {
	case r.allows(v) && r.allowsEveryone():
		r.remark(Lost, "allow_credentials", "Browsers refuse credentials where every origin is allowed with *.", v.Used)
	case r.allows(v):
		r.entry("allow_credentials", "true", v.Used)
	case v.Kind == js.DynamicValue || v.Kind == js.FunctionValue:
		r.remark(Dynamic, "allow_credentials", dynamic(v), v.Used)
	default:
		r.fault(r.rules.credentialsNotTrue, v.Used)
		r.remark(Lost, "allow_credentials", "Only the value true allows credentials.", v.Used)
	}
}

func (s *jsSettings) allowsEveryone() bool {
	return slices.ContainsFunc(s.draft.Entries, func(e Entry) bool { return e.Field == "allow_origins" && e.Value == "*" })
}

func (r *jsReader) maxAge() {
	v, _ := r.option("maxAge")
	if v == nil || v.Kind == js.FalseValue || v.Kind == js.NullValue {
		return
	}
	defer r.within(v)()
	if r.noZeroAge && falsy(v) {
		r.remark(Lost, "max_age", "The package does not send the number 0, so that browsers remember preflights for five seconds.", v.Used)
		return
	}
	if v.Kind == js.NumberValue || v.Kind == js.StringValue {
		r.seconds(v.Text, v.Used)
		return
	}
	r.remark(Dynamic, "max_age", dynamic(v), v.Used)
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

// preflights reads the options preflightContinue and optionsSuccessStatus.
func (r *jsReader) preflights() {
	if v, _ := r.option("preflightContinue"); v != nil && !falsy(v) {
		undo := r.within(v)
		r.fault(r.rules.preflightContinue, v.Used)
		r.remark(Wider, "", "The routes answer preflights; a policy answers them itself.", v.Used)
		undo()
	}
	v, _ := r.option("optionsSuccessStatus")
	if v == nil || v.Kind == js.NumberValue && v.Text == "204" {
		return
	}
	defer r.within(v)()
	status, err := strconv.Atoi(v.Text)
	switch {
	case v.Kind != js.NumberValue || err != nil:
		r.remark(Dynamic, "preflight_status", dynamic(v), v.Used)
	case status < 200 || status > 299:
		r.fault(r.rules.preflightStatus, v.Used)
		r.remark(Lost, "preflight_status", "Browsers refuse preflights with another status than 200 to 299.", v.Used)
	default:
		r.entry("preflight_status", v.Text, v.Used)
	}
}

// unknown reports properties that the package does not know.
func (r *jsReader) unknown() {
	for i := range r.given.Props {
		p := &r.given.Props[i]
		if !slices.Contains(r.options, p.Name) {
			undo := r.within(&p.Value)
			r.fault(r.rules.unknownOption, p.Range)
			undo()
		}
	}
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
