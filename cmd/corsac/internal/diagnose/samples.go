package diagnose

import (
	"io"
	"net/http"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/protocol"
)

// What the scenarios have in common.
const (
	dev      = "http://localhost:5173"
	shop     = "https://shop.example.com"
	jsonType = "application/json"
)

// working responds to every page, and to preflights, as a correct server does.
var working = allowing(dev, items)

// allowing adds what a correct server does for one origin.
func allowing(origin string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Vary", "Origin")
		allowed := r.Header.Get("Origin") == origin
		if allowed {
			h.Set(protocol.AllowOrigin, origin)
			h.Set(protocol.AllowCredentials, "true")
		}
		if isPreflight(r) {
			if allowed {
				h.Set(protocol.AllowMethods, "PUT, PATCH, DELETE")
				h.Set(protocol.AllowHeaders, "Authorization, Content-Type, X-Api-Key")
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get(protocol.RequestMethod) != ""
}

// write responds with a status and a body.
func write(status int, contentType, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) //nolint:gosec // the body is one of ours
	})
}

// routes responds by path; what is not in it is a 404 in JSON.
func routes(paths map[string]http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := paths[r.URL.Path]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		write(http.StatusNotFound, jsonType, `{"error":"not found"}`).ServeHTTP(w, r)
	})
}

// handle is a handler of a function, for short.
func handle(f func(w http.ResponseWriter, r *http.Request)) http.Handler { return http.HandlerFunc(f) }

// items is a response that pages want.
var items = write(http.StatusOK, jsonType, `[{"id":1}]`)

// options responds to OPTIONS in one way, and to everything else correctly.
func options(h http.Handler) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			h.ServeHTTP(w, r)
			return
		}
		allowing(dev, items).ServeHTTP(w, r)
	})
}

var put = fetch.Request{URL: "{server}/api/items/1", Method: "PUT"}

// failing responds with an error before CORS is handled, except to preflights.
func failing(status int) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/items" && r.Method != http.MethodOptions {
			w.WriteHeader(status)
			return
		}
		allowing(dev, routes(nil)).ServeHTTP(w, r)
	})
}
