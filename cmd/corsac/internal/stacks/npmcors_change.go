package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
	"github.com/corsac-dev/corsac/cors"
)

// npmOption is an option as it is to be.
type npmOption struct {
	name string
	// items are literals of an array; value is a literal that is not one. With
	// neither, the option is to be left out.
	items []string
	array bool
	value string
	// texts are what the items say.
	texts []string
}

// literal returns the value of an option; "" if it is to be left out.
func (o *npmOption) literal() string {
	if o.array {
		return "[" + strings.Join(o.items, ", ") + "]"
	}
	return o.value
}

// npmOptionsOf returns the options of a policy. Those that asked is false for are
// left out, unless the package would then allow more than the policy.
func npmOptionsOf(p *cors.Policy, style *jsStyle, asked func(field string) bool) (list []npmOption, r *rules) {
	r = rulesOf(p)
	array := func(name string, values []string) npmOption {
		o := npmOption{name: name, array: true, texts: values}
		for _, v := range values {
			o.items = append(o.items, style.string(v))
		}
		return o
	}
	if asked("allow_origins") || asked("dangerously_allow_origin_regexps") {
		o := array("origin", r.exact)
		for _, p := range r.patterns {
			o.items, o.texts = append(o.items, jsRegexp(p)), append(o.texts, p.wild)
		}
		if r.anyOrigin {
			o = npmOption{name: "origin", value: style.string("*")}
		}
		list = append(list, o)
	}
	methods := array("methods", r.methods)
	if r.anyMethod && !p.AllowCredentials { // with credentials, * is the name of a method
		methods = npmOption{name: "methods", value: style.string("*"), texts: []string{"*"}}
		r.Lost = slices.DeleteFunc(r.Lost, func(d Difference) bool { return d.Text == anyMethodLost })
	}
	list = append(list, methods)
	if r.anyHeader {
		list = append(list, npmOption{name: "allowedHeaders"})
	} else {
		list = append(list, array("allowedHeaders", r.headers))
	}
	if asked("expose_headers") {
		o := array("exposedHeaders", r.expose)
		o.array = len(r.expose) > 0
		list = append(list, o)
	}
	if asked("allow_credentials") {
		o := npmOption{name: "credentials"}
		if r.credentials {
			o.value = "true"
		}
		list = append(list, o)
	}
	if asked("max_age") && r.maxAge >= 0 {
		list = append(list, npmOption{name: "maxAge", value: decimal(r.maxAge)})
	}
	if asked("preflight_status") && r.status != 0 {
		list = append(list, npmOption{name: "optionsSuccessStatus", value: decimal(r.status)})
	}
	return list, r
}

// npmOptionsText returns the options of a policy as an object, whose first line
// is indented by indent.
func npmOptionsText(p *cors.Policy, style *jsStyle, indent string) (string, *rules) {
	list, r := npmNewOptions(p, style)
	return npmObject(list, style, indent), r
}

// npmNewOptions returns the options of a policy for a call that has none yet.
func npmNewOptions(p *cors.Policy, style *jsStyle) ([]npmOption, *rules) {
	return npmOptionsOf(p, style, func(field string) bool {
		switch field {
		case "expose_headers":
			return len(p.ExposeHeaders) > 0
		case "allow_credentials":
			return p.AllowCredentials
		}
		return true
	})
}

// npmObject returns options as an object, whose first line is indented by indent.
func npmObject(list []npmOption, style *jsStyle, indent string) string {
	var b strings.Builder
	b.WriteString("{" + style.nl)
	for _, o := range list {
		if text := o.literal(); text != "" {
			b.WriteString(indent + style.unit + o.name + ": " + text + "," + style.nl)
		}
	}
	b.WriteString(indent + "}")
	return b.String()
}

// npmFixer changes the options of one call of cors.
type npmFixer struct {
	*jsFile

	want    *Want
	policy  *cors.Policy
	options js.Value
	edits   []source.Edit
	notes   []string
	gone    []js.Range // properties that are left out
}

// npmOptionFields are the settings that options are about.
var npmOptionFields = map[string][]string{
	"origin": {"allow_origins", "dangerously_allow_origin_regexps"}, "methods": {"allow_methods"}, "allowedHeaders": {"allow_headers"},
	"exposedHeaders": {"expose_headers"}, "credentials": {"allow_credentials"}, "maxAge": {"max_age"}, "optionsSuccessStatus": {"preflight_status"},
}

// fix makes the edits of an object with options, which the file has.
func (m *npmFixer) fix() {
	style := m.style()
	list, r := npmOptionsOf(m.policy, &style, m.want.Mentions)
	list = m.besides(list, &style)
	methods := m.options.Prop("methods")
	m.notes = append(m.notes, slices.DeleteFunc(r.Sentences(), func(text string) bool {
		return text == anyMethodLost && methods != nil && !m.want.Mentions("allow_methods") // they stay as they are
	})...)
	var added []string
	for i := range list {
		o := &list[i]
		asked := slices.ContainsFunc(npmOptionFields[o.name], m.want.Mentions)
		p := m.options.Prop(o.name)
		if o.name == "allowedHeaders" && (p == nil || falsy(&p.Value)) {
			if alias := m.options.Prop("headers"); alias != nil {
				p = alias
			}
		}
		switch {
		case p == nil && (asked || !m.options.Open):
			if text := o.literal(); text != "" {
				added = append(added, o.name+": "+text)
			}
		case p == nil:
		case p.Value.Shared && p.Range.Start == p.Value.Used.Start && m.At(p.Start) == "...":
			if asked && o.literal() != "" { // it comes from a spread: what is last counts
				added = append(added, o.name+": "+o.literal())
			}
		case asked || falsy(&p.Value) && o.name == "allowedHeaders":
			m.option(p, o)
		}
	}
	if p := m.options.Prop("preflightContinue"); p != nil && p.Value.Kind == js.TrueValue {
		m.gone = append(m.gone, p.Range)
		m.notes = append(m.notes, "preflightContinue is left out: cors() answers preflights now.")
	}
	m.add(added)
}

// besides returns the options for a request that is to be allowed besides what is
// there: reflected headers allow it already, and default methods stay.
func (m *npmFixer) besides(list []npmOption, style *jsStyle) []npmOption {
	if !m.want.OnlyAdds() || m.options.Open {
		return list
	}
	byDefault := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { p := m.options.Prop(name); return p != nil && !falsy(&p.Value) })
	}
	var kept []npmOption
	for _, o := range list {
		switch {
		case o.name == "allowedHeaders" && byDefault("allowedHeaders", "headers"):
		case o.name == "methods" && byDefault("methods") && !o.addDefaults(style):
		default:
			kept = append(kept, o)
		}
	}
	return kept
}

// addDefaults adds the methods that the package allows by default. It reports whether
// there are others.
func (o *npmOption) addDefaults(style *jsStyle) bool {
	others := slices.ContainsFunc(o.texts, func(name string) bool {
		return !slices.Contains(npmCorsPackage.defaults, name) && !slices.Contains(simpleMethods, name)
	})
	for _, name := range npmCorsPackage.defaults {
		if !slices.Contains(o.texts, name) {
			o.texts, o.items = append(o.texts, name), append(o.items, style.string(name))
		}
	}
	return others
}

// add takes away the properties that are left out, and adds others at the end of
// the object.
func (m *npmFixer) add(props []string) {
	open := m.options.Range.Start
	for m.At(open) == "(" {
		open++
	}
	m.edits = append(m.edits, m.exchange(open, m.gone, props)...)
}

// option changes a property that is there.
func (m *npmFixer) option(p *js.Prop, o *npmOption) {
	v := &p.Value
	text := o.literal()
	switch {
	case text == "":
		if !falsy(v) {
			m.gone = append(m.gone, p.Range)
		}
	case o.name == "origin" && m.sameOrigin(v, o), m.everyMethod(v, o):
	case o.array && v.Kind == js.ArrayValue && (v.Literal() || !v.Shared):
		m.items(v, o)
	case o.array && v.Kind == js.StringValue && o.name != "origin" && v.Literal():
		m.commaList(v, o)
	case !o.array && (v.Kind == js.NumberValue || v.Kind == js.TrueValue || v.Kind == js.StringValue) && (v.Text == text || m.Source(v.Range) == text || o.name == "origin" && v.Text == "*"):
	default:
		if o.name == "origin" && v.Kind != js.StringValue && v.Kind != js.TrueValue {
			m.notes = append(m.notes, "origin was "+shorten(m.Source(v.Used))+", which is replaced by the list of origins.")
		}
		m.replace(p, text)
	}
}

// replace gives a property another value.
func (m *npmFixer) replace(p *js.Prop, text string) {
	if m.At(p.Start+1) != ":" { // shorthand, or a method
		m.edits = append(m.edits, source.Edit{Span: m.Span(p.Range), New: p.Name + ": " + text})
		return
	}
	m.edits = append(m.edits, source.Edit{Span: m.Span(js.Range{Start: p.Start + 2, End: p.End}), New: text})
}

// everyMethod reports whether a value of methods is * alone, as is wanted.
func (m *npmFixer) everyMethod(v *js.Value, o *npmOption) bool {
	if v.Kind == js.ArrayValue && len(v.Items) == 1 {
		v = &v.Items[0]
	}
	return o.name == "methods" && !o.array && v.Kind == js.StringValue && v.Text == "*"
}

// sameOrigin reports whether a constant origin is the only one that is wanted.
func (m *npmFixer) sameOrigin(v *js.Value, o *npmOption) bool {
	return v.Kind == js.StringValue && o.array && len(o.texts) == 1 && o.texts[0] == v.Text
}

// commaList changes a string with names and commas.
func (m *npmFixer) commaList(v *js.Value, o *npmOption) {
	var kept []string
	for _, name := range splitNames(v.Text) {
		if slices.ContainsFunc(o.texts, func(t string) bool { return sameName(o.name, t, name) }) {
			kept = append(kept, name)
		}
	}
	old := len(kept)
	for _, t := range o.texts {
		if !slices.ContainsFunc(kept, func(k string) bool { return sameName(o.name, t, k) }) && (o.name != "methods" || !slices.Contains(simpleMethods, t)) {
			kept = append(kept, t)
		}
	}
	if old == len(kept) && old == len(splitNames(v.Text)) {
		return
	}
	sep := ","
	if strings.Contains(v.Text, ", ") {
		sep = ", "
	}
	style := m.style()
	style.quote = m.At(v.Range.Start)[0]
	if len(kept) == 0 {
		m.edits = append(m.edits, source.Edit{Span: m.Span(v.Range), New: "[]"})
		return
	}
	m.edits = append(m.edits, source.Edit{Span: m.Span(v.Range), New: style.string(strings.Join(kept, sep))})
}

// sameName compares methods as they are, and names of headers ignoring case.
func sameName(option, a, b string) bool {
	return a == b || option != "methods" && option != "origin" && strings.EqualFold(a, b)
}

// items changes an array item by item.
func (m *npmFixer) items(v *js.Value, o *npmOption) {
	open := v.Range.Start
	for m.At(open) == "(" {
		open++
	}
	if m.At(open) != "[" || slices.ContainsFunc(v.Items, func(i js.Value) bool { return m.At(i.Used.Start) == "..." }) {
		m.edits = append(m.edits, source.Edit{Span: m.Span(v.Used), New: o.literal()})
		return
	}
	var gone []js.Range
	have := map[int]bool{}
	for i := range v.Items {
		item := &v.Items[i]
		meant, edits := m.meaning(item, o)
		switch {
		case meant >= 0 && !have[meant]:
			have[meant] = true
			m.edits = append(m.edits, edits...)
		case meant == anyIndex:
		default:
			gone = append(gone, item.Used)
			if o.name == "origin" {
				m.notes = append(m.notes, shorten(m.Source(item.Used))+" is no longer in the list of origins.")
			}
		}
	}
	var added []string
	for i, text := range o.items {
		if !have[i] && (o.name != "methods" || !slices.Contains(simpleMethods, o.texts[i])) {
			added = append(added, text)
		}
	}
	m.edits = append(m.edits, m.exchange(open, gone, added)...)
}

// anyIndex says that an item may stay although nothing asks for it.
const anyIndex = -2

// meaning returns which of the wanted items an item of an array is, -1 for none;
// and what to change so that it is.
func (m *npmFixer) meaning(item *js.Value, o *npmOption) (int, []source.Edit) {
	if o.name != "origin" {
		if o.name == "methods" && slices.Contains(simpleMethods, item.Text) {
			return anyIndex, nil
		}
		return slices.IndexFunc(o.texts, func(t string) bool { return item.Kind == js.StringValue && sameName(o.name, t, item.Text) }), nil
	}
	read := jsReader{jsSettings: &jsSettings{jsFile: m.jsFile}, jsPackage: npmCorsPackage, given: &js.Value{}, all: item.Used}
	switch item.Kind {
	case js.StringValue:
		read.origins(item, read.rules.origins)
	case js.RegExpValue:
		read.regexp(item)
	}
	var edits []source.Edit
	for i := range read.faults {
		if len(read.faults[i].Edits) == 0 {
			return -1, nil
		}
		edits = append(edits, read.faults[i].Edits...)
	}
	if len(read.draft.Entries) != 1 || item.Kind == js.StringValue && len(edits) > 0 && !item.Literal() {
		return -1, nil
	}
	e := read.draft.Entries[0]
	for i, text := range o.texts {
		if e.Field == "allow_origins" && text == e.Value || text == "" && o.items[i] == jsRegexp(regexpOf(e.Value)) {
			return i, edits
		}
	}
	return -1, nil
}

// regexpOf returns a regular expression of a policy as a pattern.
func regexpOf(expr string) pattern {
	re, _ := portable(expr)
	return pattern{re: re}
}

// exchange takes items from between brackets, and adds others at the end.
func (x *jsFile) exchange(open int, gone []js.Range, added []string) (edits []source.Edit) {
	items := x.Args(open)
	if len(gone) == len(items) && len(items) > 0 {
		inner := js.Range{Start: items[0].Start, End: items[len(items)-1].End}
		sep := ", "
		if x.Newline(inner.Start) {
			sep = "," + x.file.NewLine() + x.file.Indent(x.Tokens[inner.Start].Start)
		}
		if len(added) == 0 {
			return []source.Edit{{Span: source.Span{Start: x.Tokens[open].End, End: x.Tokens[x.Partner(open)].Start}}}
		}
		return []source.Edit{{Span: x.Span(inner), New: strings.Join(added, sep)}}
	}
	kept := slices.IndexFunc(items, func(r js.Range) bool { return !slices.Contains(gone, r) })
	lastKept := kept
	for i, r := range items {
		if !slices.Contains(gone, r) {
			lastKept = i
		}
	}
	for i, r := range items {
		if slices.Contains(gone, r) && i < lastKept {
			edits = append(edits, x.withoutItem(r))
		}
	}
	if lastKept >= 0 && lastKept < len(items)-1 {
		from := x.Tokens[items[lastKept].End-1].End
		edits = append(edits, source.Edit{Span: source.Span{Start: from, End: x.Tokens[items[len(items)-1].End-1].End}, New: x.joined(open, added)})
		return edits
	}
	if len(added) > 0 {
		sep := ", "
		if len(items) > 0 && x.multiline(open) {
			sep = "," + x.file.NewLine() + x.file.Indent(x.Tokens[open+1].Start)
		}
		edits = append(edits, x.insertItem(open, nil, strings.Join(added, sep))...)
	}
	return edits
}

// joined returns items that follow another one.
func (x *jsFile) joined(open int, added []string) string {
	sep := ", "
	if x.multiline(open) {
		sep = "," + x.file.NewLine() + x.file.Indent(x.Tokens[open+1].Start)
	}
	var b strings.Builder
	for _, a := range added {
		b.WriteString(sep + a)
	}
	return b.String()
}
