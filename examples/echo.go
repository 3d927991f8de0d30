package examples

import (
	"net/http"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/corsac-dev/corsac/cors"
)

// Echo returns an API on echo. Serve it with [http.ListenAndServe], not with echo's
// Start, which would leave out the policy.
func Echo(policy *cors.Middleware) http.Handler {
	e := echo.New()
	e.Use(middleware.Recover()) // inside the policy, so that pages can read its 500
	e.GET("/items", func(c *echo.Context) error { return c.JSON(http.StatusOK, []string{"a"}) })
	e.GET("/broken", func(*echo.Context) error { panic("a mistake") })
	e.PUT("/items/:id", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
	return policy.Wrap(e)
}
