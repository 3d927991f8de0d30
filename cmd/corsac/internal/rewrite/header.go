package rewrite

import (
	"net/http"
	"strings"
)

const (
	whyAddress  = "the browser reaches this server through corsac"
	whyIdentity = "the server expects requests of its own pages"
	whyDisguise = "the server knows the cookie by this name"
	whyHSTS     = "it would apply to every server on this host"
	whyAltSvc   = "it names ports of the server, not of corsac"
)

type responseField struct {
	name      string
	translate func(x *Exchange, value string) (translated, why string)
}

// responseFields are the fields of responses that are translated, each with how, and
// why.
var responseFields = []responseField{
	{"Location", addressed((*Exchange).Address)},
	{"Content-Location", addressed((*Exchange).Address)},
	{"Refresh", addressed((*Exchange).Refresh)},
	{"Link", addressed((*Exchange).Link)},
	{"Set-Cookie", func(x *Exchange, line string) (string, string) {
		line, why := x.SetCookie(line)
		return line, strings.Join(why, "; ")
	}},
	{"Strict-Transport-Security", func(*Exchange, string) (string, string) { return "", whyHSTS }},
	{"Alt-Svc", func(*Exchange, string) (string, string) { return "", whyAltSvc }},
}

func addressed(translate func(*Exchange, string) string) func(*Exchange, string) (string, string) {
	return func(x *Exchange, value string) (string, string) { return translate(x, value), whyAddress }
}

// Concerns reports whether a response has fields that [Exchange.Response] may change.
func Concerns(h http.Header) bool { return has(h, responseFields) }

func has(h http.Header, fields []responseField) bool {
	for _, field := range fields {
		if len(h[field.name]) > 0 {
			return true
		}
	}
	return false
}

// Response translates the header of a response in place.
func (x *Exchange) Response(h http.Header) (changes []Change) {
	for _, field := range responseFields {
		changes = change(changes, h, field.name, func(value string) (string, string) { return field.translate(x, value) })
	}
	return changes
}

// scopedFields are those of the responses that [Exchange.Scope] translates.
var scopedFields = []responseField{
	{"Location", addressed((*Exchange).Address)},
	{"Content-Location", addressed((*Exchange).Address)},
	{"Refresh", addressed((*Exchange).Refresh)},
	{"Set-Cookie", func(x *Exchange, line string) (string, string) { return x.ScopeCookie(line), whyAddress }},
}

// NeedsScope reports whether a response has fields that [Exchange.Scope] may change.
func NeedsScope(h http.Header) bool { return has(h, scopedFields) }

// Scope translates where redirects lead and where cookies apply, in place, and nothing
// else: it is for a proxy in production.
func (x *Exchange) Scope(h http.Header) {
	for _, field := range scopedFields {
		change(nil, h, field.name, func(value string) (string, string) { return field.translate(x, value) })
	}
}

// Cookies translates the cookies of a request in place.
func (m Mapping) Cookies(h http.Header) []Change {
	return change(nil, h, "Cookie", because(m.cookies, whyDisguise))
}

// Identity makes a request of the front's own page one of the upstream's own: Origin
// and Referer are those of the upstream. The caller must have refused requests that
// other sites' pages make with their users' cookies.
func (m Mapping) Identity(h http.Header) []Change {
	changes := change(nil, h, "Origin", because(func(string) string { return m.Upstream.origin() }, whyIdentity))
	return change(changes, h, "Referer", because(m.referer, whyIdentity))
}

// because makes a translation give always the same reason.
func because(translate func(string) string, why string) func(string) (string, string) {
	return func(value string) (string, string) { return translate(value), why }
}

// change translates the lines of a field. A line that becomes empty is removed.
func change(changes []Change, h http.Header, name string, translate func(string) (string, string)) []Change {
	lines := h[name]
	if len(lines) == 0 {
		return changes
	}
	var kept []string
	isChanged := false
	for i, before := range lines {
		after, why := translate(before)
		if after != before {
			if !isChanged {
				isChanged, kept = true, append(make([]string, 0, len(lines)), lines[:i]...) // the lines may belong to a recording
			}
			changes = append(changes, Change{Header: name, Before: before, After: after, Why: why})
		}
		if isChanged && (after != "" || before == "") {
			kept = append(kept, after)
		}
	}
	switch {
	case !isChanged:
	case len(kept) == 0:
		delete(h, name)
	default:
		h[name] = kept
	}
	return changes
}
