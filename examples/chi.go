package examples

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/corsac-dev/corsac/cors"
)

// Chi returns an API on chi. On the outermost router, policy.Wrap can also be given
// to Use.
func Chi(policy *cors.Middleware) http.Handler {
	r := chi.NewRouter()
	r.Use(policy.Wrap, middleware.Recoverer) // in this order, so that pages can read its 500
	r.Get("/items", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`["a"]`)) })
	r.Get("/broken", func(http.ResponseWriter, *http.Request) { panic("a mistake") })
	r.Put("/items/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return r
}
