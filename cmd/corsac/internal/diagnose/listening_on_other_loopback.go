package diagnose

import (
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
)

var _ = register(&Cause{
	Slug: "listening-on-other-loopback", Side: cause.Server,
	Title: "The server listens on {listens} only, and the page calls {host}",
	When:  "The connection is refused at one of the machine's own addresses, and the other responds.",
	Why:   "The machine has two addresses of its own, 127.0.0.1 and ::1, and a server that listens on localhost may take only one of them.",
	Fix:   "Call the server by the name localhost, or let it listen on both addresses, for example on 0.0.0.0 and ::, or on localhost in both families.",
	Example: &Scenario{
		Server: allowing(dev, items), Listen: "::1", Request: fetch.Request{URL: "http://127.0.0.1:{port}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "http://localhost:{port}/items"}},
	rules: []rule{{rank: network, of: []string{"connection-refused"}, find: func(s *scene) *shown {
		r := s.otherFamily()
		if r == nil || r.Status == 0 {
			return nil
		}
		return by(r).with("listens", r.question.address.String())
	}}},
})
