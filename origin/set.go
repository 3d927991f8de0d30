package origin

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Set is a set of patterns that reports whether an origin matches any of them.
// It is immutable and safe for concurrent use. The zero Set is empty.
//
// A look-up takes near-constant time for one to a million origins: one hash for
// all exact origins, and at most two per label of the host if there are
// patterns for subdomains. An exact origin takes about 50 bytes of memory,
// including its text.
type Set struct {
	exact   table // whole origins
	anyPort table // scheme://host, for patterns of any port but one host
	below   []subdomains
	anyHost []string // schemes whose origins all match
}

// subdomains are the patterns of one scheme that match subdomains. The keys are
// what matching origins end in, from the dot before the base.
type subdomains struct {
	scheme    string
	special   bool
	fixedPort table // .example.com or .example.com:8443
	anyPort   table // .example.com
}

// NewSet returns a set of patterns. They may repeat and overlap; zero Patterns
// are ignored. The set copies the strings from which the patterns were parsed.
func NewSet(patterns []Pattern) *Set {
	keys := keysOf(patterns)
	set := &Set{exact: newTable(keys.exact), anyPort: newTable(keys.anyPort)}
	set.anyHost = keys.anyHost
	for _, scheme := range keys.schemes {
		set.below = append(set.below, subdomains{
			scheme:    strings.Clone(scheme),
			special:   weburl.IsSpecial(scheme),
			fixedPort: newTable(keys.belowFixed[scheme]),
			anyPort:   newTable(keys.belowAny[scheme]),
		})
	}
	return set
}

// setKeys are the keys of the tables in a set.
type setKeys struct {
	exact, anyPort       []string
	schemes              []string // of the patterns for subdomains, in order
	anyHost              []string // of the patterns for any host
	belowFixed, belowAny map[string][]string
}

func keysOf(patterns []Pattern) setKeys {
	k := setKeys{
		exact:      make([]string, 0, len(patterns)),
		belowFixed: map[string][]string{},
		belowAny:   map[string][]string{},
	}
	for _, p := range patterns {
		switch {
		case p.s == "":
		case p.anyHost:
			if !slices.Contains(k.anyHost, p.scheme()) {
				k.anyHost = append(k.anyHost, strings.Clone(p.scheme()))
			}
		case p.subdomains:
			k.addBelow(p)
		case p.anyPort:
			k.anyPort = append(k.anyPort, p.s[:p.hostEnd])
		default:
			k.exact = append(k.exact, p.s)
		}
	}
	return k
}

func (k *setKeys) addBelow(p Pattern) {
	scheme := p.scheme()
	if k.belowFixed[scheme] == nil && k.belowAny[scheme] == nil {
		k.schemes = append(k.schemes, scheme)
	}
	dot := int(p.hostStart) - len(".")
	if p.anyPort {
		k.belowAny[scheme] = append(k.belowAny[scheme], p.s[dot:p.hostEnd])
	} else {
		k.belowFixed[scheme] = append(k.belowFixed[scheme], p.s[dot:])
	}
}

// Len returns the number of distinct patterns in the set.
func (t *Set) Len() int {
	n := t.exact.n + t.anyPort.n + len(t.anyHost)
	for i := range t.below {
		n += t.below[i].fixedPort.n + t.below[i].anyPort.n
	}
	return n
}

// Contains reports whether a pattern in the set matches the origin with the
// serialisation s, which may be any string, such as the value of an Origin
// header: what browsers do not send matches no pattern. It does not allocate.
func (t *Set) Contains(s string) bool {
	if t.exact.has(s) {
		return true
	}
	hasWildcards := t.anyPort.n > 0 || len(t.below) > 0 || len(t.anyHost) > 0
	return hasWildcards && t.matchesWildcard(s) // BenchmarkContains/absent: −19 ns of 23
}

// matchesWildcard reports whether s matches a pattern with a wildcard. It looks
// for the pattern first and only then checks the rest of s, as most origins
// match none (BenchmarkMiddleware/preflight-refused: −15 ns of 87).
func (t *Set) matchesWildcard(s string) bool {
	if len(s) > MaxLen {
		return false
	}
	hostEnd := len(s)
	schemeEnd := strings.Index(s, "://")
	if schemeEnd < 0 {
		return false
	}
	scheme := s[:schemeEnd]
	if i := strings.LastIndexByte(s, ':'); i > schemeEnd && isPort(s[i+1:], scheme) {
		hostEnd = i
	}
	if t.anyPort.has(s[:hostEnd]) {
		return true
	}
	if slices.Contains(t.anyHost, scheme) {
		if at, ok := scan(s); ok && at.hostEnd == len(s) {
			return true
		}
	}
	for i := range t.below {
		if t.below[i].scheme == scheme {
			hostStart := schemeEnd + len("://")
			return t.below[i].match(s[hostStart:], hostEnd-hostStart)
		}
	}
	return false
}

// match reports whether hostport, in which the host ends at hostEnd, consists
// of labels and a key. The rest of hostport is well-formed, since it is a key,
// or a key and a port.
func (b *subdomains) match(hostport string, hostEnd int) bool {
	for i := 1; i < hostEnd; i++ {
		if hostport[i] != '.' {
			continue
		}
		if b.fixedPort.has(hostport[i:]) || b.anyPort.has(hostport[i:hostEnd]) {
			return hostEnd <= maxHostLen+len(".") && isLabels(hostport[:i], b.special) && (hostEnd <= maxHostLen || hostport[hostEnd-1] == '.')
		}
	}
	return false
}
