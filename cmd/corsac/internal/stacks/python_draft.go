package stacks

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// pySites returns sites with those of files that do not parse, in the order of the
// files.
func pySites(sites []*Site, broken []*pyFile) []*Site {
	for _, f := range broken {
		text := "It was not read: its strings, brackets or indentation are not those of Python."
		sites = append(sites, &Site{Title: "the file", File: f.File, Draft: Draft{Remarks: []Remark{{Kind: Lost, Text: text, File: f.File}}}})
	}
	slices.SortStableFunc(sites, func(a, b *Site) int {
		return cmp.Or(cmp.Compare(a.File.Name, b.File.Name), cmp.Compare(a.Start, b.Start))
	})
	return sites
}

// credentials reads allow_credentials.
func (r *pyReader) credentials(e *python.Expr) bool {
	yes, known := r.truth(e)
	switch {
	case yes:
		r.entry("allow_credentials", "true", e)
	case !known:
		r.remark(Dynamic, "allow_credentials", "Whether credentials are allowed is known only when the program runs.", e)
	}
	return yes
}

// anyOrigin is about every origin, with credentials or not.
func (r *pyReader) anyOrigin(e *python.Expr, credentials bool) {
	if credentials {
		r.remark(Lost, "allow_origins", "Every website may read the data of your users: no policy can say that. List the origins.", e)
		return
	}
	if !slices.ContainsFunc(r.draft.Entries, func(x Entry) bool { return x.Field == "allow_origins" && x.Value == "*" }) {
		r.draft.Entries = slices.DeleteFunc(r.draft.Entries, func(x Entry) bool { return x.Field == "allow_origins" })
		r.entry("allow_origins", "*", e)
	}
}

// origin adds an origin, unless no browser sends it.
func (r *pyReader) origin(text string, e *python.Expr) {
	pattern, err := origin.ParsePattern(text)
	switch {
	case text == "*":
		r.anyOrigin(e, false)
	case text == "null" || err == nil && pattern.IsExact():
		if !r.has("allow_origins", text) {
			r.entry("allow_origins", text, e)
		}
	default:
		r.remark(Lost, "allow_origins", "No browser sends "+asQuoted(text)+" as an origin, so that it allows nothing.", e)
	}
}

// has reports whether the draft has a value already. The case of names of headers
// does not matter.
func (r *pyReader) has(field, value string) bool {
	same := equal
	if strings.HasSuffix(field, "_headers") {
		same = strings.EqualFold
	}
	return slices.ContainsFunc(r.draft.Entries, func(x Entry) bool { return x.Field == field && same(x.Value, value) })
}

// known is why without the words that are about several values.
func (r *pyReader) known(e *python.Expr) string {
	if e.Kind == python.Var {
		return "is " + e.Name + ", whose value this file does not show."
	}
	return "is known only when the program runs."
}

// regex returns the string of a regular expression, also that of re.compile.
func (r *pyReader) regex(e *python.Expr) *python.Expr {
	value := r.file.Follow(e, r.at)
	if r.file.callee(value) == "re.compile" && len(value.Args) == 1 {
		return r.file.Follow(value.Args[0].Value, r.at)
	}
	return value
}

// name adds the name of a method or header. GET, HEAD and POST are part of every
// policy.
func (r *pyReader) name(field, name string, e *python.Expr) {
	switch {
	case name == "" || field == "allow_methods" && slices.Contains([]string{"GET", "HEAD", "POST"}, name) || r.has(field, name):
	case len(names([]string{name}, equal)) == 0:
		r.remark(Lost, field, asQuoted(name)+" is not the name of a method or header.", e)
	case pointless(field, name):
		r.remark(Lost, field, asQuoted(name)+" need not be allowed: pages can never use it.", e)
	default:
		r.entry(field, name, e)
	}
}

// keepHeaders leaves out the headers that are allowed anyway.
func (r *pyReader) keepHeaders(keep ...string) {
	r.draft.Entries = slices.DeleteFunc(r.draft.Entries, func(x Entry) bool {
		return x.Field == "allow_headers" && !slices.ContainsFunc(keep, func(k string) bool { return strings.EqualFold(k, x.Value) })
	})
}

// pointless reports whether a method or header is one that browsers never let
// pages use.
func pointless(field, name string) bool {
	var about *cors.ConfigError
	return errors.As(validEntry(field, name), &about) && slices.Contains([]cors.Code{cors.CodeHeaderForbidden, cors.CodeHeaderProhibited, cors.CodeMethodForbidden}, about.Code)
}

// everyHeader is about *, if the headers have it: the servers repeat what a
// preflight asks for, which includes Authorization.
func (r *pyReader) everyHeader(credentials bool, e *python.Expr) {
	switch {
	case !r.has("allow_headers", "*"):
	case credentials:
		r.keepHeaders("*")
	default:
		r.keepHeaders("*", "Authorization")
		if !r.has("allow_headers", "Authorization") {
			r.entry("allow_headers", "Authorization", e)
		}
	}
}

// finish puts the draft into a site.
func (r *pyReader) finish(s *Site) {
	s.Draft = r.draft
	s.flags()
	s.Draft.Sort()
}
