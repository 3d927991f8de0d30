package cause

import "github.com/corsac-dev/corsac/internal/protocol"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "preflight-blocked-by-waf", Side: Server, at: atStatus, Confidence: likely, shows: []string{"Server", "Content-Type"},
		Title: "A firewall seems to block the preflight: OPTIONS gets {status}",
		When:  "The preflight response is 403 or 406 with an HTML page, from a server known as a firewall or CDN.",
		Why:   "The rules of web application firewalls often block the method OPTIONS. The page in the response comes from the firewall, not from the API.",
		Fix:   "Allow OPTIONS requests for the API in the firewall's rules.",
		Example: fromApp(put(), Answer{
			Status: 403, Headers: "Server: cloudflare\nContent-Type: text/html; charset=UTF-8",
		}),
		Fixed: answered(granted, read),
		applies: func(s *scene) bool {
			known := s.from("cloudflare") || s.from("AkamaiGHost") || s.from("CloudFront") || s.from("imperva") || s.has("X-Iinfo") || s.has("X-Sucuri-ID")
			return s.status(403, 406) && s.isHTML() && known && !s.has(protocol.AllowMethods) && !s.lists("Vary", "Origin")
		},
	}
})
