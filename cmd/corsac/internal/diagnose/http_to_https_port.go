package diagnose

import "github.com/corsac-dev/corsac/fetch"

var _ = register(&Cause{
	Slug: "http-to-https-port",
	When: "Plain http gets an error that says so, or no HTTP at all, and the port speaks TLS.",
	Example: &Scenario{
		Server: working, TLS: true, Request: fetch.Request{URL: "http://127.0.0.1:{port}/items"},
	},
	Fixed: &Scenario{Server: working, Request: fetch.Request{URL: "{server}/items"}},
	rules: []rule{
		{rank: wrongServer, of: anyAnswer, find: func(s *scene) *shown {
			if text := s.says(plainOnTLS...); text != "" {
				return s.byBody(text)
			}
			return nil
		}},
		{rank: network, of: []string{"malformed-response", "connection-closed", "http-to-https-port"}, find: func(s *scene) *shown {
			if s.url.Scheme != "http" {
				return nil
			}
			if r := s.otherScheme(); r != nil && r.Status != 0 {
				return by(r)
			}
			return nil
		}},
	},
})

// plainOnTLS are texts of servers that got plain http on a port for TLS: nginx,
// Go, Apache, Tomcat, Jetty, Envoy.
var plainOnTLS = []string{
	"The plain HTTP request was sent to HTTPS port", "Client sent an HTTP request to an HTTPS server", "You're speaking plain HTTP to an SSL-enabled server port",
	"This combination of host and port requires TLS", "plain HTTP to an SSL", "HTTP request to an HTTPS",
}
