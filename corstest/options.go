package corstest

import (
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
)

// Option changes the request, the browser, or what is expected.
type Option func(*setup)

// Header is a header that script sets.
func Header(name, value string) Option {
	return func(s *setup) { s.request.Headers = append(s.request.Headers, fetch.Header{Name: name, Value: value}) }
}

// Body is a request body of that type; with an empty type, script gives bytes, which bring none.
func Body(contentType, body string) Option {
	return func(s *setup) {
		s.request.Body, s.body = &fetch.Body{Kind: fetch.BodyBytes}, []byte(body)
		if contentType != "" {
			Header("Content-Type", contentType)(s)
		}
	}
}

// JSON is a body of type application/json, which needs a preflight.
func JSON(body string) Option { return Body("application/json", body) }

// WithCredentials is credentials mode "include": with cookies.
func WithCredentials() Option {
	return func(s *setup) { s.request.Credentials = fetch.CredentialsInclude }
}

// Cookie is a cookie that the browser has for the server, with SameSite=None, Secure and Path=/: one
// that goes to other sites. It is sent where the browser would send it, so for most requests only
// [WithCredentials].
func Cookie(name, value string) Option {
	return func(s *setup) {
		c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode} //nolint:gosec // SameSite=None is what a cookie for other sites has
		s.cookies = append(s.cookies, c)
	}
}

// Mode is the mode of the request; without it, "cors".
func Mode(m fetch.Mode) Option { return func(s *setup) { s.request.Mode = m } }

// Redirect is the redirect mode of the request; without it, "follow".
func Redirect(r string) Option { return func(s *setup) { s.request.Redirect = r } }

// Request changes the request in ways that have no option of their own, such as its destination.
func Request(change func(*fetch.Request)) Option { return func(s *setup) { change(&s.request) } }

// Browsers are those that the request is made in, one after the other; without it, Chromium.
func Browsers(profiles ...fetch.Profile) Option {
	return func(s *setup) { s.profiles = profiles }
}

// Server is the origin that the handler is served at, as the browser sees it; without it,
// "https://api.example.com".
func Server(origin string) Option { return func(s *setup) { s.server = origin } }

// Code is the error that [Refuses] expects, such as [fetch.CodePreflightMissingAllowOriginHeader].
func Code(c fetch.Code) Option { return func(s *setup) { s.code = c } }

// Status is the status that [Allows] expects.
func Status(status int) Option { return func(s *setup) { s.status = status } }

// live is a server that runs somewhere else.
type live string

// Live stands in the place of a handler for a server that runs at that origin, such as
// "http://127.0.0.1:8080": the requests go there, over the network. It is no handler for anything
// but this package.
func Live(origin string) http.Handler { return live(origin) }

// ServeHTTP says that a live server is not served.
func (l live) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "corstest.Live is for the functions of package corstest", http.StatusNotImplemented)
}
