package corstest

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

// Option changes the request, the browser, or what is expected.
type Option func(*setup)

// Header sets a request header, as script would.
func Header(name, value string) Option {
	return func(s *setup) { s.request.Headers = append(s.request.Headers, fetch.Header{Name: name, Value: value}) }
}

// Body sets a request body of that type. With an empty type, script passes
// bytes, which set no Content-Type.
func Body(contentType, body string) Option {
	return func(s *setup) {
		s.request.Body, s.body = &fetch.Body{Kind: fetch.BodyBytes}, []byte(body)
		if contentType != "" {
			Header("Content-Type", contentType)(s)
		}
	}
}

// JSON sets a body of type application/json, which needs a preflight.
func JSON(body string) Option { return Body("application/json", body) }

// WithCredentials sets credentials mode "include": cookies are sent.
func WithCredentials() Option {
	return func(s *setup) { s.request.Credentials = fetch.CredentialsInclude }
}

// Cookie gives the browser a cookie for the server that is also sent from other
// sites: one with SameSite=None, Secure and Path=/. The browser sends it only
// where it would send cookies; most requests need [WithCredentials].
func Cookie(name, value string) Option {
	return func(s *setup) {
		c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode} //nolint:gosec // SameSite=None is what a cookie for other sites has
		s.cookies = append(s.cookies, c)
	}
}

// Mode sets the mode of the request. The default is "cors".
func Mode(m fetch.Mode) Option { return func(s *setup) { s.request.Mode = m } }

// Redirect sets the redirect mode of the request. The default is "follow".
func Redirect(r string) Option { return func(s *setup) { s.request.Redirect = r } }

// Request changes the request in ways that have no option of their own, such as
// its destination.
func Request(change func(*fetch.Request)) Option { return func(s *setup) { change(&s.request) } }

// Browsers sets the browsers in which the request is made, one after the other.
// The default is Chromium.
func Browsers(profiles ...fetch.Profile) Option {
	return func(s *setup) { s.profiles = profiles }
}

// Server sets the origin at which the handler is served, as the browser sees
// it. The default is "https://api.example.com".
func Server(origin string) Option { return func(s *setup) { s.server = origin } }

// Code sets the error that [Refuses] expects, such as
// [fetch.CodePreflightMissingAllowOriginHeader].
func Code(c fetch.Code) Option { return func(s *setup) { s.code = c } }

// Status sets the status that [Allows] expects.
func Status(status int) Option { return func(s *setup) { s.status = status } }

// live is the origin of a server that runs elsewhere.
type live string

// Live takes the place of a handler, for a server that runs at that origin,
// such as "http://127.0.0.1:8080". Requests go there over the network. Only the
// functions of this package can use it; it does not serve anything.
func Live(origin string) http.Handler { return live(origin) }

// ServeHTTP responds with status 501: a live server is not served here.
func (l live) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "corstest.Live serves nothing; pass it to the functions of package corstest", http.StatusNotImplemented)
}
