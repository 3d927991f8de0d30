package devproxy

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/hostguard"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/upstream"
	"github.com/corsac-dev/corsac/cors"
)

// failure is an answer of the proxy itself.
type failure struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Error  string `json:"error"`
	Fix    string `json:"fix"`
	// Lines are what to type, one of them.
	Lines []string `json:"lines,omitempty"`

	// waits says that the page should ask again until there is another answer.
	waits bool
}

func foreignHost(host string) failure {
	name, err := hostguard.HostOf(host)
	if err != nil {
		return failure{
			Status: http.StatusBadRequest, Code: "host-malformed", Error: "the request has no valid Host",
			Fix: "send one, such as localhost:3000",
		}
	}
	name = strings.Trim(name, "[]")
	return failure{
		Status: http.StatusForbidden, Code: "host-not-allowed",
		Error: fmt.Sprintf("corsac dev is not to be reached as %s: any website could let a name of its own lead to this machine", name),
		Fix:   "if the name is yours, allow it, on the command line or in corsac.yaml",
		Lines: []string{"--allow-host " + name, fmt.Sprintf("dev: {allow_hosts: [%q]}", name)},
	}
}

func foreignPage(r *http.Request, path string) failure {
	from := r.Header.Get("Origin")
	switch {
	case from == "null":
		from = "a page without an origin"
	case from == "":
		from = "a page of another site"
	}
	what := r.Method
	if r.Header.Get("Upgrade") != "" {
		what = "WebSocket"
	}
	return failure{
		Status: http.StatusForbidden, Code: "foreign-page",
		Error: fmt.Sprintf("%s sends a %s to %s, where only pages of %s may: with its users' cookies it could change something", from, what, path, originOf(r)),
		Fix: "if that page is yours, let it use the mode add, and name its address with --web; " +
			"if it is a sign-in service that comes back, give its path a route with mode: observe",
	}
}

func notForwarded() failure {
	return failure{
		Status: http.StatusNotImplemented, Code: "method-not-supported", Error: "corsac dev does not forward CONNECT and TRACE", Fix: "send another method",
	}
}

func ambiguousPath() failure {
	return failure{
		Status: http.StatusBadRequest, Code: "ambiguous-path", Error: "servers may read this path as that of another route, with another mode or policy",
		Fix: `write it without "..", "//", "\", ";" and needless percent-encoding`,
	}
}

func onlyTLS(target string) failure {
	return failure{
		Status: http.StatusTemporaryRedirect, Code: "https-only", Error: "corsac dev serves https on this port, and this request came over http",
		Fix: "use this address", Lines: []string{target},
	}
}

// noRoute says which routes there are.
func (c *call) noRoute(path string) failure {
	var paths []string
	for _, r := range c.Routes {
		paths = append(paths, r.Host+r.Path)
	}
	f := failure{
		Status: http.StatusNotFound, Code: "no-route",
		Error: fmt.Sprintf("no route takes %s; the routes are %s", path, strings.Join(paths, ", ")),
		Fix:   "correct the path, or add a route",
	}
	if c.Web == nil {
		f.Lines = []string{"--web http://localhost:5173", "--api " + firstSegment(path) + "=http://localhost:8080"}
	}
	return f
}

// firstSegment returns the first segment of a path, with its slash.
func firstSegment(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return "/" + first
}

func loop(upstream string) failure {
	return failure{
		Status: http.StatusLoopDetected, Code: "loop", Error: fmt.Sprintf("%s leads back to corsac dev", upstream),
		Fix: "correct the address of the server, or its port",
	}
}

func notAServer(upstream string, err error) failure {
	return failure{
		Status: http.StatusBadGateway, Code: "upstream-invalid", Error: fmt.Sprintf("%s is not a server: %v", upstream, err), Fix: "correct the upstream of the route",
	}
}

func notRecorded(method, target string, recorded []string) failure {
	f := failure{
		Status: http.StatusNotFound, Code: "not-recorded", Error: fmt.Sprintf("the recording has no response to %s %s", method, target),
		Fix: "record it with --har, or leave out --replay",
	}
	if len(recorded) > 0 {
		f.Error += "; it has " + strings.Join(recorded, ", ")
	}
	return f
}

// codeOnPurpose is the code of what nobody has to fix.
const codeOnPurpose = "on-purpose"

func onPurpose(status int) failure {
	return failure{
		Status: status, Code: codeOnPurpose, Error: fmt.Sprintf("corsac dev sends this status on purpose: %d %s", status, http.StatusText(status)),
		Fix: "leave out --fail, or clear the fault in the inspector",
	}
}

func malformed(status int) failure {
	f := failure{
		Status: status, Code: "malformed-request", Error: "the request is not valid HTTP: " + http.StatusText(status), Fix: "see RFC 9112",
	}
	switch status {
	case http.StatusBadRequest:
		f.Fix = `write "%25" for a percent sign in a path, and send one Host header`
	case http.StatusRequestHeaderFieldsTooLarge:
		f.Fix = "send smaller headers; most likely the cookies of localhost are too large: every server on it gets them all"
	}
	return f
}

// unanswered returns the answer to a request that the server did not answer.
func unanswered(ctx context.Context, s *server, err error) failure {
	switch {
	case errors.Is(err, forward.ErrClientStalled):
		return failure{Status: http.StatusRequestTimeout, Code: "body-timeout", Error: "the rest of the request body did not arrive in time", Fix: "send it without long pauses"}
	case errors.Is(err, forward.ErrClientBody):
		return failure{Status: http.StatusBadRequest, Code: "malformed-body", Error: "the body of the request is not valid HTTP", Fix: "see RFC 9112, section 7.1"}
	case errors.Is(err, upstream.ErrRequest):
		return failure{
			Status: http.StatusBadRequest, Code: "malformed-request",
			Error: "the request cannot be forwarded, because a server might read another one in it", Fix: "see RFC 9112",
		}
	}
	reason := localnet.Explain(ctx, s.address, err)
	return failure{Status: http.StatusBadGateway, Code: "upstream-unreachable", Error: reason.Why, Fix: reason.Fix, waits: true}
}

// fail answers a request that the server did not answer.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	c := forward.IncomingOf(w).Owner.(*call)
	c.respondWith(w, r, unanswered(r.Context(), c.server, err))
}

// note records why the proxy answers.
func (f *failure) note(w http.ResponseWriter) {
	fix := f.Fix
	if len(f.Lines) > 0 {
		fix += ": " + strings.Join(f.Lines, ", or ")
	}
	record.Note(w, record.Proxied{Failure: f.Error, Fix: fix})
}

// refuse answers a request that has no route, so that the page can read the answer.
func (c *call) refuse(w http.ResponseWriter, r *http.Request, f failure) {
	f.note(w)
	c.readable(f).ServeHTTP(w, r)
}

// respondWith answers a request of a route, so that the page can read the answer. The
// policy of the route, if it has one, is around w already; in the mode enforce, it need
// not allow the page.
func (c *call) respondWith(w http.ResponseWriter, r *http.Request, f failure) {
	if f.Code != codeOnPurpose {
		f.note(w)
	}
	switch {
	case c.mode() == devroute.Enforce && c.page != nil && r.Header.Get("Origin") == c.pageOrigin:
		c.readable(f).ServeHTTP(c.in, r)
	case c.isObserved() || c.route.policy != nil:
		f.ServeHTTP(w, r)
	default:
		c.readable(f).ServeHTTP(w, r)
	}
}

// readable returns a failure that the page can read, on its own origin too.
func (c *call) readable(f failure) http.Handler {
	if c.page == nil || c.isObserved() {
		return f
	}
	return c.page.WrapWith(f, cors.WrapOptions{Override: true})
}

//go:embed failure.html
var failurePage string

var failureTemplate = template.Must(template.New("failure").Parse(failurePage))

// ServeHTTP writes the failure, as a page to those who ask for one and as JSON to
// others.
func (f failure) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Corsac-Error", f.Code)
	var body bytes.Buffer
	if wantsPage(r) {
		h.Set("Content-Type", "text/html; charset=utf-8")
		nonce := rand.Text()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; script-src 'nonce-"+nonce+"'; connect-src 'self'; base-uri 'none'; form-action 'none'")
		err := failureTemplate.Execute(&body, map[string]any{
			"Failure": f, "Nonce": nonce, "Text": http.StatusText(f.Status), "Waits": f.waits && r.Method == http.MethodGet,
		})
		if err != nil {
			panic(err) // the template is part of the program
		}
	} else {
		h.Set("Content-Type", "application/json")
		if err := json.NewEncoder(&body).Encode(f); err != nil {
			panic(err) // strings and a number can always be encoded
		}
	}
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(f.Status)
	_, _ = w.Write(body.Bytes()) // fails only if the client has left
}

// wantsPage reports whether a browser shows the answer to people.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("Sec-Fetch-Dest") != "empty"
}

// maskedLine returns the value of a header without its secrets.
func maskedLine(name, value string) string {
	if value == "" {
		return ""
	}
	return mask.Header(name, value, nil)
}
