package matrix

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
)

// running is a server that is looked at, before one policy.
type running struct {
	*trial
	t       *testing.T
	subject *subject
	url     string
	// stopApp ends the application behind a proxy; nil if there is none.
	stopApp func()

	mu sync.Mutex
	// doubled are headers that came more than once, with the request.
	doubled []string
}

// answer is what a server responds.
type answer struct {
	what   string // the request
	status int
	header http.Header
}

// ask sends a request with headers, in pairs; one that is "" is left out. A server
// that does not answer fails the test: nothing is known of it then.
func (s *running) ask(method, path string, headers ...string) *answer {
	a := &answer{what: method + " " + path, header: http.Header{}}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			req.Header.Set(headers[i], headers[i+1])
			a.what += fmt.Sprintf(", %s: %s", headers[i], headers[i+1])
		}
	}
	res, err := client.RoundTrip(req)
	if err != nil {
		s.t.Fatalf("%s: %v", a.what, err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	a.status, a.header = res.StatusCode, res.Header
	s.look(a)
	return a
}

var client = &http.Transport{ResponseHeaderTimeout: time.Minute, MaxIdleConnsPerHost: 4}

// look notes what is doubled in an answer.
func (s *running) look(a *answer) {
	for name, values := range a.header {
		single := name == "Access-Control-Allow-Origin" || name == "Access-Control-Allow-Credentials" || name == "Access-Control-Max-Age"
		if strings.HasPrefix(name, "Access-Control-") && (len(values) > 1 || single && strings.Contains(values[0], ",")) {
			s.mu.Lock()
			s.doubled = append(s.doubled, fmt.Sprintf("%s: %s: %q", a.what, name, values))
			s.mu.Unlock()
		}
	}
}

func (s *running) get(path, origin string) *answer {
	return s.ask(http.MethodGet, path, "Origin", origin)
}

func (s *running) preflight(path, origin, method, headers string) *answer {
	return s.ask(http.MethodOptions, path, "Origin", origin, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers)
}

// problems are what contradicts an invariant.
type problems []string

func (p *problems) add(a *answer, format string, args ...any) {
	*p = append(*p, a.what+": "+fmt.Sprintf(format, args...))
}

// readable checks that a page of an origin can read an answer.
func (s *running) readable(p *problems, a *answer, origin string) {
	want := origin
	if s.public() {
		want = "*"
	}
	if got := a.header.Values("Access-Control-Allow-Origin"); len(got) != 1 || got[0] != want {
		p.add(a, "%d, Access-Control-Allow-Origin: %q", a.status, got)
		return
	}
	credentials := a.header.Get("Access-Control-Allow-Credentials")
	if (credentials == "true") != s.policy.AllowCredentials {
		p.add(a, "Access-Control-Allow-Credentials: %q", credentials)
	}
}

// closed checks that an answer allows nobody.
func closed(p *problems, a *answer) {
	if got := a.header.Values("Access-Control-Allow-Origin"); len(got) > 0 {
		p.add(a, "Access-Control-Allow-Origin: %q", got)
	}
}

// varies checks that an answer says that it depends on Origin.
func varies(p *problems, a *answer) {
	if !contains(a.header.Values("Vary"), "Origin") {
		p.add(a, "%d, Vary: %q", a.status, a.header.Values("Vary"))
	}
}

// contains reports whether the lists of a header have a member, ignoring case.
func contains(values []string, member string) bool {
	for field := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if strings.EqualFold(strings.TrimSpace(field), member) {
			return true
		}
	}
	return false
}

// grants reports whether an answer to a preflight grants a method.
func grants(a *answer, p *cors.Policy, method string) bool {
	values := a.header.Values("Access-Control-Allow-Methods")
	safe := method == http.MethodGet || method == http.MethodHead || method == http.MethodPost
	return safe || contains(values, method) || !p.AllowCredentials && contains(values, "*")
}

// grantsHeaders reports whether an answer grants each of some headers.
func grantsHeaders(a *answer, p *cors.Policy, names string) bool {
	values := a.header.Values("Access-Control-Allow-Headers")
	if !p.AllowCredentials && contains(values, "*") {
		return true
	}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name != "" && !contains(values, name) {
			return false
		}
	}
	return true
}
