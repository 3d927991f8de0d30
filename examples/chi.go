package examples

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/corsac-dev/corsac/cors"
)

// Chi returns an API on chi. On the outermost router, policy.Wrap can also be given
// to Use.
func Chi(policy *cors.Middleware) http.Handler {
	r := chi.NewRouter()
	r.Use(policy.Wrap)
	r.Get("/items", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`["a"]`)) })
	r.Put("/items/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return r
}
