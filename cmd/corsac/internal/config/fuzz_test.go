package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// FuzzParse checks that every file yields either a configuration or mistakes
// with places in the file; that a configuration can be written and read again;
// and that package policyfile reads the same policies.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(worked))
	f.Add([]byte("x: &x {allow_origins: [a]}\npolicies: {a: {<<: *x, max_age: 1e3}, b: *x}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse("x", data)
		if err == nil {
			checkRoundTrip(t, c)
			checkPublic(t, data, c.Policies)
			for name := range c.Policies {
				if m, err := c.Middleware(name); m == nil || err != nil {
					t.Errorf("the middleware of %s: %v", name, err)
				}
			}
			c.Notes()
			return
		}
		var mistakes finding.Mistakes
		if !errors.As(err, &mistakes) || len(mistakes) == 0 {
			t.Fatalf("error %v", err)
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, e := range mistakes {
			p := e.Place
			if e.Cause == "" || e.Why == "" || p.Line < 0 || p.Line > lines || p.Line > 0 && p.Column < 1 || len(p.Excerpt) > 400 || p.Caret > 101 {
				t.Errorf("%+v %+v", e, p)
			}
		}
	})
}

// checkRoundTrip writes a configuration and reads it again.
func checkRoundTrip(t *testing.T, want *config.Config) {
	t.Helper()
	data, err := config.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse("written", data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if !reflect.DeepEqual(got.Policies, want.Policies) || len(want.Gateway.Routes) > 0 && !reflect.DeepEqual(got.Gateway, want.Gateway) {
		t.Errorf("%+v, want %+v\n%s", got, want, data)
	}
}

// checkPublic reads the policies with package policyfile, which is for other
// programs.
func checkPublic(t *testing.T, data []byte, want map[string]cors.Policy) {
	t.Helper()
	got, err := policyfile.Parse(data)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("policyfile.Parse: %+v, %v; want %+v", got, err, want)
	}
}
