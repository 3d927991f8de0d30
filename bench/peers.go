package main

import (
	"net/http"
	"strings"
	"time"

	chi "github.com/go-chi/cors"
	"github.com/gorilla/handlers"
	jub0bs "github.com/jub0bs/cors"
	rs "github.com/rs/cors"

	"github.com/corsac-dev/corsac/cors"
)

// peer is a library to measure.
type peer struct {
	name   string
	module string
	// open configures the library with a policy and wraps an application that
	// only calls next.
	open func(p policy, next func()) (server, error)
	// fast says that the library is for fasthttp, which makes no header map.
	fast bool
}

// server is a configured library.
type server interface {
	// prepare sets the requests of the following runs, and whether each
	// response gets its own header map.
	prepare(requests []*http.Request, fresh bool)
	// run sends n requests.
	run(n int)
	// answer sends one request and returns the response.
	answer(r *http.Request) answer
}

// answer is the head of a response.
type answer struct {
	status int
	header http.Header
}

// The libraries that the program treats differently, by name.
const (
	ours      = "corsac"
	reference = "jub0bs"
)

// peers lists the libraries in the order of the table.
func peers() []peer {
	return []peer{
		{name: ours, module: "github.com/corsac-dev/corsac", open: openCorsac},
		{name: reference, module: "github.com/jub0bs/cors", open: openJub0bs},
		{name: "rs", module: "github.com/rs/cors", open: openRS},
		{name: "chi", module: "github.com/go-chi/cors", open: openChi},
		{name: "gorilla", module: "github.com/gorilla/handlers", open: openGorilla},
		{name: "gin", module: "github.com/gin-contrib/cors", open: openGin},
		{name: "echo", module: "github.com/labstack/echo/v5", open: openEcho},
		{name: "fiber", module: "github.com/gofiber/fiber/v3", open: openFiber, fast: true},
	}
}

// served is a library for net/http.
type served struct {
	handler  http.Handler
	requests []*http.Request
	fresh    bool
	writer   writer
}

// writer is the smallest possible response writer.
type writer struct {
	header http.Header
	status int
}

func (w *writer) Header() http.Header         { return w.header }
func (w *writer) Write(p []byte) (int, error) { return len(p), nil }
func (w *writer) WriteHeader(status int)      { w.status = status }

func (s *served) prepare(requests []*http.Request, fresh bool) {
	s.requests, s.fresh = requests, fresh
	s.writer = writer{header: http.Header{}}
}

func (s *served) run(n int) {
	h, w, turn := s.handler, &s.writer, 0
	for range n {
		if s.fresh {
			w.header = make(http.Header)
		} else {
			clear(w.header)
		}
		h.ServeHTTP(w, s.requests[turn])
		if turn++; turn == len(s.requests) {
			turn = 0
		}
	}
}

func (s *served) answer(r *http.Request) answer {
	w := &writer{header: http.Header{}}
	s.handler.ServeHTTP(w, r)
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return answer{w.status, w.header}
}

// application returns the handler that net/http libraries wrap.
func application(next func()) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { next() })
}

func openCorsac(p policy, next func()) (server, error) {
	m, err := cors.New(cors.Policy{
		AllowOrigins: p.origins, AllowMethods: p.methods, AllowHeaders: p.headers, ExposeHeaders: p.expose,
		AllowCredentials: p.credentials, MaxAge: cors.CacheFor(time.Duration(p.maxAge) * time.Second),
	})
	if err != nil {
		return nil, err
	}
	return &served{handler: m.Wrap(application(next))}, nil
}

func openJub0bs(p policy, next func()) (server, error) {
	m, err := jub0bs.NewMiddleware(jub0bs.Config{
		Origins: p.origins, Methods: p.methods, RequestHeaders: p.headers, ResponseHeaders: p.expose,
		Credentialed: p.credentials, MaxAgeInSeconds: p.maxAge,
	})
	if err != nil {
		return nil, err
	}
	return &served{handler: m.Wrap(application(next))}, nil
}

func openRS(p policy, next func()) (server, error) {
	c := rs.New(rs.Options{
		AllowedOrigins: p.origins, AllowedMethods: p.methods, AllowedHeaders: p.headers, ExposedHeaders: p.expose,
		AllowCredentials: p.credentials, MaxAge: p.maxAge,
	})
	return &served{handler: c.Handler(application(next))}, nil
}

func openChi(p policy, next func()) (server, error) {
	wrap := chi.Handler(chi.Options{
		AllowedOrigins: p.origins, AllowedMethods: p.methods, AllowedHeaders: p.headers, ExposedHeaders: p.expose,
		AllowCredentials: p.credentials, MaxAge: p.maxAge,
	})
	return &served{handler: wrap(application(next))}, nil
}

func openGorilla(p policy, next func()) (server, error) {
	options := []handlers.CORSOption{
		handlers.AllowedMethods(p.methods), handlers.AllowedHeaders(p.headers), handlers.ExposedHeaders(p.expose),
		handlers.MaxAge(p.maxAge),
	}
	if p.credentials {
		options = append(options, handlers.AllowCredentials())
	}
	if pattern, ok := wildcardOf(p); ok {
		options = append(options, handlers.AllowedOriginValidator(pattern.match))
	} else {
		options = append(options, handlers.AllowedOrigins(p.origins))
	}
	return &served{handler: handlers.CORS(options...)(application(next))}, nil
}

// wildcard is what users of libraries without wildcards write themselves.
type wildcard struct{ prefix, suffix string }

func (w wildcard) match(origin string) bool {
	return len(origin) > len(w.prefix)+len(w.suffix) &&
		strings.HasPrefix(origin, w.prefix) && strings.HasSuffix(origin, w.suffix)
}

func wildcardOf(p policy) (wildcard, bool) {
	prefix, suffix, ok := strings.Cut(p.origins[0], "*")
	return wildcard{prefix, suffix}, ok
}

// openBare serves the application without a library, to show the cost of the
// harness.
func openBare(next func()) server {
	return &served{handler: application(next)}
}
