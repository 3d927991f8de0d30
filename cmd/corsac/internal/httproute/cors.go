package httproute

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// defaultMaxAge is maxAge if it is not set.
const defaultMaxAge = 5

// filterNames are the fields of the filter, by those of a policy.
var filterNames = map[string]string{
	"allow_origins": "allowOrigins", "dangerously_allow_origin_regexps": "allowOrigins", "allow_methods": "allowMethods",
	"allow_headers": "allowHeaders", "expose_headers": "exposeHeaders", "max_age": "maxAge", "allow_credentials": "allowCredentials",
}

// corsFilter is a CORS filter while it is read.
type corsFilter struct {
	at      yamlread.Place
	fields  map[string]yamlread.Place   // where its fields are
	entries map[string][]yamlread.Place // where the entries of its lists are, by the field of the policy
	maxAge  int
}

// cors reads a CORS filter.
func (r *reader) cors(v yamlread.Value, f *filters, rt *config.Route) {
	c := &corsFilter{at: v.Place, entries: map[string][]yamlread.Place{}, maxAge: defaultMaxAge}
	p := &f.policy
	var origins []string
	list := func(field string, to *[]string) func(yamlread.Value) {
		return func(v yamlread.Value) {
			var places []yamlread.Place
			r.Texts(to, &places)(v)
			c.entries[field] = places
		}
	}
	before := r.Mistakes()
	c.fields = r.Fields(v, yamlread.Fields{
		"allowOrigins": list("allow_origins", &origins), "allowMethods": list("allow_methods", &p.AllowMethods),
		"allowHeaders": list("allow_headers", &p.AllowHeaders), "exposeHeaders": list("expose_headers", &p.ExposeHeaders),
		"allowCredentials": r.Bool(&p.AllowCredentials), "maxAge": r.Int(&c.maxAge, "3600"),
	}, false)
	f.places = map[string]finding.Place{"": r.place(v.Place)}
	for policy, filter := range filterNames {
		if at, ok := c.fields[filter]; ok {
			f.places[policy] = r.place(at)
		}
	}
	if r.Mistakes() > before {
		return
	}
	if c.maxAge < 1 {
		r.Refuse(c.fields["maxAge"], yamlread.Error{Code: CodeInvalid, Value: fmt.Sprint(c.maxAge), Why: "it must be at least 1", Fix: "write 1 or more, or leave it out: it is then 5"})
	}
	p.MaxAge = cors.CacheFor(time.Duration(c.maxAge) * time.Second)
	r.methods(c, p)
	if slices.Contains(p.ExposeHeaders, "*") && !p.AllowCredentials {
		p.ExposeHeaders = []string{"*"}
	}
	if r.origins(c, origins, p, rt); r.Mistakes() == before {
		r.checkPolicy(c, p)
	}
}

// place returns a place in the file.
func (r *reader) place(at yamlread.Place) finding.Place {
	return finding.Place{File: r.file, Line: at.Line, Column: at.Column, Field: at.Field}
}

// methods checks that methods are those of the API.
func (r *reader) methods(c *corsFilter, p *cors.Policy) {
	for i, method := range p.AllowMethods {
		if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*"}, method) {
			r.Refuse(c.entries["allow_methods"][i], yamlread.Error{Code: CodeInvalid, Value: method, Why: "the API has no such method", Fix: `write one such as PUT, in upper case, or "*"`})
		}
	}
}

// An origin of the API: a scheme, a host that may begin with or be a wildcard, and
// perhaps a port.
var originForm = regexp.MustCompile(`^(https?)://((?:\*\.)?(?:[a-z0-9-]+\.)*[a-z0-9-]+|\*)(?::([0-9]{1,5}))?$`)

// origins puts origins of the API into a policy. Without a port, the API means the
// default port, as browsers do, which leave it out.
func (r *reader) origins(c *corsFilter, origins []string, p *cors.Policy, rt *config.Route) {
	if slices.Contains(origins, "*") {
		r.everyOrigin(c, origins, p, rt)
		return
	}
	if len(origins) == 0 {
		r.Refuse(c.at, yamlread.Error{Code: yamlread.CodeFieldMissing, Field: yamlread.Join(c.at.Field, "allowOrigins"), Why: "without it, the filter allows no origin", Fix: "list the origins whose pages may read responses"})
	}
	for i, s := range origins {
		part := originForm.FindStringSubmatch(strings.ToLower(s))
		if part == nil {
			r.Refuse(c.entries["allow_origins"][i], yamlread.Error{
				Code: CodeInvalid, Value: s, Why: "it is not an origin of the API",
				Fix: `write a scheme, a host and perhaps a port, such as "https://app.example.com", "https://*.example.org" or "*"`,
			})
			continue
		}
		port := part[3]
		if port == "443" && part[1] == "https" || port == "80" && part[1] == "http" {
			port = ""
		}
		if port != "" {
			port = ":" + port
		}
		if part[2] == "*" { // every host, for which policies have no pattern
			p.DangerouslyAllowOriginRegexps = append(p.DangerouslyAllowOriginRegexps, part[1]+"://[^:]+"+port)
			c.entries["dangerously_allow_origin_regexps"] = append(c.entries["dangerously_allow_origin_regexps"], c.entries["allow_origins"][i])
			continue
		}
		if one := part[1] + "://" + part[2] + port; !slices.Contains(p.AllowOrigins, one) {
			c.entries["allow_origins"][len(p.AllowOrigins)] = c.entries["allow_origins"][i]
			p.AllowOrigins = append(p.AllowOrigins, one)
		}
	}
}

// everyOrigin puts "*" into a policy.
func (r *reader) everyOrigin(c *corsFilter, origins []string, p *cors.Policy, rt *config.Route) {
	at := c.entries["allow_origins"][slices.Index(origins, "*")]
	switch {
	case len(origins) > 1:
		r.Refuse(at, yamlread.Error{Code: CodeInvalid, Value: "*", Why: "it cannot stand beside other origins", Fix: "drop it, or drop the others"})
	case p.AllowCredentials && !r.allOrigins:
		r.Refuse(at, yamlread.Error{
			Code: CodeOrigins, Value: "*", Why: "with allowCredentials, every website could read the data of your users",
			Fix: "list the origins, or drop allowCredentials; if you must, run corsac serve with --" + allOriginsFlag,
		})
	}
	p.AllowOrigins = []string{"*"}
	rt.DangerouslyAllowAllOriginsWithCredentials, p.AllowCredentials = p.AllowCredentials, false
}

// checkPolicy reports what package cors finds wrong in a policy. What it accepts only
// if a field with a blunt name permits it is permitted, since the API permits it, and
// noted.
func (r *reader) checkPolicy(c *corsFilter, p *cors.Policy) {
	_, err := cors.New(*p)
	var mistakes cors.ConfigErrors
	if !errors.As(err, &mistakes) {
		return
	}
	wrong := 0
	for _, m := range mistakes {
		at, ok := c.fields[filterNames[m.Field]]
		if !ok {
			at = c.at
		}
		if entries := c.entries[m.Field]; m.Index >= 0 && m.Index < len(entries) {
			at = entries[m.Index]
		}
		switch {
		case m.Code == cors.CodeOriginInsecure && !p.DangerouslyAllowInsecureOriginsWithCredentials:
			p.DangerouslyAllowInsecureOriginsWithCredentials = true
			r.note(at, m)
		case m.Code == cors.CodeOriginPublicSuffix && !p.DangerouslyAllowPublicSuffixesWithCredentials:
			p.DangerouslyAllowPublicSuffixesWithCredentials = true
			r.note(at, m)
		case m.Code == cors.CodeOriginInsecure || m.Code == cors.CodeOriginPublicSuffix:
			r.note(at, m)
		default:
			wrong++
			r.Refuse(at, c.asWritten(m))
		}
	}
	if wrong == 0 {
		if _, err := cors.New(*p); err != nil {
			r.Refuse(c.at, yamlread.Error{Code: CodeInvalid, Why: "it is not a policy: " + err.Error(), Fix: "correct it"})
		}
	}
}

// asWritten returns a mistake in a policy with the words of the filter.
func (c *corsFilter) asWritten(m *cors.ConfigError) yamlread.Error {
	e := yamlread.Error{Code: string(m.Code), Value: m.Value, Why: m.Why, Fix: m.Fix, Err: m}
	switch {
	case m.Code == cors.CodeMaxAgeRange:
		e.Value, e.Fix = fmt.Sprint(c.maxAge), "write at most 86400; Chromium caps it at 7200, Safari at 600"
	case m.Field == "dangerously_allow_origin_regexps":
		e.Value, e.Fix = strings.Replace(m.Value, "[^:]+", "*", 1), "list the hosts, or drop allowCredentials"
	}
	return e
}

// note notes what is dangerous about an origin.
func (r *reader) note(at yamlread.Place, m *cors.ConfigError) {
	place := r.place(at)
	r.notes = append(r.notes, finding.Finding{
		Cause: NoteCredentials, Severity: finding.Note, Confidence: finding.Certain, Title: fmt.Sprintf("%q: %s", m.Value, m.Why), Why: m.Why,
		Evidence: []string{}, Fix: finding.Fix{Stack: "gateway-api", Text: "list origins of your own over https, or drop allowCredentials"}, Place: &place,
	})
}
