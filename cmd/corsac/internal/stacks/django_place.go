package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// middleware finds what is wrong with where CorsMiddleware is.
func (l *djangoLinter) middleware() {
	items, complete := l.reader().list("", "MIDDLEWARE")
	complete = complete && !l.s.unknown
	i := slices.IndexFunc(items, func(item djangoItem) bool { return item.Text == djangoMiddleware })
	joined := slices.IndexFunc(items, func(item djangoItem) bool {
		return item.Text != djangoMiddleware && strings.Contains(item.Text, djangoMiddleware)
	})
	switch {
	case joined >= 0 && items[joined].file == l.s.file:
		l.file = l.s.file
		l.fault(djangoMissing, items[joined].Span)
		l.faults[len(l.faults)-1].Evidence = "a comma is missing between two strings"
	case i >= 0:
		if items[i].file == l.s.file {
			l.above(items[:i], items[i])
		}
		l.app()
	case complete && len(items) > 0 && !l.p.middleware:
		if values := l.s.of("MIDDLEWARE"); l.own(values[0]) {
			l.fault(djangoMissing, values[0].stmt.Span)
		} else {
			l.file = l.s.file
			l.fault(djangoMissing, l.s.first.Span)
		}
	}
}

// above finds a middleware above CorsMiddleware that answers by itself.
func (l *djangoLinter) above(items []djangoItem, cors djangoItem) {
	l.file = l.s.file
	for _, item := range items {
		name := lastPart(item.Text)
		rule := djangoLate
		switch {
		case name == "WhiteNoiseMiddleware":
			rule = djangoWhiteNoise
		case item.Text == "django.middleware.common.CommonMiddleware":
		case strings.HasPrefix(item.Text, "django.") || !authenticates.MatchString(name):
			continue
		}
		if !slices.ContainsFunc(l.faults, func(f Fault) bool { return f.Rule == rule }) {
			l.fault(rule, cors.Span, l.movedFirst(cors)...)
			l.faults[len(l.faults)-1].Evidence = name + " stands above it"
		}
	}
}

// movedFirst returns the edits that move an element to the beginning of the list
// that it stands in.
func (l *djangoLinter) movedFirst(item djangoItem) []source.Edit {
	for _, v := range l.s.of("MIDDLEWARE") {
		list := v.value
		if v.file != l.s.file || v.adds || list.Kind != python.List && list.Kind != python.Tuple {
			continue
		}
		i := slices.IndexFunc(list.Items, func(e *python.Expr) bool { return e.Span == item.Span })
		if i <= 0 || list.Items[i].Kind != python.String {
			continue
		}
		text, first := item.In(l.file.File), list.Items[0].Start
		sep := ", "
		if l.file.alone(list.Items[0].Span) {
			sep = "," + l.file.NewLine() + l.file.Indent(first)
		}
		return []source.Edit{source.Insert(first, text+sep), l.removed(item.Span)}
	}
	return nil
}

// removed returns the edit that removes an element with the comma and the blanks
// after it, and its line if nothing else is in it; comments stay.
func (l *djangoLinter) removed(span source.Span) source.Edit {
	text := l.file.Text
	end := span.End
	if rest := strings.TrimLeft(text[end:], " \t"); strings.HasPrefix(rest, ",") {
		end = len(text) - len(rest) + 1
		end += len(text[end:]) - len(strings.TrimLeft(text[end:], " \t"))
	}
	if start := l.file.LineStart(span.Start); strings.TrimSpace(text[start:span.Start]) == "" && strings.TrimSpace(text[end:l.file.LineEnd(end)]) == "" {
		return source.Edit{Span: source.Span{Start: start, End: l.file.LineEnd(end)}}
	}
	return source.Edit{Span: source.Span{Start: span.Start, End: end}}
}

// app finds that the application of the package is not installed.
func (l *djangoLinter) app() {
	items, complete := l.reader().list("", "INSTALLED_APPS")
	values := l.s.of("INSTALLED_APPS")
	if !complete || l.s.unknown || len(items) == 0 || !l.own(values[0]) {
		return
	}
	if !slices.ContainsFunc(items, func(item djangoItem) bool { return strings.Contains(item.Text, "corsheaders") }) {
		l.fault(djangoNoApp, values[0].stmt.Span)
	}
}

// cookies finds cookies that browsers do not send from other sites, although
// credentials are allowed.
func (l *djangoLinter) cookies() {
	for _, kind := range []string{"SESSION", "CSRF"} {
		values := l.s.of(kind + "_COOKIE_SAMESITE")
		if len(values) == 0 {
			allowed := l.s.of("CORS_ALLOW_CREDENTIALS")
			if at := allowed[len(allowed)-1]; kind == "SESSION" && !l.s.unknown && l.own(at) {
				l.fault(djangoSameSite, at.stmt.Span)
			}
			continue
		}
		v := values[len(values)-1]
		if !l.own(v) {
			continue
		}
		value := l.file.Follow(v.value, l.at)
		secure, known, set := l.reader().flag("", kind+"_COOKIE_SECURE")
		switch {
		case value.Kind == python.None:
			l.fault(djangoSameSiteNone, v.stmt.Span)
		case value.Kind == python.String && value.Text == "None" && (known && !secure || !set && !l.s.unknown):
			l.fault(djangoInsecure, v.stmt.Span)
		}
	}
}

// csrf finds origins whose requests with cookies the CSRF check refuses.
func (l *djangoLinter) csrf() {
	for _, v := range l.s.of("CSRF_TRUSTED_ORIGINS") {
		if v.file == l.s.file && !l.p.django.before(4) {
			l.items("CSRF_TRUSTED_ORIGINS", func(item *python.Expr) {
				if !strings.Contains(item.Text, "://") {
					l.fault(djangoTrustedScheme, item.Span)
				}
			})
			break
		}
	}
	middleware, complete := l.reader().list("", "MIDDLEWARE")
	checks := slices.ContainsFunc(middleware, func(item djangoItem) bool { return item.Text == "django.middleware.csrf.CsrfViewMiddleware" })
	trusted, known := l.reader().list("", "CSRF_TRUSTED_ORIGINS")
	if !complete || !checks || !known || l.s.unknown {
		return
	}
	var missing []string
	var first source.Span
	l.items("CORS_ALLOWED_ORIGINS", func(item *python.Expr) {
		if !slices.ContainsFunc(trusted, func(t djangoItem) bool { return trusts(t.Text, item.Text) }) {
			if missing = append(missing, item.Text); len(missing) == 1 {
				first = item.Span
			}
		}
	})
	if len(missing) > 0 {
		l.fault(djangoNotTrusted, first)
		l.faults[len(l.faults)-1].Evidence = "not in it: " + strings.Join(missing, ", ")
	}
}

// trusts reports whether an entry of CSRF_TRUSTED_ORIGINS is an origin, or has
// all of its subdomains; before Django 4, it has no scheme.
func trusts(entry, o string) bool {
	scheme, host, _ := strings.Cut(withoutURLPath(o), "://")
	entryScheme, entryHost, ok := strings.Cut(entry, "://")
	if !ok {
		entryScheme, entryHost = scheme, entry
		if strings.HasPrefix(entry, ".") {
			entryHost = "*" + entry
		}
	}
	domain, wild := strings.CutPrefix(entryHost, "*")
	return entryScheme == scheme && (entryHost == host || wild && (strings.HasSuffix(host, domain) || host == domain))
}

// djangoMisspelled are names that people give to settings of django-cors-headers.
var djangoMisspelled = []string{
	"CORS_ALLOW_ORIGINS", "CORS_ALLOWED_ORIGIN", "CORS_ORIGINS", "CORS_ALLOWED_HOSTS", "CORS_ORIGINS_WHITELIST", "CORS_ORIGIN_WHITELISTS",
	"CORS_ALLOWED_METHODS", "CORS_ALLOWED_HEADERS", "CORS_EXPOSED_HEADERS", "CORS_ALLOW_ALL", "CORS_ALLOW_ALL_ORIGIN", "CORS_ALLOWED_ALL_ORIGINS",
	"CORS_ALLOW_ORIGIN_ALL", "CORS_ORIGINS_ALLOW_ALL", "CORS_ORIGIN_ALLOW", "CORS_ALLOWED_ORIGINS_REGEXES", "CORS_ALLOWED_ORIGIN_REGEX",
	"CORS_ALLOWED_CREDENTIALS", "CORS_ALLOW_CREDENTIAL", "CORS_SUPPORTS_CREDENTIALS", "CORS_MAX_AGE", "CORS_URL_REGEX",
}

// unknown finds settings with a wrong name that nothing else uses, and old names
// beside new ones.
func (l *djangoLinter) unknown() {
	for _, name := range djangoMisspelled {
		if values := l.s.values[name]; len(values) > 0 && l.own(values[0]) && l.file.uses(name) == len(values)-1 {
			l.fault(djangoUnknown, values[0].stmt.Span)
		}
	}
	for name, old := range djangoNames {
		if values := l.s.values[old]; old != "" && len(l.s.values[name]) > 0 && len(values) > 0 && l.own(values[0]) {
			l.fault(djangoTwoNames, values[0].stmt.Span)
		}
	}
}

// ownFaults returns the mistakes of headers that are set by hand. Those of a
// middleware are in all answers.
func (p *djangoProject) ownFaults(o *ownHeaders) []Fault {
	faults := o.faults(djangoByHand, func(ownHeader) *Rule {
		switch {
		case p.middleware:
			return djangoByHand.beside
		case !o.inMiddleware():
			return djangoByHand.alone
		}
		return nil
	})
	return append(faults, o.partFaults(djangoCommon.partial)...)
}

// inMiddleware reports whether the function is a part of a middleware of Django.
func (o *ownHeaders) inMiddleware() bool {
	for s := o.function; s != nil; s = s.Parent {
		name := strings.ToLower(s.Name)
		if name == "process_response" || name == "__call__" || strings.Contains(name, "middleware") {
			return true
		}
	}
	return false
}
