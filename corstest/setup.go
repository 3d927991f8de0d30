package corstest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

const (
	// defaultServer is the origin at which handlers are served.
	defaultServer = "https://api.example.com"
	// limit bounds a request, with its preflight and redirects.
	limit = 30 * time.Second
)

// mistake says what is wrong with a call.
type mistake string

func (m mistake) Error() string { return string(m) }

// setup is a call: the request, its page, and the browsers.
type setup struct {
	page     string
	target   *url.URL
	server   string
	request  fetch.Request
	body     []byte
	cookies  []*http.Cookie
	profiles []fetch.Profile
	code     fetch.Code
	status   int
}

func newSetup(h http.Handler, page, request string, opts []Option) (*setup, error) {
	s := &setup{page: page, profiles: []fetch.Profile{fetch.Chromium}}
	method, target, err := splitRequest(request)
	if err != nil {
		return nil, err
	}
	s.request = fetch.Request{Method: method}
	for _, o := range opts {
		o(s)
	}
	switch l, isLive := h.(live); {
	case h == nil:
		return nil, mistake("the handler is nil; pass the one that you serve, or corstest.Live(\"http://127.0.0.1:8080\")")
	case isLive && s.server != "":
		return nil, mistake("corstest.Live and corstest.Server both say where the server is; drop one")
	case isLive:
		s.server = string(l)
	case s.server == "":
		s.server = defaultServer
	}
	if len(s.profiles) == 0 {
		return nil, mistake("corstest.Browsers has no arguments; name a browser, or drop it to use Chromium")
	}
	return s, s.resolve(target)
}

// splitRequest splits a request such as "PUT /items".
func splitRequest(request string) (method, target string, err error) {
	method, target, ok := strings.Cut(request, " ")
	switch {
	case strings.HasPrefix(request, "/"), !ok && strings.Contains(request, "://"):
		return "", "", mistake(fmt.Sprintf("request %q has no method; write %q", request, "GET "+request))
	case !ok && request != "":
		return "", "", mistake(fmt.Sprintf("request %q has no path; write %q", request, request+" /"))
	case method == "", target == "", strings.ContainsAny(target, " \t\r\n"):
		return "", "", mistake(fmt.Sprintf("request %q is malformed; write method, space, path, as in %q", request, "PUT /items"))
	case !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://"):
		return "", "", mistake(fmt.Sprintf("request %q has neither a path nor a URL; write %q", request, method+" /"+target))
	}
	return method, target, nil
}

// resolve checks that page and server have valid and different origins.
func (s *setup) resolve(target string) error {
	page, err := origin.Parse(s.page)
	if err != nil {
		return fmt.Errorf("origin of the page: %w", err)
	}
	server, err := origin.Parse(s.server)
	switch {
	case err != nil:
		return fmt.Errorf("origin of the server: %w", err)
	case server.Scheme() != "http" && server.Scheme() != "https":
		return mistake(fmt.Sprintf("origin of the server: %q: the scheme must be http or https", s.server))
	}
	if strings.HasPrefix(target, "/") {
		target = s.server + target
	}
	if s.target, err = url.Parse(target); err != nil {
		return err
	}
	to, err := origin.ParseURL(target)
	if err != nil {
		return fmt.Errorf("url of the request: %w", err)
	}
	if to.SameOrigin(page) {
		return mistake(fmt.Sprintf("page and server have the same origin, %s, so CORS does not apply; "+
			"use another page, or serve the handler elsewhere with corstest.Server", page))
	}
	s.request.URL = target
	return nil
}

// trial is a call in one browser.
type trial struct {
	*setup
	out *fetch.Outcome
	// panicked is what the handler panicked with, stack is where.
	panicked, stack string
	// hidden are the headers that script should be able to read but cannot.
	hidden []string
}

// try makes the request. The error is a mistake in the call.
func (s *setup) try(h http.Handler, p fetch.Profile) (*trial, error) {
	cfg := fetch.TransportConfig{Page: fetch.PageConfig{Origin: s.page}, Profile: p}
	var srv *server
	if _, isLive := h.(live); !isLive {
		srv = serve(h)
		defer srv.close()
		cfg.Base = srv
	}
	t, err := fetch.NewTransport(cfg)
	if err != nil {
		return nil, err
	}
	defer t.CloseIdleConnections()
	if err := t.SetCookies(s.target, s.cookies...); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	request := s.request
	x := &trial{setup: s, out: t.Fetch(ctx, &request, s.body)}
	if srv != nil {
		x.panicked, x.stack = srv.panic()
	}
	if e := x.out.Error; e != nil && errors.Is(e.Err, context.DeadlineExceeded) {
		e.Err = fmt.Errorf("the handler has not responded after %s", limit)
	}
	return x, nil
}
