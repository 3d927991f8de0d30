package diagnose

import "github.com/corsac-dev/corsac/fetch"

var _ = register(&Cause{
	Slug: "https-to-http-port",
	When: "The server does not speak TLS, and plain http on the same port gets a response.",
	Example: &Scenario{
		Server: working, Request: fetch.Request{URL: "https://127.0.0.1:{port}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "{server}/items"}},
	rules: []rule{{rank: network, of: []string{"https-to-http-port", "connection-closed", "tls-handshake-failure"}, find: func(s *scene) *shown {
		if s.url.Scheme != "https" {
			return nil
		}
		if r := s.otherScheme(); r != nil && r.Status != 0 {
			return by(r)
		}
		return nil
	}}},
})
