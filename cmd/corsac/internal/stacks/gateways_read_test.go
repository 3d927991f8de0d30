package stacks

import (
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

func TestRoundTripGateways(t *testing.T) {
	checkRoundTrip(t, "gateway-api", "", 40, nil)
	checkRoundTrip(t, "traefik", "", 60, nil)
	checkRoundTrip(t, "traefik", "labels", 60, nil)
	checkRoundTrip(t, "kong", "", 60, nil)
	checkRoundTrip(t, "ingress-nginx", "", 20, func(p *cors.Policy) *cors.Policy {
		if _, set := p.MaxAge.Duration(); !set {
			p.MaxAge = cors.CacheFor(5e9) // as it says without one
		}
		return p
	})
}
