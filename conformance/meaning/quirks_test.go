package meaning_test

import (
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/conformance/meaning"
)

// quirk is something odd around a middleware or in the handler: a proxy that
// changes messages, an application that misbehaves.
type quirk struct {
	name string
	// app, if not nil, wraps the application inside the middleware; outer wraps
	// the middleware.
	app, outer func(next http.Handler) http.Handler
	// debug switches on the middleware's debug mode.
	debug bool
	// readable predicts whether script reads the response; nil means what the
	// policy says.
	readable func(s sight) bool
	// hidden predicts that only safelisted headers are exposed; nil means what
	// the policy says.
	hidden func(s sight) bool
	// elsewhere says that the application redirects to another origin with the
	// same policy.
	elsewhere bool
}

// sight is what a prediction may use.
type sight struct {
	meaning.Facts

	policy   *meaning.Policy
	request  *meaning.Request
	chromium bool
}

const acao = "Access-Control-Allow-Origin"

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// edit makes a proxy change the head of a response just before it is sent.
func edit(change func(h http.Header, status int, r *http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			e := &editor{ResponseWriter: w, change: func(status int) { change(w.Header(), status, r) }}
			next.ServeHTTP(e, r)
			e.WriteHeader(http.StatusOK)
		})
	}
}

type editor struct {
	http.ResponseWriter

	change func(int)
	done   bool
}

func (e *editor) WriteHeader(status int) {
	if e.done {
		return
	}
	e.done = true
	e.change(status)
	e.ResponseWriter.WriteHeader(status)
}

func (e *editor) Write(b []byte) (int, error) {
	e.WriteHeader(http.StatusOK)
	return e.ResponseWriter.Write(b)
}

// request makes a proxy change a request before the middleware sees it.
func request(change func(h http.Header)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r.Header)
			next.ServeHTTP(w, r)
		})
	}
}

// status makes the application respond with a status.
func status(code int) func(http.Handler) http.Handler {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
}

// answers makes a proxy respond by itself to the requests for which when
// returns true.
func answers(code int, when func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if when(r) {
				w.WriteHeader(code)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// redirects makes the application redirect every request for /0.
func redirects(code int, to string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/0" {
				w.Header().Set("Location", to)
				w.WriteHeader(code)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// recovers is the usual layer that turns panics into status 500.
func recovers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// never predicts that pages of other origins read nothing.
func never(s sight) bool { return s.SameOrigin && !s.Throws }

// onlySimple predicts that only requests without a preflight succeed, if the
// policy allows them.
func onlySimple(s sight) bool {
	if s.Preflighted {
		return never(s)
	}
	return s.Allowed()
}

// quirks lists those that a policy must survive, and those that break it in the
// predicted way.
var quirks = func() []quirk {
	list := []quirk{
		{name: "none"},
		{name: "debug mode", debug: true},
		{name: "panic, recovered outside", outer: recovers, app: func(http.Handler) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("on purpose") })
		}},
		{name: "mux that knows no OPTIONS", app: func(next http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("GET /0", next)
			mux.Handle("PUT /{path}", next)
			return mux
		}},
		{name: "application varies", app: edit(func(h http.Header, _ int, _ *http.Request) { h.Add("Vary", "Accept-Encoding, *") })},
		{name: "proxy varies", outer: edit(func(h http.Header, _ int, _ *http.Request) { h["Vary"] = []string{"Cookie", "origin"} })},
		{name: "proxy rewrites what is asked for", outer: request(reshape)},
		{name: "proxy writes names in lower case", outer: edit(lowerNames)},
		{name: "https redirect in front", outer: redirects(308, "/1"), readable: never},
	}
	for _, code := range []int{201, 204, 206, 304, 400, 401, 403, 404, 405, 418, 429, 500, 503} {
		list = append(list, quirk{name: "status " + strconv.Itoa(code), app: status(code)})
	}
	for _, code := range []int{301, 302, 303, 307, 308} {
		list = append(list, quirk{name: "redirect within, " + strconv.Itoa(code), app: redirects(code, "/1")})
	}
	for _, code := range []int{307, 308} {
		list = append(list, quirk{
			name: "redirect elsewhere, " + strconv.Itoa(code), app: redirects(code, elsewhere+"/1"), elsewhere: true,
			readable: afterRedirect,
		})
	}
	return append(list, breaking...)
}()

// afterRedirect predicts the redirect to the other origin: from a page of the
// server's own origin, the request has the page's origin and no Authorization;
// from any other page, it has the origin null.
func afterRedirect(s sight) bool {
	if !s.SameOrigin {
		return s.Allowed() && s.NullOrigin
	}
	q := *s.request
	q.Server = elsewhere
	q.Headers = nil
	for _, h := range s.request.Headers {
		if !strings.EqualFold(h.Name, "Authorization") {
			q.Headers = append(q.Headers, h)
		}
	}
	return meaning.FactsOf(s.policy, &q, s.chromium).Allowed()
}

var breaking = []quirk{
	{name: "proxy doubles " + acao, readable: never, outer: edit(func(h http.Header, _ int, _ *http.Request) {
		if v := h[acao]; len(v) > 0 {
			h[acao] = append(v, v...)
		}
	})},
	{name: "proxy doubles it on preflights", readable: onlySimple, outer: edit(func(h http.Header, _ int, r *http.Request) {
		if v := h[acao]; len(v) > 0 && isPreflight(r) {
			h[acao] = append(v, "*")
		}
	})},
	{name: "proxy strips headers of errors", readable: never, app: status(404), outer: edit(func(h http.Header, code int, _ *http.Request) {
		if code >= 400 {
			clear(h)
		}
	})},
	{name: "proxy strips what is exposed", hidden: func(sight) bool { return true }, outer: edit(func(h http.Header, _ int, _ *http.Request) {
		h.Del("Access-Control-Expose-Headers")
	})},
	{
		name:   "proxy says * to everybody",
		outer:  edit(func(h http.Header, _ int, _ *http.Request) { h[acao] = []string{"*"} }),
		hidden: func(s sight) bool { return !s.Origin },
		readable: func(s sight) bool {
			asked := !s.Preflighted || s.Origin && s.Method && s.Headers
			return !s.Throws && (s.SameOrigin || !s.Includes && asked)
		},
	},
	{
		name:     "authentication in front",
		outer:    answers(401, func(r *http.Request) bool { return r.Header.Get("Cookie") == "" }),
		readable: func(s sight) bool { return onlySimple(s) && (s.SameOrigin || s.Includes) },
	},
	{name: "server refuses OPTIONS", readable: onlySimple, outer: answers(405, isPreflight)},
	{
		name:  "proxy drops Origin",
		outer: request(func(h http.Header) { h.Del("Origin") }),
		readable: func(s sight) bool {
			if !s.SameOrigin && (len(s.policy.AllowOrigins) == 0 || s.policy.AllowOrigins[0] != "*") {
				return false
			}
			return onlySimple(s)
		},
	},
	{name: "proxy drops what is asked for", outer: request(func(h http.Header) {
		h.Del("Access-Control-Request-Headers")
	}), readable: readableUnasked},
}

// readableUnasked predicts responses to preflights that lost
// Access-Control-Request-Headers. A policy that allows headers by echoing them
// has nothing to echo. Other policies list all headers, but the middleware does
// not see that Authorization is asked for, which "*" does not cover: the
// browser must then refuse it, and Chromium does not.
func readableUnasked(s sight) bool {
	star := s.policy.AllowsHeader("X-Any-Header-At-All")
	switch {
	case s.SameOrigin, !s.AsksHeaders:
		return s.Allowed()
	case star && s.policy.AllowCredentials:
		return false
	}
	f := s.Facts
	f.Headers = f.Headers || star && s.chromium
	return f.Allowed()
}

// reshape writes the names that a preflight asks for as odd proxies may: in
// another case or order, with blanks, on several lines.
func reshape(h http.Header) {
	const key = "Access-Control-Request-Headers"
	if len(h[key]) == 0 {
		return
	}
	names := strings.Split(h[key][0], ",")
	var lines []string
	for i := range names {
		name := names[len(names)-1-i]
		if i%2 == 0 {
			name = textproto.CanonicalMIMEHeaderKey(name)
		}
		lines = append(lines, " \t"+name+" , ")
	}
	h[key] = lines
}

func lowerNames(h http.Header, _ int, _ *http.Request) {
	for name, v := range h {
		delete(h, name)
		h[strings.ToLower(name)] = v
	}
}
