package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// flaskLinter collects the faults of a site. Resources share options, whose faults
// are those of the first one.
type flaskLinter struct {
	*flaskReader

	site   *Site
	faults []Fault
}

// fault adds a fault where an expression is, unless another site has it.
func (l *flaskLinter) fault(rule *Rule, span source.Span, edits ...source.Edit) {
	l.add(Fault{Rule: rule, File: l.file.File, Span: span, Edits: edits})
}

func (l *flaskLinter) add(f Fault) {
	if key := fmt.Sprint(f.Rule.ID, f.File.Name, f.Start); !l.p.found[key] {
		l.p.found[key] = true
		l.faults = append(l.faults, f)
	}
}

// lint adds the faults of a site.
func (l *flaskLinter) lint(res flaskResource) {
	credentials := false
	if e := l.value("supports_credentials"); e != nil {
		credentials, _ = l.truth(e)
	}
	everybody := l.originsFaults(credentials)
	l.namesFaults()
	l.flagsFaults(everybody, credentials)
	l.unknownFaults()
	l.resourceFaults(res)
	if l.c.route {
		l.decoratorFaults()
	} else {
		l.placeFaults()
	}
	if pin := l.p.pin; pin.before(6) {
		l.add(Fault{Rule: flaskOld, File: pin.file, Span: pin.Span})
	}
}

// itemsOf returns the strings of an option, without remarks on the others.
func (l *flaskLinter) itemsOf(e *python.Expr) []*python.Expr {
	quiet := flaskReader{pyReader: pyReader{file: l.file, at: l.at}}
	items, _ := quiet.items("", e)
	return items
}

// originsFaults finds what is wrong with the origins. It reports whether every
// origin is allowed.
func (l *flaskLinter) originsFaults(credentials bool) (everybody bool) {
	e := l.value("origins")
	if e == nil {
		if o, ok := l.options["origins"]; ok && o.value != nil {
			return false
		}
		l.file, l.at = l.c.file, l.c.stmt
		switch misnamed := l.misnamed(); {
		case misnamed: // which says more
		case credentials:
			l.fault(flaskCommon.reflects, l.c.call.Span)
		default:
			l.fault(flaskEverybody, l.c.call.Span)
		}
		return true
	}
	if l.file.Follow(e, l.at).Kind == python.Dict {
		l.fault(flaskDict, e.Span)
		return false
	}
	items := l.itemsOf(e)
	for _, item := range items {
		all := item.Text == "*" || item.Text == ".*"
		if isExpression(item) && !all {
			x, err := ReadExpression(item.Text, MatchPrefix)
			all = err == nil && x.Everything
		}
		switch {
		case all && credentials:
			l.fault(flaskCommon.reflects, item.Span)
		case all && len(items) > 1:
			l.fault(flaskStarAmong, item.Span)
		}
		everybody = everybody || all
		if !all {
			l.originFaults(item)
		}
	}
	return everybody
}

// misnamed reports whether origins are there under a name that Flask-CORS does not
// know.
func (l *flaskLinter) misnamed() bool {
	return slices.ContainsFunc([]string{"origin", "allow_origins", "allowed_origins", "allow_origin"}, func(name string) bool { _, ok := l.options[name]; return ok })
}

// originFaults finds what is wrong with one origin.
func (l *flaskLinter) originFaults(item *python.Expr) {
	inner := pyLinter{pyReader: pyReader{file: l.file, at: l.at}}
	switch {
	case isExpression(item):
		inner.prefixExpression(item, expressionRules{flaskUnanchored, flaskCommon.wide, flaskGlob})
	case strings.ContainsAny(strings.TrimSpace(item.Text), ", "):
		inner.fault(flaskInString, item.Span)
	default:
		folded := *item
		folded.Text = strings.ToLower(item.Text)
		inner.exactOrigin(&folded, flaskCommon)
	}
	for _, f := range inner.faults {
		l.add(f)
	}
}

// namesFaults finds what is wrong with methods and headers.
func (l *flaskLinter) namesFaults() {
	if e := l.value("methods"); e != nil {
		items := l.itemsOf(e)
		for _, item := range items {
			if strings.TrimSpace(item.Text) == "*" {
				l.fault(flaskStarMethods, item.Span)
			}
		}
	}
	if e := l.value("allow_headers"); e != nil {
		items := l.itemsOf(e)
		for _, item := range items {
			if strings.Contains(item.Text, ",") && !isExpression(item) {
				l.fault(flaskInString, item.Span)
			}
		}
	}
	if l.value("methods") == nil || l.value("allow_headers") == nil {
		l.file, l.at = l.c.file, l.c.stmt
		l.fault(flaskDefaults, l.c.call.Span)
	}
}

// flagsFaults finds what is wrong with options that are true or false.
func (l *flaskLinter) flagsFaults(everybody, credentials bool) {
	is := func(name string) (yes, known bool) {
		if e := l.value(name); e != nil {
			return l.truth(e)
		}
		return false, false
	}
	if wildcard, _ := is("send_wildcard"); wildcard && credentials && everybody {
		l.fault(flaskRaises, l.value("send_wildcard").Span)
	}
	if vary, known := is("vary_header"); known && !vary && !l.p.varies {
		l.fault(flaskNoVary, l.value("vary_header").Span)
	}
	always, known := is("always_send")
	_, credentialsKnown := is("supports_credentials")
	l.file, l.at = l.c.file, l.c.stmt
	if everybody {
		return
	}
	if !l.p.varies {
		l.fault(flaskVary, l.c.call.Span)
	}
	if (always || !known) && l.several() {
		l.fault(flaskAlways, l.c.call.Span, l.alwaysEdits(known)...)
	}
	if !credentials && (credentialsKnown || l.value("supports_credentials") == nil) {
		l.file, l.at = l.c.file, l.c.stmt
		l.fault(flaskNoCredentials, l.c.call.Span)
	}
}

// several reports whether the list has several origins, at least one of which is
// not an expression.
func (l *flaskLinter) several() bool {
	e := l.value("origins")
	if e == nil {
		return false
	}
	items := l.itemsOf(e)
	l.file, l.at = l.c.file, l.c.stmt
	return len(items) > 1 && slices.ContainsFunc(items, func(item *python.Expr) bool { return !isExpression(item) })
}

// alwaysEdits returns the edits that add always_send=False after the last
// argument.
func (l *flaskLinter) alwaysEdits(known bool) []source.Edit {
	args := l.c.call.Args
	if known || len(args) == 0 || args[len(args)-1].Star != "" || l.c.file.Broken {
		return nil
	}
	return l.c.file.after(args[len(args)-1].Span, []string{"always_send=False"})
}

// unknownFaults finds options that Flask-CORS does not know, and those of the
// configuration that come too late.
func (l *flaskLinter) unknownFaults() {
	for _, o := range sortedOptions(l.options) {
		if slices.Contains(flaskOptions, o.name) || o.value == nil {
			continue
		}
		l.in(o)
		span := o.value.Span
		if o.arg != nil {
			span = o.arg.Span
		}
		if _, given := l.options["origins"]; !given && strings.Contains(o.name, "origin") {
			l.fault(flaskUnknownOrigins, span)
		} else {
			l.fault(flaskUnknown, span)
		}
	}
	for _, o := range l.p.config {
		if l.c.late(o) {
			l.in(o)
			rule := flaskLate
			if !slices.Contains(flaskOptions, o.name) {
				rule = flaskUnknown
			}
			l.fault(rule, o.arg.Span)
		}
	}
}

// sortedOptions returns options in the order of their places.
func sortedOptions(options map[string]flaskOption) (list []flaskOption) {
	for _, o := range options {
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b flaskOption) int { return strings.Compare(a.name, b.name) })
	return list
}

// resourceFaults finds what is wrong with the paths of a resource.
func (l *flaskLinter) resourceFaults(res flaskResource) {
	if res.pattern == nil {
		return
	}
	l.file, l.at = res.file, res.at
	text := l.regex(res.pattern)
	if text.Kind != python.String || text.Text == "" {
		return
	}
	first := strings.TrimPrefix(text.Text, "^")
	switch expression := looksLikeExpression(text.Text) || l.file.callee(l.file.Follow(res.pattern, l.at)) == "re.compile"; {
	case first != "" && (first[0] >= 'a' && first[0] <= 'z' || first[0] >= 'A' && first[0] <= 'Z' || first[0] >= '0' && first[0] <= '9'):
		l.fault(flaskNever, res.pattern.Span)
	case !expression:
		l.fault(flaskExact, res.pattern.Span)
	}
}
