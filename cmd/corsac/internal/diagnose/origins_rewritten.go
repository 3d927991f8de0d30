package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

// rebuilt responds with the host of the page's origin and a scheme of its own.
func rebuilt(scheme string) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		_, host, _ := strings.Cut(r.Header.Get("Origin"), "://")
		w.Header().Set(allowOrigin, scheme+"://"+host)
		w.Header().Set("Vary", "Origin")
		items.ServeHTTP(w, r)
	})
}

var _ = register(&Cause{
	Slug: "acao-scheme-from-proxy", Side: cause.Server,
	Title: "The server writes http into the allowed origin, {value}, whatever the page's scheme is",
	When:  "Access-Control-Allow-Origin has the host of the page, for any page, and always the scheme http.",
	Why:   "The application builds the value from the request that it sees. TLS ends at a proxy in front of it, so that is a request over plain http.",
	Fix:   "Respond with the Origin of the request itself, if it is on a list. If the application must know the scheme, let it trust X-Forwarded-Proto of the proxy (--proxy-headers, trust proxy, SECURE_PROXY_SSL_HEADER), and let the proxy send it.",
	Example: &Scenario{
		Page: shop, Server: rebuilt("http"), Request: fetch.Request{URL: "{server}/items"},
	},
	Fixed: &Scenario{Server: rebuilt("https")},
	rules: []rule{{rank: early, of: []string{"acao-wrong-scheme"}, find: func(s *scene) *shown {
		if !strings.HasPrefix(s.sent(), "https://") {
			return nil
		}
		o := s.stranger()
		if r := s.from(o); r.get(allowOrigin) == "http"+strings.TrimPrefix(o, "https") {
			return by(r)
		}
		return nil
	}}},
})

var _ = register(&Cause{
	Slug: "origin-header-stripped", Side: cause.Server, Confidence: finding.Possible,
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
		if s.preflight() || s.last.Status >= 300 || !lists(h.Get("Vary"), "Origin") || !h.Has("X-Amz-Cf-Id") && !h.Has("Via") && !h.Has("CF-Ray") && !h.Has("X-Served-By") {
			return nil
		}
		if s.sender == nil || s.allowedElse() != nil {
			return nil
		}
		return by(s.withoutOrigin()).saying("Vary: " + h.Get("Vary"))
	}}},
})
