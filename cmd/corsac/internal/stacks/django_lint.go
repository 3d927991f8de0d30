package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/origin"
)

// djangoLinter collects the faults of settings. Those that stand in a module that
// this one takes its settings from are faults of that one.
type djangoLinter struct {
	pyLinter

	s    *djangoSettings
	p    *djangoProject
	site *Site
}

// reader returns a reader whose remarks are not needed.
func (l *djangoLinter) reader() *djangoDraft {
	return &djangoDraft{pyReader: pyReader{file: l.s.file, at: l.s.first, constants: djangoConstants}, s: l.s}
}

// own reports whether a value is in the module itself, and puts the linter there.
func (l *djangoLinter) own(v djangoValue) bool {
	l.file, l.at = v.file, v.stmt
	return v.file == l.s.file
}

// flag returns whether a setting is surely true.
func (l *djangoLinter) flag(name string) bool {
	yes, known, _ := l.reader().flag("", name)
	return yes && known
}

// items calls f for each element of a list of the module itself, also of one that
// is set on a condition.
func (l *djangoLinter) items(name string, f func(*python.Expr)) {
	for _, v := range l.s.of(name) {
		if v.file != l.s.file {
			continue
		}
		d := l.reader()
		e := d.in(v)
		items, _ := d.elements("", name, e, nil)
		for _, item := range items {
			if l.file, l.at = item.file, item.at; item.file == l.s.file {
				f(item.Expr)
			}
		}
	}
}

// lint adds the faults of the settings.
func (l *djangoLinter) lint() {
	l.origins()
	l.names()
	l.middleware()
	if l.flag("CORS_ALLOW_CREDENTIALS") {
		l.cookies()
		l.csrf()
	}
	l.unknown()
	if pin := l.p.pin; pin.before(4) {
		l.faults = append(l.faults, Fault{Rule: djangoOld, File: pin.file, Span: pin.Span})
	}
	slices.SortStableFunc(l.faults, func(a, b Fault) int { return a.Start - b.Start })
}

// origins finds what is wrong with the origins.
func (l *djangoLinter) origins() {
	for _, name := range []string{"CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ALLOW_METHODS", "CORS_ALLOW_HEADERS", "CORS_EXPOSE_HEADERS"} {
		for _, v := range l.s.of(name) {
			value := v.file.Follow(v.value, v.stmt)
			switch {
			case !l.own(v):
			case value.Kind == python.String:
				l.fault(djangoString, v.value.Span, l.listed(v.value, value)...)
			case l.file.isVariable(value):
				l.fault(djangoString, v.value.Span)
			}
		}
	}
	l.items("CORS_ALLOWED_ORIGINS", l.listedOrigin)
	l.items("CORS_ALLOWED_ORIGIN_REGEXES", func(item *python.Expr) {
		if x, err := ReadExpression(item.Text, MatchPrefix); err == nil && x.Everything && l.flag("CORS_ALLOW_CREDENTIALS") {
			l.fault(djangoCommon.reflects, item.Span)
			return
		}
		l.prefixExpression(item, expressionRules{djangoUnanchored, djangoCommon.wide, djangoCommon.glob})
	})
	all := l.s.of("CORS_ALLOW_ALL_ORIGINS")
	if !l.flag("CORS_ALLOW_ALL_ORIGINS") || !l.own(all[len(all)-1]) {
		return
	}
	at := all[len(all)-1].stmt.Span
	switch {
	case l.flag("CORS_ALLOW_CREDENTIALS"):
		l.fault(djangoCommon.reflects, at)
	case len(l.s.of("CORS_ALLOWED_ORIGINS"))+len(l.s.of("CORS_ALLOWED_ORIGIN_REGEXES")) > 0:
		l.fault(djangoBeside, at)
	}
}

// listed returns the edit that puts a string into a list, if it stands there and
// is an origin.
func (l *djangoLinter) listed(e, value *python.Expr) []source.Edit {
	o, err := origin.Parse(value.Text)
	if e != value || err != nil || o.String() != value.Text {
		return nil
	}
	text := e.In(l.file.File)
	return []source.Edit{{Span: e.Span, New: "[" + strings.TrimSuffix(strings.TrimPrefix(text, "("), ")") + "]"}}
}

// listedOrigin finds what is wrong with an origin of the list.
func (l *djangoLinter) listedOrigin(item *python.Expr) {
	o, err := origin.Parse(withoutURLPath(item.Text))
	switch {
	case item.Text == "*":
		l.fault(djangoStar, item.Span)
	case strings.Contains(item.Text, "*"):
		l.fault(djangoCommon.literal, item.Span)
	case item.Text != "null" && !strings.Contains(item.Text, "://"):
		l.fault(djangoScheme, item.Span)
	case err == nil && o.String() == withoutURLPath(item.Text) && item.Text != o.String():
		l.fault(djangoPath, item.Span, l.withoutPath(item)...)
	default:
		l.exactOrigin(item, djangoCommon)
	}
}

// names finds what is wrong with methods, headers and paths.
func (l *djangoLinter) names() {
	credentials := l.flag("CORS_ALLOW_CREDENTIALS")
	for _, n := range djangoNameLists {
		l.items(n.name, func(item *python.Expr) {
			if item.Text == "*" && credentials {
				l.fault(djangoCommon.wildcardNames, item.Span)
			}
		})
	}
	headers := l.s.of("CORS_ALLOW_HEADERS")
	items, complete := l.reader().list("", "CORS_ALLOW_HEADERS")
	has := slices.ContainsFunc(items, func(item djangoItem) bool { return strings.EqualFold(item.Text, "content-type") || item.Text == "*" })
	if complete && len(items) > 0 && !has && l.own(headers[0]) {
		l.fault(djangoHeaders, headers[0].stmt.Span)
	}
	for _, v := range l.s.of("CORS_URLS_REGEX") {
		if l.own(v) {
			text := strings.TrimLeft(l.regex(v.value).Text, "^(")
			if text != "" && (text[0] >= 'a' && text[0] <= 'z' || text[0] >= 'A' && text[0] <= 'Z') {
				l.fault(djangoURLs, v.value.Span)
			}
		}
	}
}
