// Package owners finds out whether a regular expression for origins matches
// pages of different owners.
//
// The owner of an origin is the registrable domain of its host: its public
// suffix and one label, both divisions of the public suffix list included. A
// public IP address is its own owner. Nobody can register, and so nobody owns,
// other addresses, single labels such as localhost, names whose last label is
// not in the list, and public suffixes themselves.
//
// The expression is compiled to an automaton that reads only origins (see
// [newGraph]). The automaton is read from its end, where the public suffix is,
// label by label, as far as the list has rules (see [search]). What it accepts
// includes all that the expression matches. Each origin that is found is then
// matched with the expression itself, so that an expression is neither accepted
// wrongly nor refused without an example.
package owners

import (
	"errors"
	"net/netip"
	"regexp"
	"strings"

	"github.com/corsac-dev/corsac/internal/suffix"
	"github.com/corsac-dev/corsac/origin"
)

// Bounds of the search, which takes some ten milliseconds at most.
const (
	maxInstructions = 1 << 12 // of the compiled expression
	maxArrows       = 1 << 14
	maxWork         = 1 << 17 // arrows that are followed
	maxLabels       = 1 << 8  // that are tried before one name
	maxLabelLen     = 63
	maxWrong        = 1 << 6 // origins that the expression does not match after all
)

// The reasons why [Two] cannot decide.
var (
	errLarge   = errors.New("it is too large")
	errComplex = errors.New("it has too many matches to try")
	errInexact = errors.New(`what it matches depends on \b or another assertion, or is too long`)
)

// Two returns two origins that re matches and that have different owners, or ""
// twice if there are none. The error, if any, says why that cannot be decided.
//
// The expression re must match whole strings. Two takes bounded time for any
// expression.
func Two(re *regexp.Regexp) (a, b string, err error) {
	g, err := newGraph(re.String())
	if err != nil {
		return "", "", err
	}
	s := newSearch(g, re)
	s.run()
	if len(s.examples) == 2 {
		return s.examples[0], s.examples[1], nil
	}
	return "", "", s.err
}

// ownerOf returns the owner of a host as in an origin, or "".
func ownerOf(host string) string {
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	switch {
	case err != nil && (strings.HasPrefix(host, ".") || strings.Contains(host, "..")): // not with http and https
		return ""
	case err != nil:
		return registered(suffix.Owner(strings.TrimSuffix(host, ".")))
	case origin.SpaceOf(a) == origin.SpacePublic:
		return host
	default:
		return ""
	}
}

// registered returns the name that somebody has to register for a domain, or "" if nobody
// can. In origins with other schemes than http and https, hosts may have capital letters
// and more.
func registered(domain string) string {
	domain = strings.ToLower(domain)
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || strings.ContainsFunc(label, isNotLDH) {
			return ""
		}
	}
	return domain
}

// isNotLDH reports whether c is not a letter, digit or hyphen, of which names consist (RFC
// 5890 §2.3.1).
func isNotLDH(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' }
