package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// fastapiRead is Read of FastAPI's source.
func fastapiRead(t *source.Tree) (sites []*Site) {
	p := readASGI(t)
	for _, c := range p.cors {
		sites = append(sites, c.site(p))
	}
	for _, o := range p.own {
		s := o.site()
		s.Faults = p.ownFaults(o, s)
		sites = append(sites, s)
	}
	sites = append(sites, p.unused()...)
	return pySites(sites, p.broken)
}

// site returns the place of a CORSMiddleware.
func (c *asgiCORS) site(p *asgi) *Site {
	s := &Site{File: c.file.File, Span: c.call.Span, Path: c.path}
	switch c.shape {
	case asgiAdded:
		s.Title = c.call.Callee() + "(CORSMiddleware, …)"
	case asgiListed:
		s.Title = "Middleware(CORSMiddleware, …)"
	case asgiWrapped:
		s.Title = "CORSMiddleware(…)"
	}
	r := &pyReader{file: c.file, at: c.stmt}
	options := c.options(r)
	r.starlette(options, c.call.Span)
	r.finish(s)
	s.Faults = c.faults(p, options, s)
	return s
}

// corsPositions are the parameters of CORSMiddleware after app that are in the
// same place in all versions.
var corsPositions = []string{"allow_origins", "allow_methods", "allow_headers", "allow_credentials", "allow_origin_regex"}

// options returns the options of the middleware, each the last time that it is
// given.
func (c *asgiCORS) options(r *pyReader) map[string]pyOption {
	options := map[string]pyOption{}
	for _, o := range r.options(c.args, corsPositions) {
		options[o.name] = o
	}
	return options
}

// starlette reads the options as Starlette does
// (https://www.starlette.io/middleware/#corsmiddleware).
func (r *pyReader) starlette(options map[string]pyOption, call source.Span) {
	value := func(name string) *python.Expr {
		o := options[name]
		if o.value != nil && r.file.Follow(o.value, r.at).Kind == python.None && name != "allow_methods" {
			return nil
		}
		return o.value
	}
	credentials := false
	if e := value("allow_credentials"); e != nil {
		credentials = r.credentials(e)
	}
	if e := value("allow_origins"); e != nil {
		r.origins(e, credentials)
	}
	if e := value("allow_origin_regex"); e != nil {
		r.originRegex(e, credentials)
	}
	if e := value("allow_methods"); e != nil {
		r.names("allow_methods", e)
	}
	r.headerNames(value("allow_headers"), credentials, call)
	if e := value("expose_headers"); e != nil {
		r.names("expose_headers", e)
	}
	if e := value("max_age"); e != nil {
		r.seconds(e)
	} else {
		r.byDefault("max_age", "10m0s", call)
	}
	if e := value("allow_private_network"); e != nil {
		r.privateNetwork(e)
	}
}

// origins reads allow_origins. In a string, Starlette looks for the origin.
func (r *pyReader) origins(e *python.Expr, credentials bool) {
	items, ok := r.strings("allow_origins", e)
	if !ok {
		value := r.file.Follow(e, r.at)
		if value.Kind != python.String {
			r.remark(Dynamic, "allow_origins", "The origins "+r.why(value), e)
			return
		}
		if strings.Contains(value.Text, "*") {
			r.anyOrigin(e, credentials)
			return
		}
		r.remark(Differs, "allow_origins", "This is a string, not a list: Starlette allows every origin that is a part of it.", e)
		for part := range strings.FieldsFuncSeq(value.Text, func(c rune) bool { return c == ',' || c == ' ' }) {
			r.origin(part, e)
		}
		return
	}
	for _, item := range items {
		if item.Text == "*" {
			r.anyOrigin(item, credentials)
			return
		}
	}
	for _, item := range items {
		r.origin(item.Text, item)
	}
}

// originRegex reads allow_origin_regex, which must match the whole origin.
func (r *pyReader) originRegex(e *python.Expr, credentials bool) {
	value := r.regex(e)
	switch value.Kind {
	case python.String:
	case python.List, python.Tuple, python.Set:
		r.remark(Lost, "allow_origin_regex", "A list is not an expression, so that the program fails.", e)
		return
	default:
		r.remark(Dynamic, "allow_origin_regex", "The expression for origins comes from elsewhere: it "+r.known(value), e)
		return
	}
	x, err := ReadExpression(value.Text, MatchWhole)
	switch {
	case err != nil:
		r.remark(Lost, "dangerously_allow_origin_regexps", "The regular expression has syntax that policies do not have.", e)
	case x.Everything:
		r.anyOrigin(e, credentials)
	case r.has("allow_origins", "*"):
	default:
		x.each(func(field, value string) {
			if field != "allow_origins" || !r.has(field, value) {
				r.entry(field, value, e)
			}
		})
	}
}

// starletteMethods are those that * stands for.
var starletteMethods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// names reads a list of methods or headers.
func (r *pyReader) names(field string, e *python.Expr) {
	items, ok := r.strings(field, e)
	if !ok {
		switch value := r.file.Follow(e, r.at); {
		case value.Kind != python.String:
			r.remark(Dynamic, field, "The values of "+field+" "+r.why(value), e)
			return
		case value.Text != "*":
			r.remark(Lost, field, "This is a string, not a list: Starlette takes each character of it for a name.", e)
			return
		default:
			items = []*python.Expr{{Span: e.Span, Kind: python.String, Text: "*"}}
		}
	}
	for _, item := range items {
		if item.Text == "*" && field == "allow_methods" {
			for _, m := range starletteMethods {
				r.name(field, m, item)
			}
			return
		}
	}
	for _, item := range items {
		r.name(field, item.Text, item)
	}
}

// headerNames reads allow_headers. Starlette allows Content-Type without being
// asked, and with * every header that a preflight names.
func (r *pyReader) headerNames(e *python.Expr, credentials bool, call source.Span) {
	if e != nil {
		r.names("allow_headers", e)
	}
	if !r.has("allow_headers", "*") && !r.has("allow_headers", "Content-Type") {
		r.byDefault("allow_headers", "Content-Type", call)
	}
	r.everyHeader(credentials, e)
}
