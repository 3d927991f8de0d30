package matrix

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// startApp starts an application behind a proxy, with the routes of those that
// corsac generate --runnable writes. Its /throw hangs up.
func startApp(t *testing.T) (url string, stop func()) {
	mux := http.NewServeMux()
	for path, status := range map[string]int{"/200": 200, "/401": 401, "/500": 500} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	mux.HandleFunc("GET /throw", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("GET /own", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Vary", "Accept-Language")
	})
	mux.HandleFunc("/x", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Total-Count", "3") })
	app := httptest.NewServer(mux)
	stop = sync.OnceFunc(app.Close)
	t.Cleanup(stop)
	return app.URL, stop
}
