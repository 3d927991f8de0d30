package matrix

import (
	"net/http"
	"strings"
	"time"
)

// invariant is a column of the matrix.
type invariant struct {
	name, text string
	// broken returns what contradicts it.
	broken func(*running) problems
	// listed says that it means something only if not everybody is allowed,
	// proxies that it is about what is behind the server, and application that it
	// needs one that answers by itself.
	listed, proxies, application bool
}

// invariants are in the order in which they are looked at: doubled sees all
// answers before, and the last one stops the application.
var invariants = []invariant{
	{name: "allow", text: "pages of allowed origins can read answers, with exactly the headers of the policy", broken: allow},
	{name: "deny", text: "nobody else can: near-misses, null, no Origin, also errors and preflights", broken: deny, listed: true},
	{name: "forged", text: "nor can an Origin that no browser sends: with a path, a user, a comma, in upper case", broken: forged, listed: true},
	{name: "V+", text: "Vary: Origin in answers to allowed origins", broken: vary("/x", 0), listed: true},
	{name: "V-", text: "Vary: Origin in answers to other origins", broken: vary("/x", 1), listed: true},
	{name: "V0", text: "Vary: Origin in answers without one", broken: vary("/x", 2), listed: true},
	{name: "Vpf", text: "Vary: Origin in answers to preflights, also refused ones", broken: varyPreflights, listed: true},
	{name: "Verr", text: "Vary: Origin in errors, to allowed and other origins", broken: varyErrors, listed: true},
	{name: "pf", text: "preflights pass for every allowed method and header, also for paths without a route and behind authentication, with the max-age", broken: preflights},
	{name: "pfcurl", text: "a preflight written by hand passes: Access-Control-Request-Headers with capitals and blanks", broken: handWritten},
	{name: "meth", text: "a method that is not listed is not granted", broken: otherMethod},
	{name: "hdr", text: "a header that is not listed is not granted", broken: otherHeader},
	{name: "noleak", text: "a refused preflight does not say what would be allowed", broken: leaks, listed: true},
	{name: "opt", text: "an OPTIONS request that is not a preflight reaches the application, and is readable", broken: plainOptions, application: true},
	{name: "404", text: "a 404 is readable", broken: status(http.MethodGet, "/nowhere", 404)},
	{name: "500", text: "a 500 is readable", broken: status(http.MethodGet, "/500", 500), application: true},
	{name: "exc", text: "the answer to an error that nobody handles is readable; of a proxy, to an application that hangs up", broken: exception, application: true},
	{name: "401", text: "a 401 is readable", broken: status(http.MethodGet, "/401", 401), application: true},
	{name: "405", text: "a 405, or what the application answers for a method without a route, is readable", broken: status(http.MethodPost, "/200", 404, 405), application: true},
	{name: "ownACAO", text: "Access-Control-Allow-Origin: * of the application is replaced for allowed origins", broken: own, application: true},
	{name: "strip", text: "and removed for others", broken: strip, listed: true, application: true},
	{name: "Vkeep", text: "Vary of the application is kept", broken: varyKept, application: true},
	{name: "dup", text: "no header comes twice", broken: func(s *running) problems { return s.doubled }},
	{name: "502", text: "without an application, the error is readable, and preflights still pass", broken: gatewayError, proxies: true},
}

func allow(s *running) (p problems) {
	for _, o := range s.allowed {
		a := s.get("/x", o)
		s.readable(&p, a, o)
		if exposed := contains(a.header.Values("Access-Control-Expose-Headers"), "X-Total-Count"); exposed != (len(s.policy.ExposeHeaders) > 0) || a.status != 200 {
			p.add(a, "%d, Access-Control-Expose-Headers: %q", a.status, a.header.Values("Access-Control-Expose-Headers"))
		}
	}
	return p
}

func deny(s *running) (p problems) {
	for _, o := range append(s.refused, "") {
		closed(&p, s.get("/x", o))
		closed(&p, s.preflight("/x", o, "PUT", ""))
	}
	for _, path := range []string{"/nowhere", "/500"} {
		closed(&p, s.get(path, "https://evil.example"))
	}
	return p
}

func forged(s *running) (p problems) {
	for _, o := range s.forged {
		closed(&p, s.get("/x", o))
	}
	return p
}

// vary asks for a path with one of the kinds of origins: an allowed one, another
// one, or none.
func vary(path string, kind int) func(*running) problems {
	return func(s *running) (p problems) {
		varies(&p, s.get(path, []string{s.allowed[0], "https://evil.example", ""}[kind]))
		return p
	}
}

func varyPreflights(s *running) (p problems) {
	varies(&p, s.preflight("/x", s.allowed[0], "PUT", ""))
	varies(&p, s.preflight("/x", "https://evil.example", "PUT", ""))
	return p
}

func varyErrors(s *running) (p problems) {
	for _, path := range []string{"/nowhere", "/401", "/500", "/throw"} {
		for kind := range 2 {
			p = append(p, vary(path, kind)(s)...)
		}
	}
	return p
}

func preflights(s *running) (p problems) {
	methods := append([]string{"GET", "POST"}, s.policy.AllowMethods...)
	for _, o := range s.allowed {
		for _, method := range methods {
			s.passes(&p, "/x", o, method, strings.ToLower(strings.Join(s.policy.AllowHeaders, ",")))
		}
	}
	for _, path := range []string{"/nowhere", "/401", "/500", "/own"} {
		s.passes(&p, path, s.allowed[0], methods[len(methods)-1], "")
	}
	a := s.preflight("/x", s.allowed[0], methods[len(methods)-1], "")
	want := ""
	if age, set := s.policy.MaxAge.Duration(); set {
		want = age.Round(time.Second).String()
	}
	if got := a.header.Get("Access-Control-Max-Age"); !sameAge(got, want) {
		p.add(a, "Access-Control-Max-Age: %q, want %q", got, want)
	}
	return p
}

// sameAge reports whether seconds are a duration; what browsers do without the
// header is the same as 5.
func sameAge(seconds, want string) bool {
	if want == "" {
		return seconds == "" || seconds == "5"
	}
	got, err := time.ParseDuration(seconds + "s")
	return err == nil && got.Round(time.Second).String() == want
}

// passes checks that a browser goes on after a preflight.
func (s *running) passes(p *problems, path, origin, method, headers string) {
	a := s.preflight(path, origin, method, headers)
	s.readable(p, a, origin)
	if a.status < 200 || a.status > 299 || !grants(a, s.policy, method) || !grantsHeaders(a, s.policy, headers) {
		p.add(a, "%d, Access-Control-Allow-Methods: %q, -Headers: %q", a.status, a.header.Values("Access-Control-Allow-Methods"), a.header.Values("Access-Control-Allow-Headers"))
	}
}

func handWritten(s *running) (p problems) {
	s.passes(&p, "/x", s.allowed[0], "GET", s.wide)
	return p
}

func otherMethod(s *running) (p problems) {
	a := s.preflight("/x", s.allowed[0], "PATCH", "")
	if len(a.header.Values("Access-Control-Allow-Origin")) > 0 && grants(a, s.policy, "PATCH") {
		p.add(a, "Access-Control-Allow-Methods: %q", a.header.Values("Access-Control-Allow-Methods"))
	}
	return p
}

func otherHeader(s *running) (p problems) {
	a := s.preflight("/x", s.allowed[0], "GET", "x-evil")
	if len(a.header.Values("Access-Control-Allow-Origin")) > 0 && grantsHeaders(a, s.policy, "x-evil") {
		p.add(a, "Access-Control-Allow-Headers: %q", a.header.Values("Access-Control-Allow-Headers"))
	}
	return p
}

func leaks(s *running) (p problems) {
	a := s.preflight("/x", "https://evil.example", "PUT", "content-type")
	for name, values := range a.header {
		if strings.HasPrefix(name, "Access-Control-") {
			p.add(a, "%s: %q", name, values)
		}
	}
	return p
}

func plainOptions(s *running) (p problems) {
	a := s.ask(http.MethodOptions, "/x", "Origin", s.allowed[0])
	if a.header.Get("X-Total-Count") == "" {
		p.add(a, "%d, not from the application", a.status)
	}
	s.readable(&p, a, s.allowed[0])
	return p
}

// status checks that an answer with one of some statuses is readable.
func status(method, path string, want ...int) func(*running) problems {
	return func(s *running) (p problems) {
		for _, o := range s.allowed {
			a := s.ask(method, path, "Origin", o)
			s.readable(&p, a, o)
			if a.status != want[0] && a.status != want[len(want)-1] {
				p.add(a, "status %d, want %d", a.status, want)
			}
		}
		return p
	}
}

func exception(s *running) (p problems) {
	a := s.get("/throw", s.allowed[0])
	s.readable(&p, a, s.allowed[0])
	if a.status < 500 {
		p.add(a, "status %d", a.status)
	}
	return p
}

func own(s *running) (p problems) {
	a := s.get("/own", s.allowed[0])
	s.readable(&p, a, s.allowed[0])
	if a.status != 200 {
		p.add(a, "status %d", a.status)
	}
	return p
}

func strip(s *running) (p problems) {
	closed(&p, s.get("/own", "https://evil.example"))
	return p
}

func varyKept(s *running) (p problems) {
	a := s.get("/own", s.allowed[0])
	if got := a.header.Values("Vary"); !contains(got, "Accept-Language") || !contains(got, "Origin") && !s.public() {
		p.add(a, "Vary: %q", got)
	}
	return p
}

func gatewayError(s *running) (p problems) {
	s.stopApp()
	a := s.get("/x?down", s.allowed[0]) // which is in no cache
	s.readable(&p, a, s.allowed[0])
	if a.status < 500 {
		p.add(a, "status %d", a.status)
	}
	s.passes(&p, "/x", s.allowed[0], "GET", "")
	return p
}
