package config_test

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
)

// TestPolicyAt checks which route takes a URL: the one that the gateway takes.
func TestPolicyAt(t *testing.T) {
	c := config.Config{Gateway: config.Gateway{Routes: []config.Route{
		{Host: "*.example.com", Path: "/api/v1", Policy: "wide"},
		{Host: "*.a.example.com", Path: "/", Policy: "narrow"},
		{Host: "x.a.example.com", Path: "/only", Policy: "exact"},
		{Path: "/api", Policy: "api"},
		{Path: "/a%2fb", Policy: "escaped"},
		{Path: "/", Policy: "rest"},
	}}}
	for url, want := range map[[2]string]string{
		{"b.example.com", "/api/v1/x"}:   "wide",
		{"B.Example.com.", "/api/v1"}:    "wide",
		{"x.a.example.com", "/api/v1/x"}: "narrow",
		{"x.a.example.com", "/only"}:     "exact",
		{"b.example.com", "/%61pi/x"}:    "api",
		{"other.example", "/api/"}:       "api",
		{"other.example", "/apix"}:       "rest",
		{"other.example", "/api%2Fx"}:    "rest",
		{"other.example", "/a%2Fb/c"}:    "escaped",
		{"other.example", "/a/b/c"}:      "rest",
		{"a.example.com", "/"}:           "rest",
		{"", "/api/v1/x"}:                "wide",
	} {
		if got := c.PolicyAt(url[0], url[1]); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}
