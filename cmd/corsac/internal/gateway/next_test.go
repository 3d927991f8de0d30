package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
)

// TestNext checks which requests somebody else forwards, and that his response is what
// an upstream's is.
func TestNext(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Gateway.Routes[0].Path, c.Gateway.Routes[0].Upstream = "/app", nil
	c.Gateway.Routes[0].RemoveHeaders = []string{"Cookie"}
	c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: "/app/guarded", Policy: "app", RefuseCrossOriginWrites: true})
	g := start(t, c, gateway.Options{Next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://upstream.example")
		_, _ = io.WriteString(w, r.Method+r.Header.Get("Cookie"))
	})})
	for _, tt := range []struct {
		method, path, origin string
		status               int
		body, allowed        string
	}{
		{"GET", "/app", app, 200, "GET", app},
		{"GET", "/app", evil, 200, "GET", ""},
		{"GET", "/other", evil, 200, "GETa=b", "https://upstream.example"},
		{"POST", "/app/guarded", evil, 403, "", ""},
		{"GET", "/app/%2e%2e/other", app, 400, "", app},
	} {
		status, body, h := request(t, g, tt.method, tt.path, "x", "Origin: "+tt.origin, "Cookie: a=b")
		if status != tt.status || h.Get("Access-Control-Allow-Origin") != tt.allowed || tt.status == 200 && body != tt.body {
			t.Errorf("%+v: status %d, %q, %v", tt, status, body, h)
		}
	}
	status, _, h := request(t, g, "OPTIONS", "/app", "x", "Origin: "+app, "Access-Control-Request-Method: PUT")
	if status != 204 || h.Get("Access-Control-Allow-Methods") == "" {
		t.Errorf("preflight: status %d, %v", status, h)
	}
}

// TestNextAfterGateways checks that a request which has been through many gateways is
// passed on: where somebody else forwards, he finds loops.
func TestNextAfterGateways(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Gateway.Routes[0].Upstream = nil
	g := start(t, c, gateway.Options{Next: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })})
	hops := strings.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAA, ", 20)
	if status, body, _ := request(t, g, "GET", "/", "", "Corsac-Hop: "+hops); status != http.StatusAccepted {
		t.Errorf("%d %s", status, body)
	}
}

// TestNextEnd checks that a response says nothing of the connection of its client, which
// is that of somebody else, when the gateway stops.
func TestNextEnd(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Gateway.Routes[0].Upstream = nil
	g, err := gateway.New(c, gateway.Options{Next: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	g.End()
	w := httptest.NewRecorder()
	if g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil)); w.Header()["Connection"] != nil {
		t.Errorf("%v", w.Header())
	}
}
