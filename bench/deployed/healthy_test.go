package deployed

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
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
)

// What the healthy servers allow.
var (
	origins = []string{"http://localhost:5173", "https://app.example.com"}
	methods = []string{"GET", "HEAD", "POST", "PUT"}
	headers = []string{"Authorization", "Content-Type"}
	expose  = []string{"X-Total-Count"}
)

// healthy are servers as their documentation says, by library.
func healthy(t *testing.T) map[string]http.Handler {
	t.Helper()
	app := http.HandlerFunc(items)
	ours, err := cors.New(cors.Policy{AllowOrigins: origins, AllowMethods: methods, AllowHeaders: headers, ExposeHeaders: expose, AllowCredentials: true})
	if err != nil {
		t.Fatal(err)
	}
	strict, err := jub0bs.NewMiddleware(jub0bs.Config{Origins: origins, Methods: methods, RequestHeaders: headers, ResponseHeaders: expose, Credentialed: true})
	if err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.Use(gincors.New(gincors.Config{AllowOrigins: origins, AllowMethods: methods, AllowHeaders: headers, ExposeHeaders: expose, AllowCredentials: true, MaxAge: time.Hour}))
	engine.Any("/*path", gin.WrapH(app))
	e := echo.New()
	e.Use(middleware.CORSWithConfig(middleware.CORSConfig{AllowOrigins: origins, AllowMethods: methods, AllowHeaders: headers, ExposeHeaders: expose, AllowCredentials: true}))
	e.Any("/*", echo.WrapHandler(app))
	return map[string]http.Handler{
		"corsac":  ours.Wrap(app),
		"jub0bs":  strict.Wrap(app),
		"rs/cors": rscors.New(rscors.Options{AllowedOrigins: origins, AllowedMethods: methods, AllowedHeaders: headers, ExposedHeaders: expose, AllowCredentials: true}).Handler(app),
		"chi":     chicors.Handler(chicors.Options{AllowedOrigins: origins, AllowedMethods: methods, AllowedHeaders: headers, ExposedHeaders: expose, AllowCredentials: true})(app),
		"gorilla": handlers.CORS(handlers.AllowedOrigins(origins), handlers.AllowedMethods(methods), handlers.AllowedHeaders(headers), handlers.ExposedHeaders(expose), handlers.AllowCredentials())(app),
		"gin":     engine,
		"echo":    e,
	}
}

// startFiber starts a server of fiber, which is not of net/http.
func startFiber(t *testing.T) string {
	t.Helper()
	app := fiber.New()
	app.Use(fibercors.New(fibercors.Config{AllowOrigins: origins, AllowMethods: methods, AllowHeaders: headers, ExposeHeaders: expose, AllowCredentials: true}))
	app.Get("/items", func(c fiber.Ctx) error {
		c.Set("X-Total-Count", "1")
		return c.JSON([]int{1})
	})
	app.Put("/items", func(c fiber.Ctx) error { return c.JSON([]int{1}) })
	l := httptest.NewUnstartedServer(nil).Listener
	go func() { _ = app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() { _ = app.Shutdown() })
	return "http://" + l.Addr().String()
}

// TestHealthy checks that nothing above a note is found about healthy servers.
func TestHealthy(t *testing.T) {
	t.Parallel()
	urls := map[string]string{"fiber": startFiber(t)}
	for name, h := range healthy(t) {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		urls[name] = server.URL
	}
	for name, url := range urls {
		for _, args := range [][]string{
			{},
			{"--credentials", "include", "--read-header", "X-Total-Count"},
			{"-X", "PUT", "-H", "Authorization: Bearer x", "-H", "Content-Type: application/json", "--credentials", "include"},
		} {
			out, status := corsac(t, append([]string{"check", url + "/items", "--origin", "http://localhost:5173", "--json"}, args...)...)
			var v struct {
				Findings []struct{ Cause, Severity string }
			}
			if err := json.Unmarshal([]byte(out), &v); err != nil || status != 0 {
				t.Errorf("%s %v: status %d: %s", name, args, status, out)
				continue
			}
			for _, f := range v.Findings {
				if f.Severity != "note" {
					t.Errorf("%s %v: %s, %s", name, args, f.Severity, f.Cause)
				}
			}
		}
	}
}
