package migrating

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
	"github.com/labstack/echo/v5"

	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/fetch"
)

const app = "https://app.example.com"

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// items is the application in all pairs.
func items() http.Handler {
	mux := http.NewServeMux()
	for _, method := range methods {
		mux.HandleFunc(method+" /items", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Total-Count", "3") })
	}
	return mux
}

// onGin gives a gin engine the routes of an application.
func onGin(engine http.Handler, h http.Handler) http.Handler {
	for _, method := range methods {
		engine.(*gin.Engine).Handle(method, "/items", gin.WrapH(h))
	}
	return engine
}

func onChi(router http.Handler, h http.Handler) http.Handler {
	for _, method := range methods {
		router.(chi.Router).Method(method, "/items", h)
	}
	return router
}

func onEcho(e http.Handler, h http.Handler) http.Handler {
	for _, method := range methods {
		e.(*echo.Echo).Add(method, "/items", echo.WrapHandler(h))
	}
	return e
}

// onFiber gives an app of Fiber the routes of an application, and serves it with
// net/http.
func onFiber(app *fiber.App, h http.Handler) http.Handler {
	app.Add(methods, "/items", adaptor.HTTPHandler(h))
	return adaptor.FiberApp(app)
}

// TestPairs makes pages of many origins send many requests to the code before
// and after. What script could do, it still can; what it can do now and could
// not before, the guide says.
func TestPairs(t *testing.T) {
	for _, p := range []struct {
		name          string
		before, after http.Handler
		allowed       int    // how many of the requests, before
		wider         string // a method that script could not use before
	}{
		{"rs/cors", rsBefore(items()), rsAfter(items()), 24, "HEAD POST"},
		{"gin-contrib/cors", onGin(ginBefore(nil), items()), ginAfter(onGin(gin.Default(), items())), 30, ""},
		{"go-chi/cors", onChi(chiBefore(nil), items()), chiAfter(items()), 12, "HEAD POST"},
		{"echo", onEcho(echoBefore(nil), items()), echoAfter(onEcho(echo.New(), items())), 48, ""},
		{"Fiber", onFiber(fiberBefore(), items()), onFiber(fiberAfter(), items()), 48, ""},
		{"gorilla/handlers", gorillaBefore(items()), gorillaAfter(items()), 48, ""},
		{"jub0bs/cors", jub0bsBefore(items()), jub0bsAfter(items()), 48, ""},
	} {
		t.Run(p.name, func(t *testing.T) {
			allowed := 0
			for _, r := range requests() {
				before, after := r.ask(t, p.before), r.ask(t, p.after)
				if before.Result == fetch.Allowed {
					allowed++
				}
				switch {
				case before.Result == after.Result && before.CanRead("X-Total-Count") == after.CanRead("X-Total-Count"):
				case before.Result == fetch.Blocked && slices.Contains(strings.Fields(p.wider), r.method):
				default:
					t.Errorf("%s: %s before, %s after; X-Total-Count: %v, %v", r, before.Result, after.Result, before.CanRead("X-Total-Count"), after.CanRead("X-Total-Count"))
				}
			}
			if allowed != p.allowed {
				t.Errorf("%d requests were allowed before, not %d", allowed, p.allowed)
			}
		})
	}
}

// ask is a request that script makes.
type ask struct {
	origin, method, header string
	credentials            bool
}

func (a ask) String() string {
	return fmt.Sprintf("%s from %s with %q, credentials %v", a.method, a.origin, a.header, a.credentials)
}

func (a ask) ask(t *testing.T, h http.Handler) *fetch.Outcome {
	t.Helper()
	var options []corstest.Option
	if a.header != "" {
		options = append(options, corstest.Header(a.header, "application/json"))
	}
	if a.credentials {
		options = append(options, corstest.WithCredentials())
	}
	return corstest.Outcome(t, h, a.origin, a.method+" /items", options...)
}

func requests() (list []ask) {
	for _, origin := range []string{
		app, "https://a.b.example.org", "https://example.org", "https://example.com", "https://evil.example", "http://app.example.com",
		"https://app.example.com:8443", "https://app.example.com.evil.example", "https://evilexample.org", "null",
	} {
		for _, method := range methods {
			for _, header := range []string{"", "Content-Type", "Accept", "X-Other"} {
				list = append(list, ask{origin, method, header, false}, ask{origin, method, header, true})
			}
		}
	}
	return list
}

// send sends a request that no browser would have to send. headers are name,
// value, name, value, ….
func send(h http.Handler, method string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "https://api.example.com/items", http.NoBody)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// preflight sends a preflight from app.
func preflight(h http.Handler, method string, headers ...string) *http.Response {
	return send(h, "OPTIONS", append([]string{"Origin", app, "Access-Control-Request-Method", method}, headers...)...)
}
