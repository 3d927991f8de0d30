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
		{"~ ^/adm", "/admin", true}, // which nginx reads before the longer location
		{"~* ^/ADM", "/admin/x", true},
		{"~ ^/adm/", "/admin", false},
		{"~ ^/admin/x", "/adm", false},
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

// TestNginxSwallowNested checks the same for locations in another one, whose path
// ends within a segment of theirs.
func TestNginxSwallowNested(t *testing.T) {
	const route = "location /admin { add_header Access-Control-Allow-Origin https://a.example; proxy_pass http://127.0.0.1:3000; }"
	for conf, barrier := range map[string]bool{
		"location /adm { " + route + " location ~ secret { deny all; } }": true,
		"location /adm { location ~ secret { deny all; } } " + route:      false,
	} {
		sites, text := nginxSites(map[string]string{"nginx.conf": inServer(conf)})
		if len(sites) != 1 || len(sites[0].Parts) != 1 {
			t.Fatalf("%s\n%s", conf, text)
		}
		if got := sites[0].Parts[0].Barrier; (got != "") != barrier {
			t.Errorf("%s: barrier %q", conf, got)
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
