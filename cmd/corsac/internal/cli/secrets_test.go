package cli_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestPasswords checks that no output has the password of a URL, or what a
// secret header says, and that the verdict is the same.
func TestPasswords(t *testing.T) {
	t.Parallel()
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		allow(w, "Access-Control-Allow-Headers", "authorization, x-api-key", "Access-Control-Allow-Credentials", "true")
		user := strings.Replace("http://"+r.Host, "http://", "http://alice:hunter2@", 1)
		w.Header().Set("Set-Cookie", "sid=hunter2; Path=/")
		switch r.URL.Path {
		case "/away":
			w.Header().Set("Location", user+"/")
			w.WriteHeader(http.StatusFound)
		case "/relative":
			w.Header().Set("Location", "//alice:hunter2@"+r.Host+"/")
			w.WriteHeader(http.StatusFound)
		case "/origin":
			w.Header().Set("Access-Control-Allow-Origin", user)
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Security-Policy", "connect-src "+user)
		}
	})
	host := strings.TrimPrefix(api, "http://")
	user := "http://alice:hunter2@" + host
	har := `{"log": {"entries": [{"_resourceType": "fetch", "request": {"method": "GET", "url": "` + user + `/", "headers": [{"name": "Origin", "value": "http://a.example"}, {"name": "Authorization", "value": "Bearer hunter2"}, {"name": "Cookie", "value": "a=hunter2"}, {"name": "Referer", "value": "` + user + `/"}]},
		"response": {"status": 200, "headers": [{"name": "Set-Cookie", "value": "a=hunter2"}, {"name": "Location", "value": "` + user + `"}], "_error": "` + user + `"}}]}}`
	config := filepath.Join(t.TempDir(), "corsac.yaml")
	if err := os.WriteFile(config, []byte("policies:\n  a: {allow_origins: [\"https://alice:hunter2@a.example\"]}\ngateway:\n  routes:\n    - {path: /, upstream: \""+user+"\", policy: a}\n    - {path: /b, upstream: \"htp://alice:hunter2@x\", policy: \""+user+"\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(args ...string) []string { return append([]string{"check", "--origin", testOrigin}, args...) }
	for _, c := range []struct {
		stdin  string
		args   []string
		status int
	}{
		{"", check(user + "/"), 1},
		{"", check("https:alice:hunter2@" + host), 1},
		{"", check(user+"/", "--destination", "img", "--mode", "no-cors"), 0},
		{"", check(user+"/", "--destination", "xhr"), 0},
		{"", check(user+"/", "--destination", "eventsource"), 1}, // it is not an event stream
		{"", check(user+"/", "--profile", "all", "--explain"), 1},
		{"", check("http://alice:hunter2@127.0.0.1:1/", "--destination", "img", "--mode", "no-cors"), 1}, // nothing listens there
		{"", check(api + "/away"), 1},
		{"", check(api + "/relative"), 1},
		{"", check(api + "/origin"), 1},
		{"", check(api+"/", "--origin=", "--page", api+"/page"), 1},
		{"", check(api+"/", "--origin=", "--page", user+"/page"), 1},
		{"", check(api+"/", "-H", "Authorization: Bearer hunter2", "-H", "X-Api-Key: hunter2"), 0},
		{"", check(api+"/", "--cookie", "sid=hunter2", "--credentials", "include"), 0},
		{"", []string{"check", api, "--origin", "http://alice:hunter2@a.example"}, 2},
		{"", check(user+":x/", "--read-header", user), 1},
		{"", check("http://alice:hunter2@["), 1},
		{"", check("alice:hunter2@" + host), 1}, // a URL of the scheme alice
		{"curl '" + user + "/' -H 'Origin: http://a.example' -H 'Referer: " + user + "/'", []string{"check", "--from", "curl", "-"}, 1},
		{"curl '" + user + "/' --frobnicate", []string{"check", "--from", "curl", "-"}, 2},
		{"fetch('" + user + "', {x: y})", check("--from", "fetch", "-"), 1},
		{`{"url": "` + user + `/", "origin": "http://a.example"}`, []string{"check", "--batch", "-"}, 1},
		{`{"url": "` + api + `/", "origin": "` + user + `"}`, []string{"check", "--batch", "-"}, 2},
		{har, []string{"check", "--har", "-"}, 1},
		{"", []string{"need", "http://alice:hunter2@a.example", user}, 0},
		{"", []string{"need", "http://a.example", "htp:/" + user}, 0},
		{"", []string{"validate", "-c", config}, 1},
		{"", []string{"serve", "-c", config}, 1},
		{"", []string{"serve", "--upstream", user, "--allow-origin", user}, 2},
		{"", []string{"serve", "--upstream", api, "--allow-origin", user}, 2},
		{"", []string{"demo", "--host", user}, 2},
		{"", []string{user}, 2},
		{"", []string{"--" + user}, 2},
	} {
		for _, form := range []string{"", "--json", "--curl"} {
			args := c.args
			if form != "" {
				args = append(append([]string{}, args...), form)
			}
			for _, env := range []string{"", "http://alice:hunter2@127.0.0.1:1"} {
				var out, errs testenv.Log
				getenv := func(name string) string {
					if name == "HTTP_PROXY" {
						return env
					}
					return ""
				}
				status := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(c.stdin), Out: &out, Err: &errs, Getenv: getenv})
				if form == "" && env == "" && status != c.status {
					t.Errorf("%q: status %d, want %d:\n%s%s", args, status, c.status, &out, &errs)
				}
				if text := out.String() + errs.String(); strings.Contains(text, "hunter2") && !(form == "--curl" && !strings.Contains(text, "alice")) {
					t.Errorf("%q: %s", args, text)
				}
				if form == "--json" && status < 2 && out.String() != "" && !json.Valid([]byte(strings.SplitN(out.String(), "\n}\n", 2)[0]+"}")) && !json.Valid([]byte(out.String())) {
					t.Errorf("%q: not JSON: %s", args, &out)
				}
			}
		}
	}
}
