package gateway

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/cors"
)

// treatment is what routes have to have in common, besides their policy, if a path may
// lead to either of them.
type treatment struct {
	mode    config.Mode
	trial   *cors.Middleware
	rollout int
}

const allowOrigin = "Access-Control-Allow-Origin"

// response changes the header of a response of the upstream, or returns what answers
// instead. In the mode own, the policy's headers are set afterwards.
func (rt *route) response(in *forward.Incoming, status int, h http.Header) http.Handler {
	delete(h, debugHeader) // that of a gateway behind this one is for this one
	if rt.rewrites && rewrite.NeedsScope(h) {
		rt.scope(in, h)
	}
	if status < http.StatusOK && status != http.StatusSwitchingProtocols {
		return nil
	}
	r := in.Request()
	rt.vary(h)
	rt.seen(r, h)
	switch rt.treatment.mode {
	case config.ModeFill:
		return rt.fill(in, status, h)
	case config.ModePassthrough:
		rt.watch(in, status, h)
	}
	return nil
}

// vary lets a response say that it is for one origin, if some origins get the trial, even
// if both policies alone are the same for all.
func (rt *route) vary(h http.Header) {
	if rt.trial != nil && rt.trial.isPartial() && !varies(h) {
		h["Vary"] = append(h["Vary"], "Origin")
	}
}

// varying is vary for the answers of a handler.
func (rt *route) varying(answer http.Handler) http.Handler {
	if rt.trial == nil || !rt.trial.isPartial() {
		return answer
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rt.vary(w.Header())
		answer.ServeHTTP(w, r)
	})
}

// varies reports whether a response says that it is for one origin.
func varies(h http.Header) bool {
	for _, line := range h["Vary"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); name == "*" || strings.EqualFold(name, "Origin") {
				return true
			}
		}
	}
	return false
}

// fill sets those headers of the policy that the upstream has not set. It has set those
// of CORS if there is any Access-Control-Allow-Origin; a preflight it has answered only
// if browsers accept the status besides. Otherwise the policy answers the preflight.
func (rt *route) fill(in *forward.Incoming, status int, h http.Header) http.Handler {
	r := in.Request()
	a := rt.announcedTo(r)
	set := len(h[allowOrigin]) > 0
	if isPreflight(r) && !(set && isOK(status)) {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { a.preflights.ServeHTTP(w, r) })
	}
	if !set {
		rt.decided(a, in, r, a.policy.Decide(r))
		for name := range h {
			if isAccessControl(name) {
				delete(h, name)
			}
		}
	}
	own := http.Header{}
	if vary := h["Vary"]; len(vary) > 0 {
		own["Vary"] = vary
	}
	actual := *r
	actual.Method = http.MethodGet // of a preflight that the upstream has answered, only Vary matters
	a.headers.ServeHTTP(headerOnly(own), &actual)
	for name, lines := range own {
		if name == "Vary" || h[name] == nil && !(set && isAccessControl(name)) {
			h[name] = lines
		}
	}
	return nil
}

// isOK reports whether browsers accept a status as that of the response to a preflight
// (https://fetch.spec.whatwg.org/#ok-status).
func isOK(status int) bool { return status >= 200 && status <= 299 }

func isAccessControl(name string) bool { return hasPrefixFold(name, "Access-Control-") }

// headerOnly takes the header of a response, and nothing else.
type headerOnly http.Header

// Header implements [http.ResponseWriter].
func (h headerOnly) Header() http.Header { return http.Header(h) }

// WriteHeader implements [http.ResponseWriter].
func (headerOnly) WriteHeader(int) {}

// Write implements [http.ResponseWriter].
func (headerOnly) Write(p []byte) (int, error) { return len(p), nil }

// watched is what of a policy is compared with the headers of an upstream, besides its
// decisions.
type watched struct {
	credentials bool
	exposed     []string // in lower case, sorted
	*comparison
}

func newWatched(policy *cors.Middleware, c *comparison) *watched {
	p := policy.Policy()
	return &watched{p.AllowCredentials, slices.DeleteFunc(p.ExposeHeaders, config.IsAlwaysReadable), c}
}

// watch compares the answer of an upstream, which handles CORS, with the policy.
func (rt *route) watch(in *forward.Incoming, status int, h http.Header) {
	r := in.Request()
	d := rt.main.policy.Decide(r)
	observe(in, d)
	trace(rt.tracer, r, d)
	rt.main.tally.decision(d)
	if d.Kind == cors.NonCORS || !isCORS(r) {
		return
	}
	allowed := upstreamAllows(r, status, h)
	o := outcomeOf(allowed, d.Allowed, rt.watched.differs(d.Kind, h))
	rt.watched.count(d.Kind, o)
	switch o {
	case trialRefuses:
		rt.main.refusal.write(r, d, rt.main.policy, "the policy on trial refuses what the upstream allows")
	case trialAllows:
		rt.main.refusal.write(r, d, rt.main.policy, "the policy on trial allows what the upstream refuses")
	}
}

// upstreamAllows reports whether a browser lets the page have a response, or make the
// request that a preflight is for
// (https://fetch.spec.whatwg.org/#http-cors-protocol-and-credentials).
func upstreamAllows(r *http.Request, status int, h http.Header) bool {
	origin := strings.Join(h[allowOrigin], ", ")
	credentials := h.Get("Access-Control-Allow-Credentials") == "true"
	sends := len(r.Header["Cookie"]) > 0
	switch {
	case origin == "*" && sends, sends && !credentials, origin != "*" && origin != r.Header.Get("Origin"):
		return false
	case !isPreflight(r):
		return true
	case !isOK(status):
		return false
	}
	method := r.Header.Get("Access-Control-Request-Method")
	methods, headers := listOf(h["Access-Control-Allow-Methods"]), listOf(h["Access-Control-Allow-Headers"])
	if !isSimple(method) && !slices.Contains(methods, method) && !hasStar(methods, credentials) {
		return false
	}
	for _, name := range listOf(r.Header["Access-Control-Request-Headers"]) {
		is := func(other string) bool { return strings.EqualFold(name, other) }
		if !slices.ContainsFunc(headers, is) && (!hasStar(headers, credentials) || strings.EqualFold(name, "Authorization")) {
			return false
		}
	}
	return true
}

// isSimple reports whether browsers need no permission for a method.
func isSimple(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodPost
}

// hasStar reports whether a list has the wildcard, which is one only without
// credentials.
func hasStar(list []string, credentials bool) bool { return !credentials && slices.Contains(list, "*") }

// maxList bounds how much of a list is looked at.
const maxList = 256

// listOf returns the elements of a header that is a list.
func listOf(lines []string) (list []string) {
	for _, line := range lines {
		for e := range strings.SplitSeq(line, ",") {
			if e = strings.Trim(e, " \t"); e != "" && len(list) < maxList {
				list = append(list, e)
			}
		}
	}
	return list
}

// differs reports whether the policy would let pages do other things than an upstream
// whose response it allows as well: with credentials, or read other headers.
func (w *watched) differs(kind cors.Kind, h http.Header) bool {
	if w.credentials != (h.Get("Access-Control-Allow-Credentials") == "true") {
		return true
	}
	if kind == cors.Preflight {
		return false
	}
	theirs := listOf(h["Access-Control-Expose-Headers"])
	for i, name := range theirs {
		theirs[i] = strings.ToLower(name)
	}
	theirs = slices.DeleteFunc(theirs, config.IsAlwaysReadable)
	slices.Sort(theirs)
	return !slices.Equal(slices.Compact(theirs), w.exposed)
}
