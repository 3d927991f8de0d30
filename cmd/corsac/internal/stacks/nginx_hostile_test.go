package stacks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestNginxBounded reads files that are made to take long.
func TestNginxBounded(t *testing.T) {
	testenv.OneGoroutine(t)
	var entries, maps, locations, includes strings.Builder
	for i := range 700 {
		fmt.Fprintf(&entries, "~^https://[a-z]+%d\\.example$ $http_origin;\n", i)
		fmt.Fprintf(&locations, "location /%d/ { proxy_pass http://a; }\n", i)
	}
	for i := range 40 {
		fmt.Fprintf(&maps, "map $v%d$v%d $v%d { default $v%d$v%d; }\n", i, i, i+1, i, i)
	}
	for range 2000 {
		includes.WriteString("include a.conf; ")
	}
	for name, files := range map[string]map[string]string{
		"many origins in many locations": {"nginx.conf": "http { map $http_origin $o {\n" + entries.String() + "}\nserver { add_header Access-Control-Allow-Origin $o;\n" + locations.String() + "} }"},
		"maps of maps":                   {"nginx.conf": "http { map $http_origin $v0 { default $http_origin; }\n" + maps.String() + "server { add_header Access-Control-Allow-Origin $v40; } }"},
		"includes":                       {"nginx.conf": "http { include a.conf; server { add_header Access-Control-Allow-Origin *; } }", "a.conf": includes.String() + "add_header Access-Control-Allow-Origin *;"},
		"two files that include another": {"nginx.conf": "http { include b.conf; include b.conf; }", "b.conf": "include nginx.conf; include b.conf; server { add_header Access-Control-Allow-Origin *; }"},
	} {
		config := loadNginx(nginxTree(files), nil)
		sites, _ := config.read()
		_, _, err := nginxChanged(t, files, &Want{Set: map[string][]string{"allow_origins": {"https://a.example", "https://b.example"}}})
		t.Logf("%s: %d steps, %v", name, config.work, err)
		if config.work > nginxMaxWork+nginxMaxSteps {
			t.Errorf("%s: %d steps", name, config.work)
		}
		if large := config.work > nginxMaxWork; large != (err != nil) || large != strings.HasPrefix(name, "many") || large && len(sites[0].Draft.Remarks) == 0 {
			t.Errorf("%s: %v, %+v", name, err, sites[0].Draft)
		}
	}
}

// TestNginxLinear checks that the work for a condition does not grow with the number
// of those before it.
func TestNginxLinear(t *testing.T) {
	testenv.OneGoroutine(t)
	read := func(n int) (perTry float64) {
		var ifs strings.Builder
		for i := range n {
			fmt.Fprintf(&ifs, "if ($http_origin = https://a%d.example) { add_header Access-Control-Allow-Origin $http_origin; }\n", i)
		}
		tree := nginxTree(map[string]string{"nginx.conf": "http { server { location / {\n" + ifs.String() + "} } }"})
		return testing.AllocsPerRun(1, func() { readNginx(tree) })
	}
	if one, two := read(400), read(800); two > 2.5*one {
		t.Errorf("%.0f allocations for 400 conditions, %.0f for 800", one, two)
	} else {
		t.Log(one, two)
	}
}

// TestNginxManyLocations checks that a change of a large configuration does not work
// out for each location again what is the same for all of them.
func TestNginxManyLocations(t *testing.T) {
	const locations = 2000
	var b strings.Builder
	for i := range locations {
		fmt.Fprintf(&b, "location /a%d { proxy_pass http://127.0.0.1:3000; }\n", i)
	}
	tree := nginxTree(map[string]string{"nginx.conf": inServer(b.String())})
	w := &Want{Set: map[string][]string{"allow_origins": {"http://localhost:3000"}, "allow_methods": {"PUT"}}}
	allocations := testing.AllocsPerRun(1, func() {
		if _, err := changeNginx(tree, nil, w); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%.0f allocations for each location", allocations/locations)
	if allocations > 500*locations {
		t.Errorf("%.0f allocations for each location", allocations/locations)
	}
}
