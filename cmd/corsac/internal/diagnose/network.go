package diagnose

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
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

var _ = register(&Cause{
	Slug:  "localhost-ipv6-other-server",
	When:  "The addresses 127.0.0.1 and ::1 respond differently, and the one that the browser takes for localhost lacks CORS headers; or the Server header says AirTunes.",
	Title: "Two servers share this port: the browser reaches {reached}",
	Why:   "localhost stands for ::1 and 127.0.0.1, and a different program listens on each. Browsers try ::1 first, other tools often 127.0.0.1. On macOS, AirPlay Receiver listens on ports 5000 and 7000.",
	Fix:   "Call {wanted} from the page instead of localhost, or stop the other program, or run the server on another port.",
	Example: &Scenario{
		Server: handle(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Server", "AirTunes/760.20.1")
			w.WriteHeader(http.StatusForbidden)
		}),
		Listen: "::1", Other: allowing(dev, items), ListenOther: "127.0.0.1", Request: fetch.Request{URL: "http://localhost:{port}/items"},
	},
	Fixed: &Scenario{Request: fetch.Request{URL: "http://127.0.0.1:{port}/items"}},
	rules: []rule{{rank: wrongServer, of: anyAnswer, find: func(s *scene) *shown {
		if host := s.url.Host; host != "localhost" && !strings.HasSuffix(host, ".localhost") {
			return nil
		}
		reached, err := netip.ParseAddrPort(s.last.Remote)
		r := s.otherFamily()
		if err != nil || r == nil || r.Status == 0 {
			return nil
		}
		here := s.sameAt(r, reached.Addr())
		if here == nil || here.Status == 0 || !s.differ(here, r) {
			return nil
		}
		f := by(here, r).with("reached", reached.Addr().String()).with("wanted", r.question.address.String())
		if !r.allows(s.sent(), false) {
			f.likely()
		}
		return f
	}}},
})

// differ reports whether two answers to the same question are of two programs, of
// which the other, at the address that the browser does not use, may be the right
// one.
func (s *scene) differ(here, other *reply) bool {
	if here.get("Server") != other.get("Server") || here.get("X-Powered-By") != other.get("X-Powered-By") {
		return true
	}
	return other.allows(s.sent(), false) && here.bare()
}

// sameAt is the answer to the question of r at another address, that of the last
// answer, which it is if it was asked the same.
func (s *scene) sameAt(r *reply, address netip.Addr) *reply {
	q := *r.question
	q.address, q.why = address, "at "+address.String()
	if s.preflight() || s.last.Method == q.method && len(s.v.Request.Headers) == 0 && s.cookie == "" {
		return &reply{&check.Answer{Status: s.last.Status, Headers: s.last.ResponseHeaders}, &q}
	}
	return s.ask(&q)
}

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

// plainOnTLS are texts of servers that got plain http on a port for TLS: nginx,
// Go, Apache, Tomcat, Jetty, Envoy.
var plainOnTLS = []string{
	"The plain HTTP request was sent to HTTPS port", "Client sent an HTTP request to an HTTPS server", "You're speaking plain HTTP to an SSL-enabled server port",
	"This combination of host and port requires TLS", "plain HTTP to an SSL", "HTTP request to an HTTPS",
}

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

// onlyOptions finds that OPTIONS alone gets no answer.
func onlyOptions(s *scene) *shown {
	if !s.preflight() {
		return nil
	}
	if r := s.actual(); r != nil && r.Status != 0 {
		return by(r)
	}
	return nil
}

// dropping closes the connection of an OPTIONS request.
var dropping = options(handle(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))

var _ = register(&Cause{
	Slug: "preflight-connection-closed", Side: cause.Server,
	Title:   "The server closes the connection on the preflight, and responds to other requests",
	When:    "The connection of the preflight is closed without a response, and the URL itself responds.",
	Why:     "Something before the server drops OPTIONS, or the server crashes on it. Firewalls and old proxies do so with methods that they do not know.",
	Fix:     "Answer OPTIONS in the server, and let firewalls and proxies pass it. The server's log shows whether the preflight arrives.",
	Example: &Scenario{Server: dropping, Request: put},
	Fixed:   &Scenario{Server: working},
	rules:   []rule{{rank: network, of: []string{"connection-closed", "http2-stream-error", "malformed-response"}, find: onlyOptions}},
})

var _ = register(&Cause{
	Slug: "preflight-timeout", Side: cause.Server,
	Title: "The server does not answer the preflight, and responds to other requests",
	When:  "The preflight gets no response in time, and the URL itself responds.",
	Why:   "Something before the server swallows OPTIONS, or the server waits for a body that a preflight does not have.",
	Fix:   "Answer OPTIONS before anything reads the body, and let firewalls pass it. The server's log shows whether the preflight arrives.",
	Example: &Scenario{
		Server: options(handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })), Request: put,
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{{rank: network, of: []string{"server-timeout"}, find: onlyOptions}},
})

var _ = register(&Cause{
	Slug: "dns-failure",
	rules: []rule{{rank: network, of: []string{"dns-failure"}, find: func(s *scene) *shown {
		if s.url.Host == "" || strings.Contains(s.url.Host, ".") {
			return nil
		}
		f := by().saying("the name " + s.url.Host + " has one label")
		f.confidence = finding.Certain
		f.fix = innerName
		return f
	}}, misspelledURL("dns-failure", www)},
})

// innerName is the fix for a name that only containers know.
const innerName = "Correct the host name. {host} has no dot, so it is probably the name of a container or of a machine in another network: use the name and port under which the browser's machine reaches it, such as localhost and the published port."

// misspelledURL finds that another spelling of the URL works where the server of
// this one cannot be reached, or does not answer.
func misspelledURL(slug string, kinds spelling) rule {
	return rule{rank: network, of: []string{slug}, find: func(s *scene) *shown {
		if r := s.otherSpelling(urlOf(s.v.Request.URL), kinds); r != nil {
			return by().callInstead(r, cause.Lookup(slug).Fix)
		}
		return nil
	}}
}

var (
	_ = register(&Cause{Slug: "connection-refused", rules: []rule{misspelledURL("connection-refused", scheme)}})
	_ = register(&Cause{Slug: "tls-name-mismatch", rules: []rule{misspelledURL("tls-name-mismatch", www)}})
	_ = register(&Cause{Slug: "redirect-loop", rules: []rule{misspelledURL("redirect-loop", anySpelling)}})
)
