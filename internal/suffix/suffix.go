// Package suffix answers questions about the public suffix list
// (https://publicsuffix.org) in the version that golang.org/x/net has. Both
// divisions of the list count, and so does [Hosting], which the list lacks.
//
// Domains are in lower case and Punycode, without a dot at the end; they are not
// IP addresses.
package suffix

import (
	_ "embed"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Hosting has domains below which anyone can get a name with pages of their own,
// although they are not in the list. They are sorted. Browsers do not know them, so
// they make no site and no scope of cookies.
var Hosting = []string{
	"000webhostapp.com", "4everland.app", "app.github.dev", "arweave.net", "bigcartel.com",
	"bore.pub", "cdn.ampproject.org", "cdpn.io", "cfapps.io", "chickenkiller.com", "cloudapp.azure.com", "cloudwaysapps.com",
	"codepen.io", "codesandbox.io", "epizy.com", "eth.limo", "fiddle.jshell.net", "github.dev", "gitpod.io", "glitch.me",
	"googleusercontent.com", "gradio.live", "hostingersite.com", "ic0.app", "infinityfreeapp.com", "ipfs.io",
	"jsbin.com", "kinsta.app", "koyeb.app", "lhr.life", "loca.lt", "localtunnel.me", "mooo.com", "mybluemix.net", "neocities.org",
	"nip.io", "plnkr.co", "preview.app.github.dev", "raw.ic0.app", "rf.gd", "run.plnkr.co", "serveo.net", "share.zrok.io", "sslip.io",
	"stackblitz.io", "surge.sh", "traefik.me", "tripod.com", "tumblr.com", "us.to", "webcontainer.io", "weebly.com", "wordpress.com",
	"xip.io",
}

//go:generate go test -run ^TestTable$ -update

// table has the domains that are not public suffixes themselves but have one
// below them, which [publicsuffix] does not show. Each line has such a domain,
// and the labels that precede it in the rules of the list: "ck * www" for the
// rules "*.ck" and "!www.ck". The lines are sorted by domain.
//
//go:embed table.txt
var table string

// Is reports whether anyone may register names under domain: a rule of the list
// matches all of it. A single label that ends no rule, such as "localhost" or
// "corp", is not a public suffix.
func Is(domain string) bool {
	return suffixOf(domain) == domain && domain != ""
}

// suffixOf returns the public suffix of domain, or "" if none is known.
func suffixOf(domain string) string {
	s, icann := publicsuffix.PublicSuffix(domain)
	if !listed(s, icann) {
		return ""
	}
	for rest := domain; len(rest) > len(s); {
		if _, ok := slices.BinarySearch(Hosting, rest); ok {
			return rest
		}
		_, rest, _ = strings.Cut(rest, ".")
	}
	return s
}

// listed reports whether a public suffix comes from the list rather than from
// its default rule, "*".
func listed(s string, icann bool) bool { return icann || strings.Contains(s, ".") }

// Owner returns the registrable domain of domain: its public suffix and one
// label. It returns "" if domain is a public suffix itself, or if its last
// label ends no rule of the list, so that nobody can register names there.
func Owner(domain string) string {
	s := suffixOf(domain)
	rest, ok := strings.CutSuffix(domain, "."+s)
	if !ok || s == "" {
		return ""
	}
	return domain[1+strings.LastIndexByte(rest, '.'):]
}

// Below returns the labels, separated by spaces, that precede domain in the
// rules of the list, if domain is not a public suffix itself. One of them may be
// "*", which stands for every label. It returns "" if there are no such rules.
func Below(domain string) string {
	lo, hi := 0, len(table) // starts of lines
	for lo < hi {
		mid := lo + (hi-lo)/2
		start := lo + 1 + strings.LastIndexByte(table[lo:mid], '\n')
		key := table[start : start+strings.IndexByte(table[start:], ' ')]
		rest := start + len(key) + len(" ")
		end := rest + strings.IndexByte(table[rest:], '\n')
		switch {
		case domain == key:
			return table[rest:end]
		case domain < key:
			hi = start
		default:
			lo = end + len("\n")
		}
	}
	return ""
}

// HasOwnersBelow reports whether names below domain have different owners:
// domain is a public suffix, or there are public suffixes below it.
func HasOwnersBelow(domain string) bool { return Is(domain) || Below(domain) != "" }

// TwoBelow returns two names below domain that have different owners. It must
// have some; see [HasOwnersBelow].
func TwoBelow(domain string) (a, b string) {
	for {
		for _, label := range [...]string{"alice", "bob", "carol"} {
			name := label + "." + domain
			switch owner := Owner(name); {
			case owner == "":
			case a == "":
				a = name
			case owner != Owner(a):
				return a, name
			}
		}
		label := "shop" // for a rule with a wildcard
		if labels := strings.Fields(Below(domain)); len(labels) > 0 && labels[0] != "*" {
			label = labels[max(0, slices.IndexFunc(labels, func(l string) bool { return Is(l + "." + domain) }))]
		}
		domain = label + "." + domain
	}
}
