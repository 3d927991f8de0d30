package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// The codes of a [Note]. They are stable.
const (
	NoteRedundant     = "redundant"            // without it, nothing would change
	NoteUnused        = "policy.unused"        // no route uses the policy
	NoteMaxAge        = "max-age.capped"       // browsers cap it
	NoteMethodCase    = "method.case"          // most likely meant in upper case
	NoteAuthorization = "header.authorization" // not covered by "*"
)

// Note is something that is no mistake, but worth knowing.
type Note struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Field  string `json:"field"`
	Value  string `json:"value"`
	Code   string `json:"code"`
	Text   string `json:"message"`
}

// String is one line.
func (n *Note) String() string {
	s := fmt.Sprintf("%s:%d:%d: %s: ", n.File, n.Line, n.Column, n.Field)
	if n.Value != "" {
		s += fmt.Sprintf("%q: ", abbreviate(n.Value))
	}
	return s + n.Text
}

// Notes returns the notes on a configuration that Parse has returned.
func (c *Config) Notes() []*Note {
	n := &noter{file: c.file}
	used := map[string]bool{}
	for _, r := range c.Gateway.Routes {
		used[r.Policy] = true
	}
	for _, name := range slices.SortedFunc(maps.Keys(c.places), func(a, b string) int {
		return cmp.Compare(c.places[a].order, c.places[b].order)
	}) {
		at := c.places[name]
		if len(c.Gateway.Routes) > 0 && !used[name] {
			n.add(at.name, "", NoteUnused, "no route uses this policy")
		}
		p := c.Policies[name]
		n.origins(p, at)
		n.methods(p, at)
		n.headers(p, at)
		n.maxAge(p, at)
	}
	return n.notes
}

type noter struct {
	file  string
	notes []*Note
}

func (n *noter) add(at place, value, code, text string) {
	n.notes = append(n.notes, &Note{n.file, at.line, at.column, at.field, value, code, text})
}

// origins notes the origins that others cover. Exact ones are few to find by a
// map; only wildcards are compared with everything.
func (n *noter) origins(p cors.Policy, at *policyPlaces) {
	places := at.lists["allow_origins"]
	first, wild, patterns := map[string]int{}, []int(nil), make([]origin.Pattern, len(p.AllowOrigins))
	for i, s := range p.AllowOrigins {
		patterns[i], _ = origin.ParsePattern(s) // "*" and "null" are not patterns, and cover nothing
		if patterns[i].Subdomains() || patterns[i].AnyPort() {
			wild = append(wild, i)
		}
	}
	for i, s := range p.AllowOrigins {
		if before, twice := first[s]; twice {
			n.add(places[i], s, NoteRedundant, "it is there already, "+nth(places[before]))
			continue
		}
		first[s] = i
		for _, w := range wild {
			if w != i && patterns[w].Covers(patterns[i]) && !patterns[i].Covers(patterns[w]) && patterns[i].String() != "" {
				n.add(places[i], s, NoteRedundant, fmt.Sprintf("%q covers it", p.AllowOrigins[w]))
				break
			}
		}
	}
}

func (n *noter) methods(p cors.Policy, at *policyPlaces) {
	places := at.lists["allow_methods"]
	first := map[string]place{}
	for i, s := range p.AllowMethods {
		upper := strings.ToUpper(s)
		known := slices.Contains([]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}, upper)
		if known {
			s = upper // as browsers do
		}
		before, twice := first[s]
		switch {
		case upper == "GET" || upper == "HEAD" || upper == "POST":
			n.add(places[i], p.AllowMethods[i], NoteRedundant, "browsers allow this method without asking")
		case twice:
			n.add(places[i], p.AllowMethods[i], NoteRedundant, "it is there already, "+nth(before))
		case s != upper && upper == "PATCH":
			n.add(places[i], s, NoteMethodCase, fmt.Sprintf("methods are case-sensitive, and a page that writes %q sends just that; you most likely mean %q", upper, upper))
		}
		first[s] = places[i]
	}
}

// Headers that need no permission, whatever their value, and those that pages
// can always read (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name).
var (
	safeRequestHeaders  = []string{"accept", "accept-language", "content-language"}
	safeResponseHeaders = []string{"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)

func (n *noter) headers(p cors.Policy, at *policyPlaces) {
	star, authorization := slices.Contains(p.AllowHeaders, "*"), false
	n.headerList(p.AllowHeaders, at.lists["allow_headers"], func(name string) string {
		authorization = authorization || name == "authorization"
		switch {
		case star && name != "*" && (name != "authorization" || p.AllowCredentials):
			return `"*" covers it`
		case slices.Contains(safeRequestHeaders, name):
			return "browsers allow this header without asking, unless its value is unusual"
		}
		return ""
	})
	n.headerList(p.ExposeHeaders, at.lists["expose_headers"], func(name string) string {
		if slices.Contains(safeResponseHeaders, name) {
			return "pages can always read this header"
		}
		return ""
	})
	if star && !p.AllowCredentials && !authorization {
		i := slices.Index(p.AllowHeaders, "*")
		n.add(at.lists["allow_headers"][i], "*", NoteAuthorization, `it does not cover Authorization; if pages send that, write ["*", Authorization]`)
	}
}

func (n *noter) headerList(names []string, places []place, redundant func(name string) string) {
	first := map[string]place{}
	for i, s := range names {
		name := strings.ToLower(s)
		if text := redundant(name); text != "" {
			n.add(places[i], s, NoteRedundant, text)
		} else if before, twice := first[name]; twice {
			n.add(places[i], s, NoteRedundant, "it is there already, "+nth(before))
		}
		first[name] = places[i]
	}
}

func nth(p place) string { return fmt.Sprintf("in line %d, column %d", p.line, p.column) }

func (n *noter) maxAge(p cors.Policy, at *policyPlaces) {
	const chromium = 2 * time.Hour
	if d, set := p.MaxAge.Duration(); set && d > chromium {
		n.add(at.fields["max_age"], at.maxAge, NoteMaxAge, "Chromium remembers a preflight for 2 hours at most, and Safari for 10 minutes")
	}
}
