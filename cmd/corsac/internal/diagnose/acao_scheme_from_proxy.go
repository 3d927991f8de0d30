package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "acao-scheme-from-proxy", InProxy: true, Side: cause.Server,
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
		if r := s.from(o); r.get(protocol.AllowOrigin) == "http"+strings.TrimPrefix(o, "https") {
			return by(r)
		}
		return nil
	}}},
})

// rebuilt responds with the host of the page's origin and a scheme of its own.
func rebuilt(scheme string) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		_, host, _ := strings.Cut(r.Header.Get("Origin"), "://")
		w.Header().Set(protocol.AllowOrigin, scheme+"://"+host)
		w.Header().Set("Vary", "Origin")
		items.ServeHTTP(w, r)
	})
}
