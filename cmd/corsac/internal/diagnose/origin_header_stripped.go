package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "origin-header-stripped", InProxy: true, Side: cause.Server, Confidence: finding.Possible,
	Title: "The header Origin may not reach the layer that handles CORS",
	When:  "The response has Vary: Origin and shows a CDN, and no origin that was tried gets CORS headers, nor does a URL elsewhere.",
	Why:   "The server says that its responses depend on Origin, and responds to every origin as if there were none. A CDN or proxy in between may not forward the header. A policy that allows none of the origins looks the same.",
	Fix:   "Forward Origin to the server, and make it part of the cache key: in CloudFront, with the origin request policy CORS-CustomOrigin or CORS-S3Origin; in other proxies, remove the rule that drops it. If Origin arrives, add {sent} to the origins that the policy allows.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Via", "1.1 a1b2.cloudfront.net (CloudFront)")
			w.Header().Set("X-Amz-Cf-Id", "x")
			r.Header.Del("Origin")
			allowing(dev, items).ServeHTTP(w, r)
		}),
		Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: late, of: []string{"origin-not-allowed"}, find: func(s *scene) *shown {
		h := s.last.ResponseHeaders
		if s.preflight() || s.last.Status >= 300 || !protocol.Lists(h.Get("Vary"), "Origin") || !h.Has("X-Amz-Cf-Id") && !h.Has("Via") && !h.Has("CF-Ray") && !h.Has("X-Served-By") {
			return nil
		}
		if s.sender == nil || s.allowedElse() != nil {
			return nil
		}
		return by(s.withoutOrigin()).saying("Vary: " + h.Get("Vary"))
	}}},
})
