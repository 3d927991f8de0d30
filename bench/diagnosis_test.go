package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	jub0bs "github.com/jub0bs/cors"
	rs "github.com/rs/cors"
)

// page is the page whose requests are refused.
const refusedPage = "http://localhost:5173"

// refusers are servers that allow an origin the methods GET, PUT and PATCH, and
// the headers X-Api-Key and Content-Type.
func refusers(t *testing.T, origin string) map[string]http.Handler {
	t.Helper()
	app := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	strict, err := jub0bs.NewMiddleware(jub0bs.Config{
		Origins: []string{origin}, Methods: []string{"GET", "PUT", "PATCH"}, RequestHeaders: []string{"X-Api-Key", "Content-Type"},
	})
	if err != nil {
		t.Fatal(err)
	}
	debug, err := jub0bs.NewMiddleware(jub0bs.Config{
		Origins: []string{origin}, Methods: []string{"GET", "PUT", "PATCH"}, RequestHeaders: []string{"X-Api-Key", "Content-Type"},
	})
	if err != nil {
		t.Fatal(err)
	}
	debug.SetDebug(true)
	gin.SetMode(gin.TestMode)
	router := gin.New()
	router.Use(gincors.New(gincors.Config{AllowOrigins: []string{origin}, AllowMethods: []string{"GET", "PUT", "PATCH"}, AllowHeaders: []string{"X-Api-Key", "Content-Type"}}))
	router.Any("/items", func(*gin.Context) {})
	return map[string]http.Handler{
		"rs/cors":             rs.New(rs.Options{AllowedOrigins: []string{origin}, AllowedMethods: []string{"GET", "PUT", "PATCH"}, AllowedHeaders: []string{"X-Api-Key", "Content-Type"}}).Handler(app),
		"rs/cors without GET": rs.New(rs.Options{AllowedOrigins: []string{origin}, AllowedMethods: []string{"PUT", "PATCH"}, AllowedHeaders: []string{"X-Api-Key", "Content-Type"}}).Handler(app),
		"jub0bs/cors":         strict.Wrap(app),
		"jub0bs/cors, debug":  debug.Wrap(app),
		"gin-contrib/cors":    router,
	}
}

// TestDiagnosis checks that corsac names what the Go libraries refuse, though most
// of them say only that they do.
func TestDiagnosis(t *testing.T) {
	corsac := filepath.Join(t.TempDir(), "corsac")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", corsac, ".")
	build.Dir = filepath.Join("..", "cmd", "corsac")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, c := range []struct {
		origin string
		args   []string
		want   []string
	}{
		{refusedPage, []string{"-X", "DELETE"}, []string{"method-not-allowed"}},
		{refusedPage, []string{"-X", "PUT", "-H", "X-Other: 1", "-H", "X-Api-Key: 1"}, []string{"header-not-allowed", "acah-missing"}},
		{refusedPage, []string{"-X", "PUT", "-H", "Authorization: Bearer x"}, []string{"authorization-not-allowed", "acah-missing"}},
		{"https://app.example.com", []string{"-X", "PUT"}, []string{"origin-not-allowed"}},
		{"http://localhost:3000", []string{"-X", "PUT", "-H", "X-Api-Key: 1"}, []string{"origin-not-allowed"}},
		{"http://localhost:3000", nil, []string{"origin-not-allowed"}},
	} {
		for name, h := range refusers(t, c.origin) {
			server := httptest.NewServer(h)
			args := append([]string{"check", "--json", server.URL + "/items", "--origin", refusedPage}, c.args...)
			out, _ := exec.CommandContext(t.Context(), corsac, args...).Output() // its status is 1
			server.Close()
			var v struct {
				Findings []struct{ Cause string }
				Probes   []json.RawMessage
			}
			if err := json.Unmarshal(out, &v); err != nil {
				t.Fatalf("%s, %q: %v: %s", name, c.args, err, out)
			}
			if len(v.Findings) == 0 || !slices.Contains(c.want, v.Findings[0].Cause) {
				t.Errorf("%s allows %s; %q: %v, want %q\n%s", name, c.origin, c.args, v.Findings, c.want, v.Probes)
			}
		}
	}
}
