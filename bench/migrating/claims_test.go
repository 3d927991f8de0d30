package migrating

import (
	"errors"
	"maps"
	"math"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	chicors "github.com/go-chi/cors"
	"github.com/gofiber/fiber/v3"
	fibercors "github.com/gofiber/fiber/v3/middleware/cors"
	"github.com/gorilla/handlers"
	jub0bs "github.com/jub0bs/cors"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	rscors "github.com/rs/cors"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/fetch"
)

// The other libraries, wrapping an application that only serves items.

func rs(o rscors.Options) http.Handler { return rscors.New(o).Handler(items()) }

func chiWith(o chicors.Options) http.Handler { return chicors.Handler(o)(items()) }

func ginWith(c gincors.Config) http.Handler {
	engine := gin.New()
	engine.Use(gincors.New(c))
	return onGin(engine, items())
}

func jub0bsWith(t *testing.T, c jub0bs.Config) http.Handler {
	t.Helper()
	m, err := jub0bs.NewMiddleware(c)
	if err != nil {
		t.Fatal(err)
	}
	return m.Wrap(items())
}

func corsac(t *testing.T, p cors.Policy) http.Handler {
	t.Helper()
	return built(t, p).Wrap(items())
}

func built(t *testing.T, p cors.Policy, others ...cors.Policy) *cors.Middleware {
	t.Helper()
	m, err := cors.New(p, others...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refused checks that a policy is an error with that code.
func refused(t *testing.T, p cors.Policy, code cors.Code) {
	t.Helper()
	_, err := cors.New(p)
	var e *cors.ConfigError
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("%v; want %s", err, code)
	}
}

func echoWith(t *testing.T, c middleware.CORSConfig) http.Handler {
	t.Helper()
	wrap, err := c.ToMiddleware()
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Use(wrap)
	return onEcho(e, items())
}

func fiberWith(c fibercors.Config) http.Handler {
	app := fiber.New()
	app.Use(fibercors.New(c))
	return onFiber(app, items())
}

func gorilla(options ...handlers.CORSOption) http.Handler { return handlers.CORS(options...)(items()) }

// all returns the other libraries.
func all() map[string]http.Handler {
	return map[string]http.Handler{
		"rs": rsBefore(items()), "gin": onGin(ginBefore(nil), items()), "chi": onChi(chiBefore(nil), items()), "jub0bs": jub0bsBefore(items()),
		"echo": onEcho(echoBefore(nil), items()), "fiber": onFiber(fiberBefore(), items()), "gorilla": gorillaBefore(items()),
	}
}

// holds checks for which of them something is true.
func holds(t *testing.T, want string, is func(http.Handler) bool) {
	t.Helper()
	for name, h := range all() {
		if is(h) != slices.Contains(strings.Fields(want), name) {
			t.Errorf("%s: %v", name, is(h))
		}
	}
}

var general = map[string]func(*testing.T){
	"Every mistake is reported with its fix.": func(t *testing.T) {
		const slash = app + "/"
		for name, h := range map[string]http.Handler{
			"rs": rs(rscors.Options{AllowedOrigins: []string{slash}}), "chi": chiWith(chicors.Options{AllowedOrigins: []string{slash}}),
			"gin": ginWith(gincors.Config{AllowOrigins: []string{slash}}), "gorilla": gorilla(handlers.AllowedOrigins([]string{slash})),
		} {
			t.Run(name, func(t *testing.T) { corstest.Refuses(t, h, app, "GET /items") })
		}
		if _, err := jub0bs.NewMiddleware(jub0bs.Config{Origins: []string{slash}}); err == nil {
			t.Error("jub0bs/cors accepts it")
		}
		if _, err := (middleware.CORSConfig{AllowOrigins: []string{slash}}).ToMiddleware(); err == nil {
			t.Error("echo accepts it")
		}
		corstest.Allows(t, fiberWith(fibercors.Config{AllowOrigins: []string{slash}}), app, "GET /items") // it drops the slash
		_, err := cors.New(cors.Policy{AllowOrigins: []string{slash}, AllowHeaders: []string{"Cookie"}})
		var list cors.ConfigErrors
		if !errors.As(err, &list) || len(list) != 2 || !strings.Contains(list[0].Fix, app) || list[1].Fix == "" {
			t.Errorf("%#v", err)
		}
	},
	"A refused preflight is a 403 without CORS headers.": func(t *testing.T) {
		success := func(h http.Handler) bool { return preflight(h, "DELETE").StatusCode < 300 }
		holds(t, "rs gin chi echo fiber", success)
		r := preflight(rsAfter(items()), "DELETE")
		for name := range r.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %q", name, r.Header[name])
			}
		}
		if r.StatusCode != http.StatusForbidden {
			t.Errorf("status %d", r.StatusCode)
		}
	},
	"Browsers send fewer preflights.": func(t *testing.T) {
		holds(t, "gin echo fiber", namesAll)
		if !namesAll(rsAfter(items())) {
			t.Error("corsac's answer names what was asked for")
		}
	},
	"It explains its decisions.": explains,
	"The policy can change at run time.": func(t *testing.T) {
		m := built(t, cors.Policy{AllowOrigins: []string{app}})
		h := m.Wrap(items())
		corstest.Allows(t, h, app, "GET /items")
		if err := m.Reconfigure(cors.Policy{AllowOrigins: []string{"https://other.example.com"}}); err != nil {
			t.Fatal(err)
		}
		corstest.Refuses(t, h, app, "GET /items")
		for value, want := range map[any]bool{&jub0bs.Middleware{}: true, &rscors.Cors{}: false, &chicors.Cors{}: false, gin.New(): false, &middleware.CORSConfig{}: false, &fibercors.Config{}: false} {
			if _, has := reflect.TypeOf(value).MethodByName("Reconfigure"); has != want {
				t.Errorf("%T: %v", value, has)
			}
		}
	},
}

// namesAll reports whether a browser that was allowed to PUT can do so with a
// Content-Type without another preflight.
func namesAll(h http.Handler) bool {
	preflights := 0
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			preflights++
		}
		h.ServeHTTP(w, r)
	})
	client, err := fetch.NewClient(app, fetch.TransportConfig{Base: local{counted}})
	if err != nil {
		panic(err)
	}
	for _, contentType := range []string{"", "application/json"} {
		r, err := http.NewRequest(http.MethodPut, "https://api.example.com/items", http.NoBody)
		if err != nil {
			panic(err)
		}
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		answer, err := client.Do(r)
		if err != nil {
			panic(err)
		}
		_ = answer.Body.Close()
	}
	return preflights == 1
}

// local is the network to a handler in this process.
type local struct{ http.Handler }

func (l local) RoundTrip(r *http.Request) (*http.Response, error) {
	var headers []string
	for name, lines := range r.Header {
		for _, line := range lines {
			headers = append(headers, name, line)
		}
	}
	answer := send(l.Handler, r.Method, headers...)
	answer.Request = r
	return answer, nil
}

func explains(t *testing.T) {
	m := built(t, cors.Policy{AllowOrigins: []string{app}})
	reports := make(chan cors.Decision, 10)
	observer, err := m.Observe(cors.ObserveConfig{
		Report: func(d cors.Decision) { reports <- d }, Trial: []cors.Policy{{AllowOrigins: []string{"https://other.example.com"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer observer.Stop()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d := m.Decide(r); !d.Allowed && !strings.Contains(d.String(), "https://evil.example") {
			t.Errorf("%s", d)
		}
		m.Wrap(items()).ServeHTTP(w, r)
	})
	corstest.Refuses(t, h, "https://evil.example", "GET /items")
	corstest.Allows(t, h, app, "GET /items") // the policy on trial would refuse it
	for _, trial := range []bool{false, true} {
		select {
		case d := <-reports:
			if d.Trial != trial || d.Reason != cors.OriginNotAllowed {
				t.Errorf("%+v", d)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no report")
		}
	}
	if counts := maps.Collect(observer.Counts()); len(counts) < 2 {
		t.Errorf("%v", counts)
	}
}

// shares reports whether a handler that writes into the values of its response
// headers changes the next response.
func shares(h http.Handler) bool {
	const mark = "written by a handler"
	w := &headers{http.Header{}}
	r := func() *http.Request {
		r, err := http.NewRequest(http.MethodGet, "https://api.example.com/items", http.NoBody)
		if err != nil {
			panic(err)
		}
		r.Header.Set("Origin", app)
		return r
	}
	h.ServeHTTP(w, r())
	kept := w.h.Clone()
	for _, values := range w.h {
		for i := range values {
			values[i] = mark
		}
	}
	next := &headers{http.Header{}}
	h.ServeHTTP(next, r())
	found := false
	for _, values := range next.h {
		found = found || slices.Contains(values, mark)
	}
	for name, values := range w.h {
		copy(values, kept[name]) // shared values may belong to the whole process
	}
	return found
}

// headers is a response writer that keeps the values that it gets, not copies
// of them.
type headers struct{ h http.Header }

func (w *headers) Header() http.Header         { return w.h }
func (w *headers) Write(p []byte) (int, error) { return len(p), nil }
func (*headers) WriteHeader(int)               {}

// allocated returns the bytes that a request allocates: the least of a few
// attempts, because other goroutines allocate too.
func allocated(h http.Handler, r *http.Request) uint64 {
	w := &headers{http.Header{}}
	least := uint64(math.MaxUint64)
	var before, after runtime.MemStats
	for range 5 {
		runtime.ReadMemStats(&before)
		h.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}
