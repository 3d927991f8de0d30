package stacks

import (
	"math/rand/v2"
	"time"

	"github.com/corsac-dev/corsac/cors"
)

// randomPolicy returns a valid policy with some of everything that most stacks
// have, and each of more now and then. Headers that are safelisted, and methods
// that need not be listed, are not in it.
func randomPolicy(r *rand.Rand, more ...func(*cors.Policy)) *cors.Policy {
	for {
		p := drawPolicy(r)
		for _, set := range more {
			if r.IntN(6) == 0 {
				set(p)
			}
		}
		if _, err := cors.New(*p); err == nil {
			return p
		}
	}
}

// What some stacks have besides.
func withTiming(p *cors.Policy) { p.AllowTiming = true }
func withStatus(p *cors.Policy) { p.PreflightStatus = 200 }
func withNull(p *cors.Policy) {
	p.AllowOrigins, p.DangerouslyAllowNullOrigin = append(p.AllowOrigins, "null"), true
}
func withResourcePolicy(p *cors.Policy) { p.ResourcePolicy = "same-site" }
func withDanger(p *cors.Policy) {
	p.AllowOrigins = append(p.AllowOrigins, "http://plain.example", "https://*.github.io")
	p.DangerouslyAllowInsecureOriginsWithCredentials, p.DangerouslyAllowPublicSuffixesWithCredentials = true, true
}

func withZeroAge(p *cors.Policy) { p.MaxAge = cors.CacheFor(0) }

// withEveryHeader has *, but not Authorization, which many stacks allow then, too;
// withAllHeaders has both.
func withEveryHeader(p *cors.Policy) { p.AllowHeaders = []string{"*"} }

func withAllHeaders(p *cors.Policy) {
	if p.AllowHeaders = []string{"*"}; !p.AllowCredentials {
		p.AllowHeaders = append(p.AllowHeaders, "Authorization")
	}
}

// drawPolicy returns a policy that may not be valid.
func drawPolicy(r *rand.Rand) *cors.Policy {
	some := func(most int, from ...string) (list []string) {
		for _, i := range r.Perm(len(from))[:r.IntN(min(most, len(from))+1)] {
			list = append(list, from[i])
		}
		return list
	}
	p := &cors.Policy{
		AllowOrigins: some(3, "https://app.example.com", "http://localhost:3000", "https://a.example:8443", "https://*.example.org", "https://*.dev.example.net:8080",
			"http://localhost:*", "https://*.example.edu:*", "capacitor://localhost", "http://[::1]:5173", "https://xn--bcher-kva.example"),
		AllowMethods:     some(3, "PUT", "PATCH", "DELETE"),
		AllowHeaders:     some(4, "Authorization", "Content-Type", "X-Request-Id", "X-Api-Key", "If-Match", "X.Y~Z"),
		ExposeHeaders:    some(3, "X-Total-Count", "ETag", "Link", "X-In-$"),
		AllowCredentials: r.IntN(2) == 0,
	}
	switch r.IntN(12) {
	case 0:
		p.AllowOrigins, p.AllowCredentials = []string{"*"}, false
	case 1:
		p.AllowMethods = []string{"*"}
	case 2:
		p.DangerouslyAllowOriginRegexps = some(2, `https://(?:eu|us)-[0-9]+\.example\.com`, `https://pr-[0-9]+\.preview\.example\.com`)
	case 3:
		p.AllowMethods = []string{"QUERY", "PROPFIND"}
	}
	if r.IntN(2) == 0 {
		p.MaxAge = cors.CacheFor(time.Duration(1+r.IntN(86400)) * time.Second)
	}
	return p
}
