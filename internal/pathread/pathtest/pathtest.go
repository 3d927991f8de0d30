// Package pathtest makes paths that servers read in different ways, for tests.
package pathtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

var (
	fillers = []string{"a", "b", "x", "a;x=y", "a%2fb", "a%5cb", `a\b`, "%20", "", "~", "a.b"}

	starts = []string{"//", "//x/", "///x/", `/\x/`, "/%2fx/", "/.//x/"}

	dots = []string{
		"..", "..", "..", ".", ".%2e", "%2e%2e", "%2E.", "%252e%252e", "%252e.", "..;", "..;x=y", "..%3b", "..%20", "..%09",
		"..%00", ".%00.", "..%00x", "...", "..%3f", "..%23", ";", ";/..", "..%2f", `..\`, "..%5c", "%2e%2e%2f", "..%252f", ".%2520",
		".%09.", ".%0a.", "%2e.%0d", "..%01", "..%20..", "%2e%2e%2f..", "%23/..", "%3f/..",
	}

	separators = []string{
		"/", "/", "/", "/", "/", "//", "%2f", "%2F", "%2f", "%252f", "%5c", `\`, "%255C", "/./", "/;/", "/%00/", "%2f%2f", "",
	}

	endings = []string{";x", ";x=y%2f..", "%3bx", "%20", "%09", "%2520", ".", ". ", "%00", "%2500", "%3fx", "%3f", "%23", "%253f", "%01", "%0a", "%20HTTP/1.0%0d%0a%0d%0a", "%", "%2"}
)

// Tokens are what paths are made of, besides prefixes.
var Tokens = slices.Concat(fillers, starts, dots, separators, endings)

// Path returns a path as a request line may have it: one of the prefixes, then
// dots, and names that are mostly those of the prefixes, many of them encoded,
// some twice. It begins with a slash.
func Path(r *rand.Rand, prefixes []string) string {
	var b strings.Builder
	switch r.IntN(12) {
	case 0:
		b.WriteString(pick(r, starts) + strings.TrimLeft(pick(r, prefixes), "/"))
	case 1, 2:
		b.WriteString("/")
	default:
		b.WriteString(strings.TrimRight(pick(r, prefixes), "/") + "/")
	}
	for range r.IntN(6) {
		switch r.IntN(6) {
		case 0:
			b.WriteString(pick(r, fillers))
		case 1:
			for name := range strings.SplitSeq(strings.Trim(pick(r, prefixes), "/"), "/") {
				b.WriteString(odd(r, name) + pick(r, separators))
			}
			continue
		default:
			b.WriteString(pick(r, dots))
		}
		if r.IntN(6) == 0 {
			b.WriteString(pick(r, endings))
		}
		b.WriteString(pick(r, separators))
	}
	if r.IntN(2) == 0 {
		b.WriteString(strings.Trim(pick(r, prefixes), "/"))
		if r.IntN(4) == 0 {
			b.WriteString(pick(r, endings))
		}
	}
	return strings.ReplaceAll(b.String(), " ", "%20")
}

func pick(r *rand.Rand, tokens []string) string { return tokens[r.IntN(len(tokens))] }

// odd returns a name with the case of a letter changed, or the letter encoded, or
// as it is.
func odd(r *rand.Rand, name string) string {
	if name == "" {
		return name
	}
	i := r.IntN(len(name))
	c := name[i]
	if c|0x20 < 'a' || c|0x20 > 'z' || i > 0 && name[i-1] == '%' || i > 1 && name[i-2] == '%' {
		return name
	}
	switch r.IntN(4) {
	case 0:
		return name[:i] + string(c^0x20) + name[i+1:]
	case 1:
		return fmt.Sprintf("%s%%%02x%s", name[:i], c, name[i+1:])
	case 2:
		return fmt.Sprintf("%s%%25%02x%s", name[:i], c, name[i+1:])
	}
	return name
}
