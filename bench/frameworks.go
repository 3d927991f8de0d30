package main

import (
	"net/http"
	"time"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	"github.com/gofiber/fiber/v3"
	fibercors "github.com/gofiber/fiber/v3/middleware/cors"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	"github.com/valyala/fasthttp"
)

// The libraries of frameworks are measured with the framework's router, without
// which they do not work. net/http applications are called for every method;
// here they have a route per method that is sent, including OPTIONS.

func openGin(p policy, next func()) (server, error) {
	gin.SetMode(gin.ReleaseMode)
	_, wildcards := wildcardOf(p)
	config := gincors.Config{
		AllowOrigins: p.origins, AllowWildcard: wildcards, AllowMethods: p.methods, AllowHeaders: p.headers,
		ExposeHeaders: p.expose, AllowCredentials: p.credentials, MaxAge: time.Duration(p.maxAge) * time.Second,
	}
	if err := config.Validate(); err != nil {
		return nil, err
	}
	engine := gin.New()
	engine.Use(gincors.New(config))
	handle := func(*gin.Context) { next() }
	engine.GET("/", handle)
	engine.PUT("/", handle)
	engine.OPTIONS("/", handle)
	return &served{handler: engine}, nil
}

func openEcho(p policy, next func()) (server, error) {
	config := middleware.CORSConfig{
		AllowOrigins: p.origins, AllowMethods: p.methods, AllowHeaders: p.headers, ExposeHeaders: p.expose,
		AllowCredentials: p.credentials, MaxAge: p.maxAge,
	}
	if pattern, ok := wildcardOf(p); ok {
		config.AllowOrigins = nil
		config.UnsafeAllowOriginFunc = func(_ *echo.Context, origin string) (string, bool, error) {
			return origin, pattern.match(origin), nil
		}
	}
	wrap, err := config.ToMiddleware()
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.Use(wrap)
	handle := func(*echo.Context) error { next(); return nil }
	e.GET("/", handle)
	e.PUT("/", handle)
	e.OPTIONS("/", handle)
	return &served{handler: e}, nil
}

func openFiber(p policy, next func()) (server, error) {
	f := fiber.New()
	f.Use(fibercors.New(fibercors.Config{
		AllowOrigins: p.origins, AllowMethods: p.methods, AllowHeaders: p.headers, ExposeHeaders: p.expose,
		AllowCredentials: p.credentials, MaxAge: p.maxAge,
	}))
	handle := func(fiber.Ctx) error { next(); return nil }
	f.Get("/", handle)
	f.Put("/", handle)
	f.Options("/", handle)
	return &fast{handler: f.Handler()}, nil
}

// fast is a library for fasthttp, which has its own types for requests and
// responses. There is no header map; a response is reset, as fasthttp does.
type fast struct {
	handler  fasthttp.RequestHandler
	contexts []*fasthttp.RequestCtx
}

func (f *fast) prepare(requests []*http.Request, _ bool) {
	f.contexts = nil
	for _, r := range requests {
		f.contexts = append(f.contexts, fastRequest(r))
	}
}

func (f *fast) run(n int) {
	turn := 0
	for range n {
		ctx := f.contexts[turn]
		ctx.Response.Reset()
		f.handler(ctx)
		if turn++; turn == len(f.contexts) {
			turn = 0
		}
	}
}

func (f *fast) answer(r *http.Request) answer {
	ctx := fastRequest(r)
	f.handler(ctx)
	a := answer{ctx.Response.StatusCode(), http.Header{}}
	for name, value := range ctx.Response.Header.All() {
		a.header.Add(string(name), string(value))
	}
	return a
}

func fastRequest(r *http.Request) *fasthttp.RequestCtx {
	ctx := new(fasthttp.RequestCtx)
	ctx.Init(new(fasthttp.Request), nil, nil)
	ctx.Request.Header.SetMethod(r.Method)
	ctx.Request.SetRequestURI(r.URL.String())
	for name, values := range r.Header {
		for _, value := range values {
			ctx.Request.Header.Add(name, value)
		}
	}
	return ctx
}
