package cors_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// TestPolicyDropsCovered checks that a policy reads back without the entries
// that a pattern covers, and with all others.
func TestPolicyDropsCovered(t *testing.T) {
	t.Parallel()
	hosts := []string{"example.com", "a.example.com", "b.a.example.com", "localhost", "x.localhost", "other.example"}
	var all []string
	for _, scheme := range []string{"https", "http", "moz-extension"} {
		for _, host := range hosts {
			for _, port := range []string{"", ":8443", ":*"} {
				all = append(all, scheme+"://"+host+port, scheme+"://*."+host+port)
			}
		}
	}
	all = append(all, "moz-extension://*", "chrome-extension://*", "null")
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		list := all[:1+rng.IntN(12)]
		m, err := cors.New(cors.Policy{AllowOrigins: list, DangerouslyAllowAllBrowserExtensions: true, DangerouslyAllowNullOrigin: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := m.Policy().AllowOrigins, uncovered(list); !slices.Equal(got, want) {
			t.Fatalf("%q reads back as %q, want %q", list, got, want)
		}
	}
}

// uncovered is a slow twin of what drops covered entries.
func uncovered(list []string) (kept []string) {
	for _, s := range list {
		p, _ := origin.ParsePattern(s)
		covered := slices.ContainsFunc(list, func(other string) bool {
			q, _ := origin.ParsePattern(other)
			return other != s && q.Covers(p)
		})
		if !covered {
			kept = append(kept, s)
		}
	}
	slices.Sort(kept)
	return kept
}

// TestExtensions checks that all extensions of a browser are allowed only with
// the field that says so.
func TestExtensions(t *testing.T) {
	t.Parallel()
	p := cors.Policy{AllowOrigins: []string{"moz-extension://*", "chrome-extension://abc"}, AllowCredentials: true}
	if _, err := cors.New(p); err == nil || !strings.Contains(err.Error(), `moz-extension://ID"; if you must, set DangerouslyAllowAllBrowserExtensions`) {
		t.Errorf("%v", err)
	}
	p.DangerouslyAllowAllBrowserExtensions = true
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	for o, want := range map[string]bool{
		"moz-extension://0e4bcb2c-2c0e-4a5b-9a2e-6a7f0d9f6b11": true,
		"chrome-extension://abc":                               true,
		"chrome-extension://other":                             false,
		"moz-extension://a:80":                                 false,
		"https://moz-extension":                                false,
	} {
		if d := m.Decide(request("GET", "Origin", o)); d.Allowed != want {
			t.Errorf("%s: %s", o, d)
		}
	}
}
