package owners_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
	"unicode"

	"github.com/corsac-dev/corsac/internal/owners"
	"github.com/corsac-dev/corsac/internal/suffix/suffixtest"
	"github.com/corsac-dev/corsac/origin"
)

// oracle finds out about expressions by trial.
type oracle struct {
	rules []string
	list  suffixtest.List
	below map[string][]string // by domain, the domains of the rules below it
	rng   *rand.Rand
}

func newOracle(tb testing.TB) *oracle {
	rules := suffixtest.Rules(tb)
	o := &oracle{rules, suffixtest.NewList(rules), map[string][]string{}, rand.New(rand.NewPCG(9, 1))}
	for _, r := range rules {
		domain := strings.Replace(strings.TrimPrefix(r, "!"), "*", "any", 1)
		for _, above, ok := strings.Cut(domain, "."); ok; _, above, ok = strings.Cut(above, ".") {
			o.below[above] = append(o.below[above], domain)
		}
	}
	return o
}

// owner returns the owner of the origin s, or "".
func (o *oracle) owner(s string) string {
	parsed, err := origin.Parse(s)
	if err != nil || parsed.IsOpaque() {
		return ""
	}
	host := parsed.Host()
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsUnspecified() || origin.SpaceOf(a) == origin.SpaceLocal {
			return ""
		}
		return host
	}
	owner := o.list.Owner(strings.TrimSuffix(host, "."))
	if !registrable.MatchString(owner) || strings.Contains("."+host, "..") {
		return "" // of URLs with other schemes, hosts may have empty labels, "!" and more
	}
	return strings.ToLower(owner)
}

// sample writes a string that re matches, apart from its assertions. It prefers
// short strings and the characters of host names.
func (o *oracle) sample(b *strings.Builder, re *syntax.Regexp) {
	repeat := func(least, most int) {
		if most < 0 || most > least+3 {
			most = least + 3
		}
		for range least + o.rng.IntN(most-least+1) {
			if b.Len() < 400 {
				o.sample(b, re.Sub[0])
			}
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 {
				r = unicode.ToLower(r)
			}
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		var in []byte
		for c := range byte(128) {
			for i := 0; i+1 < len(re.Rune); i += 2 {
				if re.Rune[i] <= rune(c) && rune(c) <= re.Rune[i+1] && (strings.IndexByte("-.:", c) >= 0 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z') {
					in = append(in, c)
				}
			}
		}
		if len(in) > 0 {
			b.WriteByte(in[o.rng.IntN(len(in))])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte("abxyz019-.."[o.rng.IntN(11)])
	case syntax.OpCapture:
		o.sample(b, re.Sub[0])
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			o.sample(b, sub)
		}
	case syntax.OpAlternate:
		o.sample(b, re.Sub[o.rng.IntN(len(re.Sub))])
	}
}

// check compares Two with what re matches among samples and candidates. It
// returns how many owners those have, two at most, and the result of Two.
func (o *oracle) check(tb testing.TB, re *regexp.Regexp, samples int, candidates []string) (n int, a, b string, err error) {
	tb.Helper()
	a, b, err = owners.Two(re)
	if a != "" || b != "" {
		if !re.MatchString(a) || !re.MatchString(b) || o.owner(a) == "" || o.owner(b) == "" || o.owner(a) == o.owner(b) {
			tb.Errorf("%s: %q and %q are no example", re, a, b)
		}
		return 2, a, b, err
	}
	found := map[string]string{}
	try := func(s string) {
		if re.MatchString(s) {
			if owner := o.owner(s); owner != "" && len(found) < 2 {
				found[owner] = s
			}
		}
	}
	tree, perr := syntax.Parse(re.String(), syntax.Perl)
	if perr != nil {
		tb.Fatal(perr)
	}
	for range samples {
		var s strings.Builder
		o.sample(&s, tree)
		try(s.String())
	}
	for _, s := range candidates {
		try(s)
	}
	if err == nil && len(found) > 1 {
		tb.Errorf("%s is accepted, but has several owners: %v", re, found)
	}
	return len(found), a, b, err
}

// draw returns an expression, and origins that it may match.
func (o *oracle) draw() (expr string, candidates []string) {
	pick := func(list ...string) string { return list[o.rng.IntN(len(list))] }
	var hosts []string
	for range 1 + o.rng.IntN(2) {
		name := o.near()
		for _, rule := range o.below[name] {
			candidates = append(candidates, "https://"+rule, "https://a."+rule, "https://b."+rule)
		}
		candidates = append(candidates, "https://"+name, "https://a."+name, "https://b."+name, "https://a.a."+name, "https://b.b."+name, "https://a"+name, "https://a-"+name)
		labels := strings.Split(regexp.QuoteMeta(name), `\.`)
		expr := labels[0]
		for _, label := range labels[1:] {
			expr += pick(`\.`, `\.`, `\.`, `\.`, `[.]`, `.`) + label
		}
		hosts = append(hosts, expr)
	}
	prefix := pick("", "", `(www\.)?`, `[ab]+\.`, `.*\.`, `.*`, `([a-z0-9-]+\.)*`, `(a|b)\.`, `[^.]+\.`, `[a-z]{1,3}-`, `\w+\.`, `(?:.+\.)?`, `(s3|www)\.`, `any\.`, `[a-z0-9]{2}\.`)
	host := prefix + hosts[0]
	if len(hosts) > 1 {
		host = pick(prefix+"("+hosts[0]+"|"+hosts[1]+")", "(?:"+prefix+hosts[0]+"|"+hosts[1]+")")
	}
	expr = pick(`https://`, `https?://`, `(https|http)://`, `(?i)HTTPS://`, `\w+://`) + host + pick("", "", `(:\d+)?`, `:8443`, `(:[0-9]{2,4})?`, `\.?`)
	if o.rng.IntN(3) == 0 {
		expr = "^" + expr + "$"
	}
	for _, s := range candidates {
		candidates = append(candidates, s+":8443")
	}
	return expr, candidates
}

// near returns a domain above, at or below that of a rule.
func (o *oracle) near() string {
	name := strings.Replace(strings.TrimPrefix(o.rules[o.rng.IntN(len(o.rules))], "!"), "*.", []string{"", "any."}[o.rng.IntN(2)], 1)
	for range o.rng.IntN(2) {
		if _, above, ok := strings.Cut(name, "."); ok {
			name = above
		}
	}
	for range o.rng.IntN(3) {
		name = []string{"www", "s3", "x-1", "example"}[o.rng.IntN(4)] + "." + name
	}
	return name
}

// TestVariants draws expressions near rules of the public suffix list. Two must
// find different owners where the oracle does, and be able to decide about
// almost all of them.
func TestVariants(t *testing.T) {
	const variants = 1500
	o := newOracle(t)
	counts := map[string]int{}
	for range variants {
		expr, candidates := o.draw()
		n, a, _, err := o.check(t, compile(t, expr), 50, candidates)
		result := fmt.Sprintf("owners: %d", n)
		switch {
		case err != nil:
			result = err.Error()
			t.Logf("%s: %v", expr, err)
		case a != "":
			result = "refused"
		}
		counts[result]++
	}
	t.Log(counts)
	if counts["refused"] < variants/4 || counts["owners: 1"] < variants/8 {
		t.Error("the variants are one-sided")
	}
	if undecided := variants - counts["refused"] - counts["owners: 1"] - counts["owners: 0"]; undecided > variants/50 {
		t.Errorf("%d of %d could not be decided", undecided, variants)
	}
}

// registrable matches names that somebody can own in DNS.
var registrable = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)

// FuzzTwo checks that no expression is accepted that matches different owners.
func FuzzTwo(f *testing.F) {
	for _, expr := range []string{
		`https://(a|b)\.example\.com(:\d+)?`, `https://.*\.com`, `https://.*example\.com`, `https://example.com`, `(?i)https://[a-z]+\.GITHUB\.io`,
		`https://.*\.(www\.)?ck`, `https://[a-z]+\.amazonaws\.com`, `https?://(10|8)\.\d+\.\d+\.\d+`, `https://\[[0-9a-f:]+\]`, `\w+://\bcom.*`,
		`https://(a|b){1,9}c?\.co\.uk\.?`, `(?s).*`, `https://xn--[a-z-]+\.de`, `(?i)A.*/[A]0.AC$`, `a.*0_.ac`,
	} {
		f.Add(expr, uint64(1))
	}
	o := newOracle(f)
	var candidates []string
	for _, host := range []string{
		"a.com", "b.com", "example.com", "aexample.com", "a.github.io", "b.github.io", "www.ck", "a.b.ck", "a.amazonaws.com", "a.s3.amazonaws.com",
		"8.8.8.8", "8.8.4.4", "1.2.3.4", "10.0.0.1", "[2001:4860:4860::8888]", "[2606:4700::1]", "a.co.uk", "b.co.uk", "a.com.", "b.com.", "xn--bcher-kva.de", "a.de",
	} {
		candidates = append(candidates, "https://"+host, "http://"+host+":81", "app://"+host)
	}
	f.Fuzz(func(t *testing.T, expr string, seed uint64) {
		if len(expr) > 200 {
			return
		}
		_, err := regexp.Compile(expr) // refuses "a)|(b"
		re, err2 := regexp.Compile(`\A(?:` + expr + `)\z`)
		if err != nil || err2 != nil {
			return
		}
		o.rng = rand.New(rand.NewPCG(seed, 1))
		o.check(t, re, 30, candidates)
	})
}
