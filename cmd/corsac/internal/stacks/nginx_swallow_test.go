package stacks

import "testing"

// TestNginxSwallow checks that a route is not open if it would have the requests of
// a location that denies them.
func TestNginxSwallow(t *testing.T) {
	for _, c := range []struct {
		denies, path string
		barrier      bool
	}{
		{"= /admin", "/admin", true},
		{"~* ^/API/admin", "/api", true},
		{"~* ^/API/admin", "/other", false},
		{"~ ^/API/admin", "/api", false},
		{"~ ^/internal/x|^/api/admin", "/api", true},
		{"~ ^/internal/([|]|a|b)/", "/api", false},
		{"~ ^/internal/[(]x|^/api/admin", "/api", true},
		{"~ ^/ap/?i/admin", "/api", true},
		{"~ ^/ap/*i/admin", "/api", true},
		{"~ ^/ap/{0,1}i/admin", "/api", true},
		{"~ ^/internal/(x|y)", "/api", false},
	} {
		conf := inServer("location \"" + c.path + "\" { add_header Access-Control-Allow-Origin https://a.example; proxy_pass http://127.0.0.1:3000; }\nlocation " + quoteLast(c.denies) + " { deny all; }")
		sites, text := nginxSites(map[string]string{"nginx.conf": conf})
		if len(sites) != 1 || len(sites[0].Parts) != 1 {
			t.Fatalf("%s\n%s", conf, text)
		}
		if got := sites[0].Parts[0].Barrier; (got != "") != c.barrier {
			t.Errorf("%s beside %s: barrier %q", c.denies, c.path, got)
		}
	}
}

// quoteLast puts the last word of the arguments of a location in quotes.
func quoteLast(args string) string {
	for i := range args {
		if args[i] == ' ' {
			return args[:i+1] + `"` + args[i+1:] + `"`
		}
	}
	return args
}
