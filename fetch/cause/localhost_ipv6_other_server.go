package cause

import "github.com/corsac-dev/corsac/fetch"

var _ = add(func() *Cause {
	return &Cause{
		Slug: "localhost-ipv6-other-server", Side: Server, at: atMissing | atStatus, rank: otherServer, shows: []string{"Server"},
		Title: "macOS AirPlay Receiver is using this port",
		When:  "The Server header of the response says AirTunes.",
		Why:   "AirPlay Receiver listens on ports 5000 and 7000, and responds in place of your server.",
		Fix:   "Run your server on another port, or turn AirPlay Receiver off; 127.0.0.1 instead of localhost may also reach your server.",
		Example: Scenario{Page: local, Request: fetch.Request{URL: "http://localhost:5000/items"}, Answers: []Answer{
			{Status: 403, Headers: "Server: AirTunes/760.20.1"},
		}},
		Fixed:   answered(Answer{Status: 200, Headers: "Access-Control-Allow-Origin: *"}),
		applies: func(s *scene) bool { return s.from("AirTunes") },
	}
})
