package examples

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/corsac-dev/corsac/cors"
)

// Gin returns an API on gin. Serve it with [http.ListenAndServe], not with the
// engine's Run, which would leave out the policy.
func Gin(policy *cors.Middleware) http.Handler {
	engine := gin.New()
	engine.Use(gin.Recovery()) // inside the policy, so that pages can read its 500
	engine.GET("/items", func(c *gin.Context) { c.JSON(http.StatusOK, []string{"a"}) })
	engine.GET("/broken", func(*gin.Context) { panic("a mistake") })
	engine.PUT("/items/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	return policy.Wrap(engine)
}
