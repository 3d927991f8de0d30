package config_test

import (
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
)

func TestDev(t *testing.T) {
	c, err := config.Parse(filepath.Join("app", "corsac.yaml"), []byte(`
policies: {app: {allow_origins: [https://app.example.com]}}
dev:
  listen: localhost:3000
  web: :5173
  allow_hosts: ["*.test.example", 192.168.1.5]
  routes:
    - {path: /v1, upstream: "https://{x}.staging.example.com", host: "{x}.localhost", strip_prefix: true, insecure: true, private: true}
    - {path: /slow, upstream: 8080, delay: 300ms, fail: 500@10%, offline: true, mode: observe}
    - {path: /mock, mock: users.json}
    - path: /missing
      mode: enforce
      policy: app
      mock: {status: 404, headers: {X-A: b}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []devroute.Route{
		{Path: "/v1", Host: "{x}.localhost", Upstream: "https://{x}.staging.example.com", StripPrefix: true, Insecure: true, Private: true},
		{
			Path: "/slow", Upstream: "http://localhost:8080", Mode: devroute.Observe,
			Faults: devroute.Faults{Delay: 300 * time.Millisecond, Status: 500, Percent: 10, Offline: true},
		},
		{Path: "/mock", Mock: &devroute.Mock{File: filepath.Join("app", "users.json")}},
		{Path: "/missing", Mode: devroute.Enforce, Policy: "app", Mock: &devroute.Mock{Status: 404, Headers: map[string]string{"X-A": "b"}}},
	}
	if d := c.Dev; d.Listen != "localhost:3000" || d.Web.String() != "http://localhost:5173" || len(d.AllowHosts) != 2 || !reflect.DeepEqual(d.Routes, want) {
		t.Errorf("%+v", d)
	}
}

// TestDevAlone checks that a development proxy needs no policies, and that commands
// that need one say so.
func TestDevAlone(t *testing.T) {
	c, err := config.Parse("corsac.yaml", []byte("dev: {routes: [{path: /api, upstream: :8080}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Policy(""); err == nil || err.Error() != "the file has no policies" {
		t.Errorf("%v", err)
	}
}
