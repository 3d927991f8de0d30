package migrating

import (
	"log"
	"net/http"
	"time"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chicors "github.com/go-chi/cors"
	"github.com/gofiber/fiber/v3"
	fibercors "github.com/gofiber/fiber/v3/middleware/cors"
	"github.com/gorilla/handlers"
	jub0bs "github.com/jub0bs/cors"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	rscors "github.com/rs/cors"

	"github.com/corsac-dev/corsac/adapters/fiber"
	"github.com/corsac-dev/corsac/cors"
)

// The Go code of the guide, in order. The guide shows the body of each function
// except for its last line: where the function returns a handler or an app of
// Fiber, the guide serves it.

func rsBefore(mux http.Handler) http.Handler {
	c := rscors.New(rscors.Options{
		AllowedOrigins:   []string{"https://app.example.com", "https://*.example.org"},
		AllowedMethods:   []string{http.MethodGet, http.MethodPut},
		AllowedHeaders:   []string{"Content-Type"},
		ExposedHeaders:   []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           3600,
	})
	return c.Handler(mux)
}

func rsAfter(mux http.Handler) http.Handler {
	c, err := cors.New(cors.Policy{
		AllowOrigins:     []string{"https://app.example.com", "https://*.example.org"},
		AllowMethods:     []string{http.MethodPut},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	return c.Wrap(mux)
}

func ginBefore(http.Handler) http.Handler {
	engine := gin.Default()
	engine.Use(gincors.New(gincors.Config{
		AllowOrigins:     []string{"https://app.example.com"},
		AllowMethods:     []string{"PUT", "PATCH"},
		AllowHeaders:     []string{"Origin", "Content-Type"},
		AllowCredentials: true,
		MaxAge:           12 * time.Hour,
	}))
	return engine
}

func ginAfter(engine http.Handler) http.Handler {
	c, err := cors.New(cors.Policy{
		AllowOrigins:     []string{"https://app.example.com"},
		AllowMethods:     []string{"PUT", "PATCH"},
		AllowHeaders:     []string{"Content-Type"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(12 * time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	return c.Wrap(engine)
}

func chiBefore(http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Use(chicors.Handler(chicors.Options{
		AllowedOrigins:   []string{"https://*.example.com"},
		AllowedMethods:   []string{"GET", "PUT"},
		AllowedHeaders:   []string{"Accept", "Content-Type"},
		AllowCredentials: true,
		MaxAge:           300,
	}))
	return r
}

func chiAfter(mux http.Handler) http.Handler {
	c, err := cors.New(cors.Policy{
		AllowOrigins:     []string{"https://*.example.com"},
		AllowMethods:     []string{"PUT"},
		AllowHeaders:     []string{"Content-Type"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(5 * time.Minute),
	})
	if err != nil {
		log.Fatal(err)
	}
	return c.Wrap(mux) // or, on a chi router: r.Use(c.Wrap)
}

func echoBefore(http.Handler) http.Handler {
	e := echo.New()
	e.Use(middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins:     []string{"https://app.example.com", "https://example.org"},
		AllowMethods:     []string{"GET", "HEAD", "POST", "PUT"},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           3600,
	}))
	return e
}

func echoAfter(e http.Handler) http.Handler {
	c, err := cors.New(cors.Policy{
		AllowOrigins:     []string{"https://app.example.com", "https://example.org"},
		AllowMethods:     []string{"PUT"},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	return c.Wrap(e)
}

func fiberBefore() *fiber.App {
	app := fiber.New()
	app.Use(fibercors.New(fibercors.Config{
		AllowOrigins:     []string{"https://app.example.com", "https://*.example.org"},
		AllowMethods:     []string{"GET", "HEAD", "POST", "PUT"},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           3600,
	}))
	return app
}

func fiberAfter() *fiber.App {
	c, err := corsacfiber.New(cors.Policy{
		AllowOrigins:     []string{"https://app.example.com", "https://*.example.org"},
		AllowMethods:     []string{"PUT"},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	app := fiber.New()
	app.Use(c.Handle)
	return app
}

func gorillaBefore(mux http.Handler) http.Handler {
	wrap := handlers.CORS(
		handlers.AllowedOrigins([]string{"https://app.example.com", "https://example.org"}),
		handlers.AllowedMethods([]string{"GET", "HEAD", "POST", "PUT"}),
		handlers.AllowedHeaders([]string{"Content-Type"}),
		handlers.ExposedHeaders([]string{"X-Total-Count"}),
		handlers.AllowCredentials(),
		handlers.MaxAge(600),
	)
	return wrap(mux)
}

func gorillaAfter(mux http.Handler) http.Handler {
	c, err := cors.New(cors.Policy{
		AllowOrigins:     []string{"https://app.example.com", "https://example.org"},
		AllowMethods:     []string{"PUT"},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(10 * time.Minute),
	})
	if err != nil {
		log.Fatal(err)
	}
	return c.Wrap(mux)
}

func jub0bsBefore(mux http.Handler) http.Handler {
	m, err := jub0bs.NewMiddleware(jub0bs.Config{
		Origins:         []string{"https://app.example.com", "https://*.example.org"},
		Credentialed:    true,
		Methods:         []string{"PUT"},
		RequestHeaders:  []string{"Content-Type"},
		ResponseHeaders: []string{"X-Total-Count"},
		MaxAgeInSeconds: 3600,
	})
	if err != nil {
		log.Fatal(err)
	}
	return m.Wrap(mux)
}

func jub0bsAfter(mux http.Handler) http.Handler {
	m, err := cors.New(cors.Policy{
		AllowOrigins:     []string{"https://app.example.com", "https://*.example.org"},
		AllowCredentials: true,
		AllowMethods:     []string{"PUT"},
		AllowHeaders:     []string{"Content-Type"},
		ExposeHeaders:    []string{"X-Total-Count"},
		MaxAge:           cors.CacheFor(time.Hour),
	})
	if err != nil {
		log.Fatal(err)
	}
	return m.Wrap(mux)
}
