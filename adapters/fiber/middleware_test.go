package corsacfiber_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/proxy"
	"github.com/gofiber/fiber/v3/middleware/recover"
	"github.com/valyala/fasthttp"

	"github.com/corsac-dev/corsac/adapters/fiber"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/corstest"
	"github.com/corsac-dev/corsac/internal/cases"
	"github.com/corsac-dev/corsac/origin"
)

const (
	page = "https://app.example.com"
	evil = "https://evil.example"
)

func built(t testing.TB, p cors.Policy, others ...cors.Policy) *corsacfiber.Middleware {
	t.Helper()
	m, err := corsacfiber.New(p, others...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// served serves an app on loopback, as it would be in production.
func served(t *testing.T, app *fiber.App) http.Handler {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	return corstest.Live("http://" + l.Addr().String())
}

// TestPages makes pages send requests to an app.
func TestPages(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}))
	t.Cleanup(up.Close)
	app := fiber.New()
	app.Use(recover.New())
	app.Use(built(t, cors.Policy{AllowOrigins: []string{page}, AllowMethods: []string{"PUT"}, ExposeHeaders: []string{"X-Total-Count"}, AllowCredentials: true}).Handle)
	items := func(c fiber.Ctx) error {
		c.Set("X-Total-Count", "3")
		return c.SendString("items")
	}
	app.Get("/items", items)
	app.Put("/items", items)
	app.Get("/star", func(c fiber.Ctx) error {
		c.Set("Access-Control-Allow-Origin", "*")
		return c.SendString("star")
	})
	app.Get("/error", func(fiber.Ctx) error { return fiber.NewError(503, "down") })
	app.Get("/panic", func(c fiber.Ctx) error {
		c.Set("Access-Control-Allow-Origin", "*")
		panic("a test")
	})
	app.Get("/proxy", proxy.Forward(up.URL))
	app.Get("/dead", proxy.Forward("http://127.0.0.1:1"))
	live := served(t, app)
	credentials := corstest.WithCredentials()
	var all []corstest.Case
	for _, c := range []corstest.Case{
		{Name: "exposed", Request: "GET /items", Exposes: "X-Total-Count", Options: []corstest.Option{credentials}},
		{Name: "preflight", Request: "PUT /items"},
		{Name: "a handler's own header", Request: "GET /star", Options: []corstest.Option{credentials}},
		{Name: "an error", Request: "GET /error", Options: []corstest.Option{corstest.Status(503)}},
		{Name: "a panic", Request: "GET /panic", Options: []corstest.Option{corstest.Status(500)}},
		{Name: "no route", Request: "GET /nowhere", Options: []corstest.Option{corstest.Status(404)}},
		{Name: "no such method", Request: "POST /items", Options: []corstest.Option{corstest.Status(405)}},
		{Name: "proxied", Request: "GET /proxy", Options: []corstest.Option{credentials}},
		{Name: "the proxied server is down", Request: "GET /dead", Options: []corstest.Option{corstest.Status(500)}},
	} {
		c.Origin, c.Want = page, corstest.Allows
		all = append(all, c, corstest.Case{Name: c.Name + ", another origin", Origin: evil, Request: c.Request, Want: corstest.Refuses})
	}
	corstest.Run(t, live, all)
}

// request is one that both middlewares get.
type request struct {
	method string
	header [][2]string
}

// ask returns what an app of Fiber answers.
func (r request) ask(h fasthttp.RequestHandler, preset [][2]string) (int, http.Header) {
	ctx := r.context()
	for _, line := range preset {
		ctx.Response.Header.Add(line[0], line[1])
	}
	h(ctx)
	return ctx.Response.StatusCode(), concerned(ctx.Response.Header.All())
}

func (r request) context() *fasthttp.RequestCtx {
	ctx := new(fasthttp.RequestCtx)
	ctx.Init(new(fasthttp.Request), nil, nil)
	ctx.Request.Header.SetMethod(r.method)
	ctx.Request.SetRequestURI("http://api.example.com/")
	for _, line := range r.header {
		ctx.Request.Header.Add(line[0], line[1])
	}
	return ctx
}

// askNetHTTP returns what a handler of net/http answers.
func (r request) askNetHTTP(h http.Handler, preset [][2]string) (int, http.Header) {
	in := httptest.NewRequest(r.method, "http://api.example.com/", http.NoBody)
	for _, line := range r.header {
		in.Header.Add(line[0], line[1])
	}
	w := httptest.NewRecorder()
	for _, line := range preset {
		w.Header().Add(line[0], line[1])
	}
	h.ServeHTTP(w, in)
	return w.Code, concerned(func(yield func([]byte, []byte) bool) {
		for name, lines := range w.Result().Header {
			for _, line := range lines {
				yield([]byte(name), []byte(line))
			}
		}
	})
}

// concerned returns the headers that are CORS's concern.
func concerned(all func(func([]byte, []byte) bool)) http.Header {
	h := http.Header{}
	for name, value := range all {
		if key := string(name); strings.HasPrefix(key, "Access-Control-") || slices.Contains([]string{"Vary", "Timing-Allow-Origin", "Cross-Origin-Resource-Policy"}, key) {
			h.Add(key, string(value))
		}
	}
	return h
}

// TestCases gives the adapter the cases of the middleware.
func TestCases(t *testing.T) {
	for _, c := range cases.AllMiddleware(t) {
		if c.Request == nil {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			p := cors.Policy{
				AllowOrigins: c.Policy.Origins, AllowMethods: c.Policy.Methods, AllowHeaders: c.Policy.RequestHeaders,
				ExposeHeaders: c.Policy.ExposeHeaders, AllowCredentials: c.Policy.Credentials,
			}
			if c.Policy.MaxAge != nil {
				p.MaxAge = cors.CacheFor(time.Duration(*c.Policy.MaxAge) * time.Second)
			}
			called := false
			app := fiber.New()
			app.Use(built(t, p).Handle)
			app.Use(func(fiber.Ctx) error {
				called = true
				return nil
			})
			status, h := request{c.Request.Method, flat(c.Request.Headers)}.ask(app.Handler(), flat(c.Request.Preset))
			if called != c.Expect.HandlerCalled {
				t.Errorf("handler called: %t, want %t", called, c.Expect.HandlerCalled)
			}
			c.Check(t, status, h)
		})
	}
}

func flat(h map[string][]string) (lines [][2]string) {
	for name, values := range h {
		for _, value := range values {
			lines = append(lines, [2]string{name, value})
		}
	}
	return lines
}

// TestSameAsNetHTTP compares the adapter with package cors, for policies, requests
// and responses of handlers that are drawn.
func TestSameAsNetHTTP(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if fixed, err := strconv.ParseUint(os.Getenv("CORSAC_SEED"), 10, 64); err == nil {
		seed = fixed
	}
	d := draw{rand.New(rand.NewPCG(seed, 0))}
	refused, allowed := 0, 0
	for range 5_000 {
		p := d.policy()
		reference, err := cors.New(p)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		m := built(t, p)
		debug := d.IntN(8) == 0
		reference.SetDebug(debug)
		m.SetDebug(debug)
		r, preset, answer, status := d.request(), d.response(1), d.response(4), d.pick(200, 404, 503)
		app := fiber.New(fiber.Config{ErrorHandler: func(c fiber.Ctx, err error) error {
			var e *fiber.Error
			errors.As(err, &e)
			return c.Status(e.Code).SendString("sorry")
		}})
		app.Use(m.Handle)
		app.Use(func(c fiber.Ctx) error {
			for _, line := range answer {
				c.Response().Header.Add(line[0], line[1])
			}
			c.Request().Header.Set("Origin", "https://x") // in the memory of the other one
			if status == 200 {
				return nil
			}
			return fiber.NewError(status)
		})
		h := reference.WrapOverride(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for _, line := range answer {
				w.Header().Add(line[0], line[1])
			}
			w.WriteHeader(status)
		}))
		gotStatus, got := r.ask(app.Handler(), preset)
		wantStatus, want := r.askNetHTTP(h, preset)
		if gotStatus != wantStatus || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: policy %+v, request %v, before %v, handler %v\n     %d %v\nwant %d %v", seed, p, r, preset, answer, gotStatus, got, wantStatus, want)
		}
		if got.Get("Access-Control-Allow-Origin") == "" {
			refused++
		} else {
			allowed++
		}
	}
	if min(refused, allowed) < 500 {
		t.Errorf("seed %d: %d refused and %d allowed; that is not much of a comparison", seed, refused, allowed)
	}
}

type draw struct{ *rand.Rand }

func (d draw) pick(of ...int) int { return of[d.IntN(len(of))] }

func (d draw) some(of ...string) (list []string) {
	for _, s := range of {
		if d.IntN(2) == 0 {
			list = append(list, s)
		}
	}
	return list
}

func (d draw) policy() cors.Policy {
	p := cors.Policy{
		AllowOrigins:  append(d.some("https://*.example.org", "http://localhost:3000"), page),
		AllowMethods:  d.some("PUT", "DELETE", "PATCH"),
		AllowHeaders:  d.some("Content-Type", "X-A", "Authorization"),
		ExposeHeaders: d.some("X-Total-Count", "X-B"), AllowCredentials: d.IntN(2) == 0,
		AllowTiming: d.IntN(2) == 0, ResourcePolicy: []string{"", "same-site"}[d.IntN(2)],
		PreflightStatus: d.pick(0, 200),
	}
	switch d.IntN(6) {
	case 0:
		p.AllowOrigins, p.AllowCredentials = []string{"*"}, false
	case 1:
		p.AllowMethods, p.AllowHeaders = []string{"*"}, []string{"*", "Authorization"}
	case 2:
		p.AllowOriginFunc = func(r *http.Request, o origin.Origin) bool {
			return r.Header.Get("X-Tenant") == "a" && r.URL.Path == "/" && r.Host == "api.example.com" && o.Host() == "evil.example"
		}
		p.AllowOriginFuncVary = []string{"X-Tenant"}
	}
	if d.IntN(2) == 0 {
		p.MaxAge = cors.CacheFor(time.Minute)
	}
	return p
}

func (d draw) request() request {
	one := func(of ...string) string { return of[d.IntN(len(of))] }
	r := request{method: one("OPTIONS", "OPTIONS", "GET", "PUT", "HEAD")}
	add := func(name string, values ...string) {
		for range d.pick(0, 1, 1, 1, 1, 1, 1, 2) {
			r.header = append(r.header, [2]string{name, one(values...)})
		}
	}
	add("Origin", page, page, "https://a.example.org", "http://localhost:3000", evil, "null", "https://app.example.com/", "x\x80", page+".evil.example")
	add("Access-Control-Request-Method", "PUT", "DELETE", "GET", "put", "P UT")
	add("Access-Control-Request-Headers", "content-type", "x-a,x-c", "authorization, content-type", ",,", strings.Repeat("x", 9000), "*")
	add("X-Tenant", "a", "b")
	return r
}

// response returns at most n headers of a response.
func (d draw) response(n int) (lines [][2]string) {
	all := [][2]string{
		{"Access-Control-Allow-Origin", "*"},
		{"Access-Control-Allow-Origin", evil},
		{"Access-Control-Allow-Credentials", "true"},
		{"Access-Control-Max-Age", "1"},
		{"Vary", "Accept-Encoding"},
		{"Vary", "origin, Cookie"},
		{"Vary", "*"},
		{"Timing-Allow-Origin", "*"},
		{"Cross-Origin-Resource-Policy", "cross-origin"},
	}
	for range d.IntN(n + 1) {
		lines = append(lines, all[d.IntN(len(all))])
	}
	return lines
}

// TestNamesInAnyCase: an app that leaves names of headers as they are.
func TestNamesInAnyCase(t *testing.T) {
	app := fiber.New(fiber.Config{DisableHeaderNormalizing: true})
	app.Use(built(t, cors.Policy{AllowOrigins: []string{page}}).Handle)
	app.Get("/", func(c fiber.Ctx) error {
		c.Set("access-control-allow-origin", "*")
		c.Set("vary", "origin, Cookie")
		return nil
	})
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a\r\norigin: "+page+"\r\nConnection: close\r\n\r\n")
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head := strings.ToLower(string(text))
	if strings.Count(head, "access-control-allow-origin: "+page+"\r\n") != 1 || strings.Count(head, "access-control-") != 1 || strings.Count(head, "vary: origin, cookie\r\n") != 1 {
		t.Errorf("%s", text)
	}
}

// TestChanges: the policy changes while it is used, and what it decides is observed.
func TestChanges(t *testing.T) {
	m := built(t, cors.Policy{AllowOrigins: []string{page}})
	reports := make(chan cors.Decision, 10)
	kept := make(chan *http.Request, 10)
	o, err := m.Observe(cors.ObserveConfig{Report: func(d cors.Decision) { reports <- d }, Trial: []cors.Policy{{AllowOriginFunc: func(r *http.Request, _ origin.Origin) bool {
		kept <- r
		return false
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Stop()
	app := fiber.New()
	app.Use(m.Handle)
	app.Use(func(c fiber.Ctx) error {
		if d := m.Decide(c); d.Kind != cors.Actual {
			t.Errorf("%v", d)
		}
		return nil
	})
	h := app.Handler()
	ask := func(from string) string {
		_, header := request{"GET", [][2]string{{"Origin", from}, {"X-Line", "1"}, {"X-Line", "2"}}}.ask(h, nil)
		return header.Get("Access-Control-Allow-Origin")
	}
	if got := ask(page); got != page {
		t.Errorf("%q", got)
	}
	if d := <-reports; !d.Trial || d.Origin != page {
		t.Errorf("%+v", d)
	}
	if r := <-kept; !slices.Equal(r.Header["X-Line"], []string{"1", "2"}) || r.Header.Get("Origin") != page {
		t.Errorf("%v", r.Header)
	}
	if err := m.Reconfigure(cors.Policy{AllowOriginFunc: func(r *http.Request, _ origin.Origin) bool { return len(r.Header["X-Line"]) == 2 }}); err != nil {
		t.Fatal(err)
	}
	if got := ask(evil); got != evil {
		t.Errorf("%q", got)
	}
	if err := m.Reconfigure(cors.Policy{}); err == nil || ask(evil) != evil {
		t.Errorf("%v", err)
	}
}

// TestConcurrently: exchanges are used again, and never by two requests at a time.
func TestConcurrently(t *testing.T) {
	app := fiber.New()
	app.Use(built(t, cors.Policy{AllowOrigins: []string{"https://*.example.org"}}).Handle)
	app.Use(func(fiber.Ctx) error { return nil })
	h := app.Handler()
	done := make(chan error)
	for i := range 8 {
		go func() {
			from := "https://" + strings.Repeat("a", i+1) + ".example.org"
			for range 2000 {
				if _, header := (request{"GET", [][2]string{{"Origin", from}}}).ask(h, nil); header.Get("Access-Control-Allow-Origin") != from {
					done <- fmt.Errorf("%s got %v", from, header)
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestAllocations: what the adapter adds to an app without it.
func TestAllocations(t *testing.T) {
	p := cors.Policy{AllowOrigins: []string{page}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Content-Type"}, ExposeHeaders: []string{"X-A"}, AllowCredentials: true}
	with, without := fiber.New(), fiber.New()
	with.Use(built(t, p).Handle)
	for _, app := range []*fiber.App{with, without} {
		app.Use(func(fiber.Ctx) error { return nil })
	}
	for _, c := range []struct {
		r    request
		most float64
	}{
		{request{"GET", nil}, 2},
		{request{"GET", [][2]string{{"Origin", page}}}, 2},
		{request{"GET", [][2]string{{"Origin", evil}}}, 2},
		{request{"OPTIONS", [][2]string{{"Origin", page}, {"Access-Control-Request-Method", "PUT"}, {"Access-Control-Request-Headers", "content-type"}}}, 1},
		{request{"OPTIONS", [][2]string{{"Origin", evil}, {"Access-Control-Request-Method", "PUT"}}}, 0},
	} {
		if got := allocations(c.r, with) - allocations(c.r, without); got > c.most {
			t.Errorf("%v: %v allocations, want at most %v", c.r, got, c.most)
		}
	}
}

// allocations returns the least of many runs: with the race detector, a sync.Pool
// drops values at random.
func allocations(r request, app *fiber.App) float64 {
	h, ctx := app.Handler(), r.context()
	least := math.Inf(1)
	for range 200 {
		least = min(least, testing.AllocsPerRun(1, func() {
			ctx.Response.Reset()
			h(ctx)
		}))
	}
	return least
}

// BenchmarkHandle is a request with an origin that is allowed.
func BenchmarkHandle(b *testing.B) {
	app := fiber.New()
	app.Use(built(b, cors.Policy{AllowOrigins: []string{page}}).Handle)
	app.Use(func(fiber.Ctx) error { return nil })
	h, ctx := app.Handler(), request{"GET", [][2]string{{"Origin", page}}}.context()
	b.ReportAllocs()
	for b.Loop() {
		ctx.Response.Reset()
		h(ctx)
	}
	if !bytes.Contains(ctx.Response.Header.Header(), []byte(page)) {
		b.Error("not allowed")
	}
}
