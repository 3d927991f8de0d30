package cors_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/suffix/suffixtest"
)

// TestWildcardVariants draws wildcards near rules of the public suffix list, in
// several spellings. With credentials, New must refuse those below which an
// oracle finds names with different owners, and no others.
func TestWildcardVariants(t *testing.T) {
	const variants = 1500
	rules := suffixtest.Rules(t)
	list := suffixtest.NewList(rules)
	rng := rand.New(rand.NewPCG(9, 1))
	counts := map[cors.Code]int{}
	for range variants {
		base := drawBase(rng, rules)
		s, want := spell(rng, base)
		if want == "" && haveOwners(list, rules, base) {
			want = cors.CodeOriginPublicSuffix
		}
		counts[want]++
		_, err := cors.New(cors.Policy{AllowOrigins: []string{s}, AllowCredentials: true})
		var got cors.Code
		if e := new(cors.ConfigError); errors.As(err, &e) {
			got = e.Code
		}
		if got != want {
			t.Errorf("%s: got %q, want %q: %v", s, got, want, err)
		}
		if got == cors.CodeOriginPublicSuffix {
			checkExample(t, list, base, err)
		}
	}
	t.Logf("%v", counts)
	for _, code := range []cors.Code{"", cors.CodeOriginPublicSuffix, cors.CodeOriginInvalid} {
		if counts[code] < variants/10 {
			t.Errorf("only %d variants have the result %q", counts[code], code)
		}
	}
}

// drawBase draws a domain above, at, below or beside that of a rule.
func drawBase(rng *rand.Rand, rules []string) string {
	base := strings.Replace(strings.TrimPrefix(rules[rng.IntN(len(rules))], "!"), "*.", []string{"", "any."}[rng.IntN(2)], 1)
	for range rng.IntN(3) {
		if _, above, ok := strings.Cut(base, "."); ok {
			base = above
		}
	}
	for range rng.IntN(3) {
		base = []string{"www", "s3", "city", "x-1", "xn--bcher-kva", "compute"}[rng.IntN(6)] + "." + base
	}
	if rng.IntN(20) == 0 {
		base += ".corp"
	}
	return base
}

// spell returns a pattern for the subdomains of base. If it is not in the form
// in which browsers send origins, it also returns the code of that mistake.
func spell(rng *rand.Rand, base string) (string, cors.Code) {
	s := "https://*." + base + []string{"", "", "."}[rng.IntN(3)] + []string{"", ":*", ":8443"}[rng.IntN(3)]
	switch rng.IntN(6) {
	case 0:
		return strings.ToUpper(s), cors.CodeOriginInvalid
	case 1:
		unicode, err := idna.ToUnicode(base)
		if err != nil || unicode == base {
			return "https://*." + base + ":443", cors.CodeOriginInvalid
		}
		return "https://*." + unicode, cors.CodeOriginInvalid
	}
	return s, ""
}

// haveOwners finds names below base with different owners by trial: some of its
// own, and some below every rule that ends in it.
func haveOwners(list suffixtest.List, rules []string, base string) bool {
	names := []string{"p." + base, "q." + base, "r.p." + base, "s.q." + base}
	for _, r := range rules {
		if name := strings.Replace(strings.TrimPrefix(r, "!"), "*", "any", 1); strings.HasSuffix(name, "."+base) {
			names = append(names, name, "p."+name, "q."+name)
		}
	}
	owners := map[string]bool{}
	for _, name := range names {
		if owner := list.Owner(name); owner != "" {
			owners[owner] = true
		}
	}
	return len(owners) > 1
}

// checkExample checks that an error names two domains below base that have
// different owners.
func checkExample(t *testing.T, list suffixtest.List, base string, err error) {
	t.Helper()
	text, _, _ := strings.Cut(err.Error(), " have different owners")
	a, b, ok := strings.Cut(text[1+strings.LastIndex(text[:strings.LastIndex(text, " and ")], " "):], " and ")
	x, y := list.Owner(a), list.Owner(b)
	if !ok || x == "" || y == "" || x == y || !strings.HasSuffix(a, "."+base) || !strings.HasSuffix(b, "."+base) {
		t.Errorf("%q is no example: %v", []string{a, b}, err)
	}
}

// BenchmarkNew measures how long it takes to compile a policy with credentials.
func BenchmarkNew(b *testing.B) {
	for _, c := range []struct{ name, pattern string }{
		{"exact", "https://tenant-%.example.com"},
		{"wildcards", "https://*.tenant-%.example.com"},
		{"wildcard-domains", "https://*.tenant-%.com"},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := cors.Policy{AllowCredentials: true}
			for i := range 10_000 {
				p.AllowOrigins = append(p.AllowOrigins, strings.Replace(c.pattern, "%", string(rune('a'+i%26))+strings.Repeat("x", i%7)+"-"+strconv.Itoa(i), 1))
			}
			for b.Loop() {
				if _, err := cors.New(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
