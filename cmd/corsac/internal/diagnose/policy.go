package diagnose

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/origin"
)

// policy is the policy that allows the request of the user, and what the server's
// answers allow already, so that pasting it takes nothing away; nil if there is
// none that is safe.
func (s *scene) policy() *cors.Policy {
	r := &s.v.Request
	if s.page == (origin.Origin{}) || s.page.IsOpaque() {
		return nil
	}
	least := cors.Policy{AllowOrigins: []string{r.Origin}, AllowCredentials: s.credentialed()}
	least.AllowMethods = withMethod(nil, r.Method)
	for i := range s.v.Wire {
		least.AllowHeaders = withNames(least.AllowHeaders, s.v.Wire[i].Headers.Get(protocol.RequestHeaders))
	}
	for _, name := range slices.Sorted(maps.Keys(s.v.ReadHeaders)) {
		if !s.v.ReadHeaders[name] && s.has(name) {
			least.ExposeHeaders = append(least.ExposeHeaders, name)
		}
	}
	kept := least
	for i := range s.seen {
		if s.isServer(s.seen[i].URL) {
			keep(&kept, s.seen[i].Headers)
		}
	}
	own := kept
	if kept.AllowOrigins = append(slices.Clip(kept.AllowOrigins), s.otherAllowed()...); s.allowsAll() && !kept.AllowCredentials {
		kept.AllowOrigins = []string{"*"}
	}
	for _, p := range []*cors.Policy{&kept, &own, &least} {
		if _, err := cors.New(*p); err == nil {
			return p
		}
	}
	return nil
}

// isServer reports whether a URL is of the server that is to be fixed.
func (s *scene) isServer(raw string) bool {
	at, err := origin.ParseURL(raw)
	return err == nil && at.SameOrigin(s.server)
}

// hasCORS reports whether any answer of the server has headers of CORS.
func (s *scene) hasCORS() bool {
	return slices.ContainsFunc(s.seen, func(seen stacks.Seen) bool {
		return s.isServer(seen.URL) && (seen.Headers.Has(protocol.AllowOrigin) || showsCORS(seen.Headers))
	})
}

// maxKept bounds the names that a policy keeps of each kind.
const maxKept = 32

// keep adds to a policy what an answer allows besides an origin.
func keep(p *cors.Policy, h fetch.Headers) {
	if !h.Has(protocol.AllowOrigin) {
		return
	}
	for _, method := range protocol.Entries(h.Get(protocol.AllowMethods)) {
		p.AllowMethods = withMethod(p.AllowMethods, method)
	}
	p.AllowHeaders = withNames(p.AllowHeaders, h.Get(protocol.AllowHeaders))
	p.ExposeHeaders = withNames(p.ExposeHeaders, h.Get("Access-Control-Expose-Headers"))
	p.AllowCredentials = p.AllowCredentials || h.Get(protocol.AllowCredentials) == "true"
	if _, set := p.MaxAge.Duration(); !set {
		if age, err := strconv.ParseUint(h.Get("Access-Control-Max-Age"), 10, 16); err == nil {
			p.MaxAge = cors.CacheFor(time.Duration(age) * time.Second)
		}
	}
}

// otherAllowed are the origins besides the page's that the server's answers allow.
// A server that allows a stranger repeats what it is asked, and the list is empty.
func (s *scene) otherAllowed() (list []string) {
	for i := range s.seen {
		if !s.isServer(s.seen[i].URL) {
			continue
		}
		value := s.seen[i].Headers.Get(protocol.AllowOrigin)
		o, err := origin.Parse(value)
		switch {
		case value == s.stranger():
			return nil
		case err != nil || o.IsOpaque() || value == s.v.Request.Origin || slices.Contains(list, value) || len(list) >= maxKept:
		default:
			list = append(list, value)
		}
	}
	return list
}

// allowsAll reports whether the URL itself allows every origin, and never another
// way: a * of other URLs says nothing about this one.
func (s *scene) allowsAll() bool {
	found := false
	for i := range s.seen {
		seen := &s.seen[i]
		if seen.URL != s.target() || !seen.Headers.Has(protocol.AllowOrigin) {
			continue
		}
		if seen.Headers.Get(protocol.AllowOrigin) != "*" {
			return false
		}
		found = true
	}
	return found
}

// withMethod adds a method that needs to be listed.
func withMethod(list []string, method string) []string {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions:
		return list
	}
	if slices.Contains(list, method) || slices.Contains(list, "*") || len(list) >= maxKept {
		return list
	}
	return append(slices.Clip(list), method)
}

// withNames adds the names of a list header.
func withNames(list []string, value string) []string {
	for _, name := range protocol.Entries(value) {
		known := slices.ContainsFunc(list, func(old string) bool { return strings.EqualFold(old, name) })
		if !known && !slices.Contains(list, "*") && len(list) < maxKept {
			list = append(slices.Clip(list), name)
		}
	}
	return list
}
