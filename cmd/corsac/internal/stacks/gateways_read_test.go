package stacks

import (
	"slices"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

func TestRoundTripGateways(t *testing.T) {
	testenv.OneGoroutine(t)
	checkRoundTrip(t, "envoy", "", 60, nil)
	checkRoundTrip(t, "istio", "", 60, nil)
	checkRoundTrip(t, "gateway-api", "", 40, nil)
	checkRoundTrip(t, "traefik", "", 60, nil)
	checkRoundTrip(t, "traefik", "labels", 60, nil)
	checkRoundTrip(t, "kong", "", 60, nil)
	checkRoundTrip(t, "ingress-nginx", "", 15, func(p *cors.Policy) *cors.Policy {
		if _, set := p.MaxAge.Duration(); !set {
			p.MaxAge = cors.CacheFor(5e9) // as it says without one
		}
		return p
	})
}

// forBuckets leaves out what buckets have no setting for: credentials, and every
// method, for which their own are listed.
func forBuckets(p *cors.Policy) *cors.Policy {
	p.AllowCredentials = false
	if slices.Contains(p.AllowMethods, "*") {
		return nil
	}
	if _, err := cors.New(*p); err != nil {
		return nil
	}
	return p
}

func TestRoundTripClouds(t *testing.T) {
	testenv.OneGoroutine(t)
	for _, form := range []string{"", "xml", "terraform"} {
		checkRoundTrip(t, "s3", form, 25, forBuckets)
	}
	checkRoundTrip(t, "r2", "", 10, forBuckets)
	checkRoundTrip(t, "gcs", "", 0, func(p *cors.Policy) *cors.Policy {
		p.ExposeHeaders = p.AllowHeaders
		return forBuckets(p)
	})
	for _, form := range []string{"", "openapi"} {
		checkRoundTrip(t, "api-gateway-http", form, 10, nil)
	}
	for _, form := range []string{"", "openapi"} {
		checkRoundTrip(t, "api-gateway-rest", form, 3, nil)
	}
	checkRoundTrip(t, "lambda-url", "", 10, nil)
	checkRoundTrip(t, "cloudfront", "", 20, nil)
}
