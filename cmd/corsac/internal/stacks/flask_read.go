package stacks

import (
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// flaskRead is Read of Flask's source.
func flaskRead(t *source.Tree) (sites []*Site) {
	p := readFlask(t)
	for _, c := range p.cors {
		switch {
		case c.target() != nil || c.route || c.constructor != nil:
			sites = append(sites, c.sites(p)...)
		case !p.waits(c):
			sites = append(sites, &Site{Title: "CORS()", File: c.file.File, Span: c.call.Span, Faults: []Fault{{Rule: flaskUnused, File: c.file.File, Span: c.call.Span}}})
		}
	}
	for _, o := range p.own {
		s := o.site()
		s.Faults = p.ownFaults(o)
		sites = append(sites, s)
	}
	return pySites(append(sites, p.unused()...), p.broken)
}

// flaskReader reads the options of a call.
type flaskReader struct {
	pyReader

	p       *flaskProject
	c       *flaskCORS
	options map[string]flaskOption
}

// in reads what follows where an option is.
func (r *flaskReader) in(o flaskOption) *python.Expr {
	r.file, r.at = o.file, o.at
	return o.value
}

// value returns the value of an option, or nil if it is not set.
func (r *flaskReader) value(name string) *python.Expr {
	o, ok := r.options[name]
	if !ok || o.value == nil {
		return nil
	}
	e := r.in(o)
	if r.file.Follow(e, r.at).Kind == python.None {
		return nil
	}
	return e
}

// sites returns the places of a call: one for each of its resources.
func (c *flaskCORS) sites(p *flaskProject) (sites []*Site) {
	r := &flaskReader{pyReader: pyReader{file: c.file, at: c.stmt}, p: p, c: c}
	r.readOptions()
	shared := r.draft
	for _, res := range r.resources() {
		of := &flaskReader{pyReader: pyReader{file: c.file, at: c.stmt}, p: p, c: c, options: maps.Clone(r.options)}
		of.draft.Remarks = slices.Concat(shared.Remarks, res.remarks)
		for _, o := range res.options {
			of.options[o.name] = flaskOption{pyOption: o, file: res.file, at: res.at}
		}
		s := &Site{Title: c.title(), File: c.file.File, Span: c.call.Span, Path: res.path}
		if c.route {
			s.Title = "@cross_origin(…) of " + c.stmt.Name
			_, s.Path = route(c.stmt)
		} else if prefix := c.prefix(); s.Path == "" {
			s.Path = prefix
		}
		if res.span.End > 0 && res.file == c.file {
			s.Span = res.span
		}
		of.read()
		of.finish(s)
		l := &flaskLinter{flaskReader: of, site: s}
		l.lint(res)
		s.Faults = l.faults
		sites = append(sites, s)
	}
	return sites
}

// title says what a call is.
func (c *flaskCORS) title() string {
	if c.constructor != nil {
		return c.call.Callee() + "(…)"
	}
	if target := c.target(); target != nil && target.Kind == python.Var {
		return "CORS(" + target.Name + ", …)"
	}
	return "CORS(…)"
}

// prefix returns the url_prefix of a blueprint that gets the headers.
func (c *flaskCORS) prefix() string {
	if b := c.blueprint(); b != nil {
		if prefix := b.Arg("url_prefix"); prefix != nil {
			return c.file.Follow(prefix, c.stmt).Text
		}
	}
	return ""
}

// blueprint returns the call that makes the blueprint which gets the headers; nil
// if it is an application, as far as the file shows.
func (c *flaskCORS) blueprint() *python.Expr {
	if target := c.target(); target != nil {
		if made := c.file.Follow(target, c.stmt); c.file.callee(made) == "flask.Blueprint" {
			return made
		}
	}
	return nil
}

// readOptions collects the options of a call: those of the configuration, of the
// constructor, and its own, each the last time that it is given.
func (r *flaskReader) readOptions() {
	r.options = map[string]flaskOption{}
	for _, o := range r.p.config {
		before, again := r.options[o.name]
		switch {
		case r.c.late(o):
		case again && o.class && before.class:
			o.value = &python.Expr{Span: o.value.Span} // which class counts is not known
			fallthrough
		default:
			r.options[o.name] = o
		}
	}
	calls := []*flaskCORS{r.c}
	if r.c.constructor != nil {
		calls = []*flaskCORS{r.c.constructor, r.c}
	}
	for _, c := range calls {
		r.file, r.at = c.file, c.stmt
		for _, o := range r.pyReader.options(c.call.Args, []string{"app"}) {
			r.options[o.name] = flaskOption{pyOption: o, file: c.file, at: c.stmt}
		}
	}
	delete(r.options, "app")
}

// late reports whether an option is put into the configuration after the call has
// read it.
func (c *flaskCORS) late(o flaskOption) bool {
	return !c.route && !o.class && o.file == c.file && o.at.Function() == c.stmt.Function() && o.at.Start > c.stmt.Start
}

// flaskResource is a part of an application with options of its own.
type flaskResource struct {
	pattern *python.Expr // nil for all
	path    string
	options []pyOption
	remarks []Remark
	file    *pyFile
	at      *python.Stmt
	span    source.Span // that of its options
}

// resources returns those of the option resources; one for all if it is not there.
func (r *flaskReader) resources() (list []flaskResource) {
	o, ok := r.options["resources"]
	all := []flaskResource{{file: r.c.file, at: r.c.stmt}}
	if !ok || r.c.route {
		return all
	}
	e := r.file.Follow(r.in(o), r.at)
	add := func(pattern, value *python.Expr) {
		one := pyReader{file: r.file, at: r.at}
		res := flaskResource{pattern: pattern, file: r.file, at: r.at}
		text := r.regex(pattern)
		if text.Kind == python.String {
			res.path = one.pathOf(pattern, text.Text)
		} else {
			one.remark(Dynamic, "", "The paths "+r.why(text), pattern)
		}
		if value != nil {
			res.span = source.Span{Start: min(pattern.Start, value.Start), End: value.End}
			res.options = one.spread(value)
		}
		res.remarks = one.draft.Remarks
		list = append(list, res)
	}
	switch {
	case e.Kind == python.Dict:
		for i, key := range e.Keys {
			if key != nil {
				add(key, e.Items[i])
			}
		}
	case e.Kind == python.List || e.Kind == python.Tuple || e.Kind == python.Set:
		for _, item := range e.Items {
			add(item, nil)
		}
	default:
		add(r.options["resources"].value, nil)
	}
	if len(list) == 0 {
		return all
	}
	return list
}

// pathOf returns the prefix of the paths that an expression is for. Flask-CORS
// looks for it at the beginning; what does not look like an expression must be
// the whole path.
func (r *pyReader) pathOf(at *python.Expr, expr string) string {
	rest := strings.TrimPrefix(strings.ReplaceAll(expr, `\/`, "/"), "^")
	i := strings.IndexAny(rest, `\.[](){}|$*+?`)
	prefix := rest
	if i >= 0 {
		prefix, rest = rest[:i], rest[i:]
		if prefix != "" && strings.ContainsAny(rest[:1], "*?{") {
			prefix = prefix[:len(prefix)-1]
		}
		if simple := []string{"*", ".*", ".*$", "(.*)", "(.*)$", ".+"}; !slices.Contains(simple, rest) {
			r.remark(Differs, "", "It applies to the paths that match "+asQuoted(expr)+".", at)
		}
		if strings.Contains(rest, "|") {
			prefix = ""
		}
	}
	if prefix == "/" {
		return ""
	}
	return prefix
}

// read reads the options as Flask-CORS does
// (https://flask-cors.readthedocs.io/en/latest/api.html).
func (r *flaskReader) read() {
	credentials := false
	if e := r.value("supports_credentials"); e != nil {
		credentials = r.credentials(e)
	}
	r.origins(credentials)
	r.methods()
	r.headers(credentials)
	if e := r.value("expose_headers"); e != nil {
		r.listed("expose_headers", e)
	}
	if e := r.value("max_age"); e != nil {
		r.age(e)
	}
	if e := r.value("allow_private_network"); e != nil {
		r.privateNetwork(e)
	}
}

// looksLikeExpression reports whether Flask-CORS takes a string for a regular
// expression.
func looksLikeExpression(s string) bool { return strings.ContainsAny(s, `*\]?$^[()`) }

// isExpression reports whether an element of a list is one, by its looks or
// because it is compiled.
func isExpression(item *python.Expr) bool {
	return looksLikeExpression(item.Text) || item.Base != nil && item.Base.Kind == python.Call
}

// items returns the strings of an option, which may be one string. ok is false if
// the value is not known.
func (r *flaskReader) items(field string, e *python.Expr) (items []*python.Expr, ok bool) {
	value := r.file.Follow(e, r.at)
	switch {
	case value.Kind == python.String || r.file.callee(value) == "re.compile":
		return r.element(field, e), true
	case value.Kind == python.Dict && !slices.Contains(value.Keys, nil):
		for _, key := range value.Keys {
			items = append(items, r.element(field, key)...)
		}
		return items, true
	}
	return r.strings(field, e)
}

// origins reads the origins. All are allowed by default.
func (r *flaskReader) origins(credentials bool) {
	const field = "allow_origins"
	e := r.value("origins")
	if e == nil {
		if o, ok := r.options["origins"]; ok && o.value != nil {
			r.remark(Lost, field, "None is not a list of origins: requests fail.", r.in(o))
			return
		}
		r.everyOrigin(r.c.call, credentials)
		for i := range r.draft.Entries {
			r.draft.Entries[i].Default = r.draft.Entries[i].Default || r.draft.Entries[i].Field == field
		}
		return
	}
	items, ok := r.items(field, e)
	if !ok {
		r.remark(Dynamic, field, "The origins "+r.why(r.file.Follow(e, r.at)), e)
	}
	for _, item := range items {
		if item.Text == "*" || item.Text == ".*" {
			r.everyOrigin(item, credentials)
			return
		}
	}
	for _, item := range items {
		if isExpression(item) {
			r.prefix(item, credentials)
		} else {
			r.origin(strings.ToLower(item.Text), item)
		}
	}
}

// everyOrigin is about *: Flask-CORS then repeats the origin, unless it is to send
// the * itself.
func (r *flaskReader) everyOrigin(e *python.Expr, credentials bool) {
	r.anyOrigin(e, credentials)
	wildcard := false
	if o := r.value("send_wildcard"); o != nil {
		wildcard, _ = r.truth(o)
	}
	if !wildcard && !credentials {
		r.remark(Differs, "allow_origins", "Every origin is repeated"+sameAsAny, e)
	}
}

// prefix reads an expression that must match the beginning of an origin.
func (r *pyReader) prefix(item *python.Expr, credentials bool) {
	const field = "dangerously_allow_origin_regexps"
	x, err := ReadExpression(plainSlashes(item.Text), MatchPrefix)
	switch {
	case isGlob(item.Text):
		r.remark(Lost, "allow_origins", asQuoted(item.Text)+" is read as an expression, in which * repeats the character before it.", item)
		return
	case err != nil || len(item.Text) > maxExpression:
		r.remark(Lost, field, "The regular expression has syntax that policies do not have.", item)
		return
	case x.Everything:
		r.anyOrigin(item, credentials)
		return
	case r.has("allow_origins", "*"):
		return
	case x.Unanchored:
		r.remark(Differs, "allow_origins", "The expression has no end, and also matches longer origins; it is read as if it had one.", item)
	}
	x.each(func(field, value string) {
		if !r.has(field, value) {
			r.entry(field, value, item)
		}
	})
}

// isGlob reports whether a string has a * that is meant for any text, as in
// https://*.example.com.
func isGlob(s string) bool {
	return strings.Contains(s, "//*.") || strings.HasPrefix(s, "*.") || strings.HasSuffix(s, ":*")
}
