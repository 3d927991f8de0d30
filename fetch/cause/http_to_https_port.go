package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "http-to-https-port", Side: Page, at: atMissing | atStatus, Confidence: likely, rank: first,
		Title: "Plain http goes to a port that expects https",
		When:  "The response to an http: URL with port 443 or 8443 is 400.",
		Why:   "Servers respond to plain http on their TLS port with 400.",
		Fix:   "Call {secure} from the page.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:8443/items"}, Answers: []Answer{
			{Status: 400},
		}},
		Fixed: Scenario{Request: fetch.Request{URL: "https://localhost:8443/items"}, Answers: []Answer{
			{Status: 200, Headers: "Access-Control-Allow-Origin: *"},
		}},
		applies: func(s *scene) bool {
			port := s.url.EffectivePort()
			return s.status(400) && s.url.Scheme == "http" && (port == 443 || port == 8443)
		},
	}
})
