package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
	"github.com/corsac-dev/corsac/origin"
)

// The causes of notes. They are stable.
const (
	NoteRedundant     = "redundant"            // it changes nothing
	NoteUnused        = "policy.unused"        // no route uses the policy
	NoteMaxAge        = "max-age.capped"       // browsers use less
	NoteMethodCase    = "method.case"          // probably meant in upper case
	NoteAuthorization = "header.authorization" // not covered by "*"
	NoteExtensions    = "origin.extensions"    // every extension of a browser
	NoteAdminOpen     = "admin.open"           // others than this machine reach the admin address
	NoteRebinding     = "route.rebinding"      // websites reach this machine's upstream
	NoteDebugOpen     = "debug.open"           // every client gets to know what was decided
	NoteRolledOut     = "route.rolled-out"     // the policy is announced to nobody
	NoteTrustAll      = "proxies.everybody"    // everybody is trusted to name another address
)

// Notes returns what is not a mistake, but worth knowing, about a configuration
// from [Parse].
func (c *Config) Notes() []finding.Finding {
	n := &noter{file: c.file}
	used := map[string]bool{}
	for _, r := range c.Gateway.Routes {
		used[r.Policy], used[r.Trial] = true, true
	}
	for _, p := range c.parsed {
		if len(c.Gateway.Routes) > 0 && !used[p.Name] {
			n.add(p.At, "", NoteUnused, "no route uses this policy")
		}
		n.origins(p)
		n.methods(p)
		n.headers(p)
		n.maxAge(p)
	}
	n.addresses(c)
	return append(n.notes, c.notes...)
}

// addresses notes an admin address that other machines reach, proxies that are
// everybody, and routes that a website can use through DNS rebinding: only this
// machine reaches the gateway, any host leads to the route, and the upstream does not
// see which page asks.
func (n *noter) addresses(c *Config) {
	if at, ok := c.fields["admin"]; ok && !onlyHere(c.Gateway.Admin) {
		n.add(at, c.Gateway.Admin, NoteAdminOpen, "whoever reaches this address can read the configuration and profiles; 127.0.0.1 is for this machine only")
	}
	if at, ok := c.fields["debug_for"]; ok && slices.ContainsFunc(c.Gateway.DebugFor, func(p netip.Prefix) bool { return p.Bits() == 0 }) {
		n.add(at, "", NoteDebugOpen, "every client gets to know the names of policies, and why it is refused; list the addresses of your own machines")
	}
	for _, p := range c.Gateway.TrustedProxies {
		if at, ok := c.fields["trusted_proxies"]; ok && p.Bits() == 0 {
			n.add(at, p.String(), NoteTrustAll, "every client can say which address it has, and that it came over https; write the addresses of your proxies")
		}
	}
	for i := range c.Gateway.Routes {
		r := &c.Gateway.Routes[i]
		if r.Rollout == 100 && i < len(c.routes) {
			n.add(c.routes[i].fields["rollout"], "", NoteRolledOut, fmt.Sprintf("every origin gets %s now; write policy: %s, and remove trial and rollout", r.Trial, r.Trial))
		}
		if r.HideOrigin && r.Host == "" && onlyHere(c.Gateway.Listen) && i < len(c.routes) {
			n.add(c.routes[i].fields["hide_origin"], "", NoteRebinding, "a website whose name leads to this machine counts as the gateway's own page, and the server can no longer see it; add the host under which the gateway is called, such as host: localhost")
		}
	}
}

// onlyHere reports whether only programs of this machine reach an address.
func onlyHere(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || localnet.IsLocalhost(host)
}

type noter struct {
	file  string
	notes []finding.Finding
}

func (n *noter) add(at yamlread.Place, value, code, text string) {
	note := &Error{File: n.file, Line: at.Line, Column: at.Column, Field: at.Field, Value: value, Code: code, Why: text}
	n.notes = append(n.notes, found(note, finding.Note))
}

// origins notes origins that other entries cover. A map finds duplicates; only
// the first 1,000 wildcards are compared with every origin.
func (n *noter) origins(p *policies.Policy) {
	places := p.Entries["allow_origins"]
	first, wild, patterns := map[string]int{}, []int(nil), make([]origin.Pattern, len(p.Policy.AllowOrigins))
	for i, s := range p.Policy.AllowOrigins {
		patterns[i], _ = origin.ParsePattern(s) // "*" and "null" are not patterns, and cover nothing
		if len(wild) < 1000 && patterns[i].String() != "" && !patterns[i].IsExact() {
			wild = append(wild, i)
		}
	}
	for i, s := range p.Policy.AllowOrigins {
		if before, twice := first[s]; twice {
			n.add(places[i], s, NoteRedundant, "it is already listed, "+nth(places[before]))
			continue
		}
		first[s] = i
		if patterns[i].AnyHost() {
			n.add(places[i], s, NoteExtensions, "every extension that a user has installed, whoever made it, can read responses"+withData(p.Policy.AllowCredentials))
		}
		for _, w := range wild {
			if w != i && patterns[w].Covers(patterns[i]) && !patterns[i].Covers(patterns[w]) && patterns[i].String() != "" {
				n.add(places[i], s, NoteRedundant, fmt.Sprintf("%q covers it", p.Policy.AllowOrigins[w]))
				break
			}
		}
	}
}

// withData says what credentials add to what a page can read.
func withData(credentials bool) string {
	if credentials {
		return ", and the user's data"
	}
	return ""
}

func (n *noter) methods(p *policies.Policy) {
	places := p.Entries["allow_methods"]
	first := map[string]yamlread.Place{}
	for i, s := range p.Policy.AllowMethods {
		upper := strings.ToUpper(s)
		known := slices.Contains([]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}, upper)
		if known {
			s = upper // as browsers do
		}
		before, twice := first[s]
		switch {
		case upper == "GET" || upper == "HEAD" || upper == "POST":
			n.add(places[i], p.Policy.AllowMethods[i], NoteRedundant, "browsers allow this method without asking")
		case twice:
			n.add(places[i], p.Policy.AllowMethods[i], NoteRedundant, "it is already listed, "+nth(before))
		case s != upper && upper == "PATCH":
			n.add(places[i], s, NoteMethodCase, fmt.Sprintf("methods are case-sensitive, and a page that writes %q sends exactly that; you probably mean %q", upper, upper))
		}
		first[s] = places[i]
	}
}

// safeRequestHeaders are those that need no permission, whatever their value.
var safeRequestHeaders = []string{"accept", "accept-language", "content-language"}

// IsAlwaysReadable reports whether pages can read a response header that is not
// exposed (https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name).
// name is in lower case.
func IsAlwaysReadable(name string) bool {
	return slices.Contains([]string{"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}, name)
}

func (n *noter) headers(p *policies.Policy) {
	star, authorization := slices.Contains(p.Policy.AllowHeaders, "*"), false
	n.headerList(p.Policy.AllowHeaders, p.Entries["allow_headers"], func(name string) string {
		authorization = authorization || name == "authorization"
		switch {
		case star && name != "*" && (name != "authorization" || p.Policy.AllowCredentials):
			return `"*" covers it`
		case slices.Contains(safeRequestHeaders, name):
			return "browsers allow this header without asking, unless its value is unusual"
		}
		return ""
	})
	n.headerList(p.Policy.ExposeHeaders, p.Entries["expose_headers"], func(name string) string {
		if IsAlwaysReadable(name) {
			return "pages can always read this header"
		}
		return ""
	})
	if star && !p.Policy.AllowCredentials && !authorization {
		i := slices.Index(p.Policy.AllowHeaders, "*")
		n.add(p.Entries["allow_headers"][i], "*", NoteAuthorization, `it does not cover Authorization; if pages send that, write ["*", Authorization]`)
	}
}

func (n *noter) headerList(names []string, places []yamlread.Place, redundant func(name string) string) {
	first := map[string]yamlread.Place{}
	for i, s := range names {
		name := strings.ToLower(s)
		if text := redundant(name); text != "" {
			n.add(places[i], s, NoteRedundant, text)
		} else if before, twice := first[name]; twice {
			n.add(places[i], s, NoteRedundant, "it is already listed, "+nth(before))
		}
		first[name] = places[i]
	}
}

func nth(p yamlread.Place) string { return fmt.Sprintf("on line %d, column %d", p.Line, p.Column) }

func (n *noter) maxAge(p *policies.Policy) {
	const chromium = 2 * time.Hour
	if d, set := p.Policy.MaxAge.Duration(); set && d > chromium {
		n.add(p.Fields["max_age"], p.MaxAge, NoteMaxAge, "Chromium remembers a preflight for 2 hours at most, and Safari for 10 minutes")
	}
}
