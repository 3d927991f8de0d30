package inspector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// rows are what the list shows.
type rows struct {
	Rows []struct {
		ID               uint64
		Kind, State, Why string
		States           []string
	}
}

// enforced returns a request to which corsac applies the policy.
func enforced(method, path string, status int, headers []string, response ...string) *sample {
	s := observed(method, path, status, headers, response...)
	s.proxied.Mode, s.proxied.Policy, s.proxied.Sent = "enforce", "app", ""
	return s
}

// added returns a request in the mode add: the server sends the lines of response, and
// corsac those that the page needs.
func added(method, path string, status int, headers []string, response ...string) *sample {
	s := observed(method, path, status, headers, "Access-Control-Allow-Origin: "+web, "Access-Control-Allow-Credentials: true")
	s.proxied.Mode = "add"
	said := map[string]string{}
	for _, line := range response {
		name, value, _ := strings.Cut(line, ": ")
		said[name] = value
	}
	for _, line := range s.answer {
		name, value, _ := strings.Cut(line, ": ")
		if said[name] != value {
			s.proxied.Changes = append(s.proxied.Changes, rewrite.Change{Header: name, Before: said[name], After: value})
		}
		delete(said, name)
	}
	for name, value := range said {
		s.proxied.Changes = append(s.proxied.Changes, rewrite.Change{Header: name, Before: value})
	}
	return s
}

// preflightOfAdd returns a preflight, which corsac answers in the mode add.
func preflightOfAdd(method string) *sample {
	s := observed("OPTIONS", "/x", 204, []string{"Access-Control-Request-Method: " + method}, "Access-Control-Allow-Origin: "+web, "Access-Control-Allow-Methods: "+method)
	s.proxied.Mode, s.proxied.Sent, s.proxied.Meant = "add", "", s.proxied.Sent
	return s
}

// TestVerdicts checks what is said about requests, and that nothing is claimed that
// was not seen.
func TestVerdicts(t *testing.T) {
	json := []string{"Content-Type: application/json"}
	cookie := []string{"Cookie: a=b"}
	for _, c := range []struct {
		name, file string
		sample     *sample
		kind       string
		state      inspector.State
		why        string
	}{
		{"any origin", "", apiCall("GET", "/x", 200, nil, "Access-Control-Allow-Origin: *"), "request", inspector.Allowed, "headers that the server sent"},
		{"any origin, with cookies", "", apiCall("GET", "/x", 200, cookie, "Access-Control-Allow-Origin: *"), "request", inspector.Blocked, "credentials"},
		{"any origin, with a cookie to keep", "", apiCall("GET", "/x", 200, nil, "Access-Control-Allow-Origin: *", "Set-Cookie: a=b"), "request", inspector.Blocked, "credentials"},
		{"the page's origin, always", "", apiCall("GET", "/x", 200, nil, "Access-Control-Allow-Origin: "+web), "request", inspector.Allowed, ""},
		{"another origin, always", "", apiCall("GET", "/x", 200, nil, "Access-Control-Allow-Origin: https://app.example.com"), "request", inspector.Blocked, ""},
		{"the server's own origin, which may be an echo", "", apiCall("POST", "/x", 200, nil, "Access-Control-Allow-Origin: "+api), "request", inspector.Unknown, "not asked"},
		{"no headers: nobody asked", "", apiCall("GET", "/x", 200, nil), "request", inspector.Unknown, "not asked"},
		{"a preflight that nobody sent", "", apiCall("PUT", "/x", 200, json, "Access-Control-Allow-Origin: *"), "request", inspector.Unknown, "not asked for permission: PUT, content-type"},
		{"no response", "", &sample{"GET", "/x", fetched, 0, nil, record.Proxied{Sent: api + "/x"}}, "request", inspector.Failed, "no response"},
		{"no response, with a policy", policy, &sample{"GET", "/x", fetched, 0, nil, record.Proxied{Sent: api + "/x"}}, "request", inspector.Failed, "no response"},
		{"allowed by the policy", policy, apiCall("PUT", "/x", 200, json), "request", inspector.Allowed, "The policy “app” allows it."},
		{"credentials in the policy", policy, apiCall("GET", "/x", 200, cookie), "request", inspector.Allowed, ""},
		{"a method", policy, apiCall("DELETE", "/x", 200, nil), "request", inspector.Blocked, "does not allow the method DELETE."},
		{"a header", policy, apiCall("GET", "/x", 200, []string{"X-A: 1"}), "request", inspector.Blocked, "does not allow the header x-a."},
		{"an origin", strings.Replace(policy, "http://localhost:5173, ", "", 1), apiCall("GET", "/x", 200, nil), "request", inspector.Blocked, "does not allow the origin http://localhost:5173."},
		{"no credentials", strings.Replace(policy, "    allow_credentials: true\n", "", 1), apiCall("GET", "/x", 200, cookie), "request", inspector.Blocked, "does not allow credentials."},
		{"a redirect", policy, apiCall("GET", "/x", 302, nil, "Location: /y"), "request", inspector.Allowed, ""},
		{"seen and allowed", "", observed("GET", "/x", 200, nil, "Access-Control-Allow-Origin: "+web), "request", inspector.Allowed, "response allows it"},
		{"seen and blocked", "", observed("GET", "/x", 200, nil), "request", inspector.Blocked, "no CORS headers"},
		{"seen, after a preflight that was not", "", observed("PUT", "/x", 200, json, "Access-Control-Allow-Origin: *"), "request", inspector.Allowed, ""},
		{"a preflight that is allowed", "", observed("OPTIONS", "/x", 204, []string{"Access-Control-Request-Method: PUT"}, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: PUT"), "preflight", inspector.Allowed, "permits"},
		{"a preflight that is refused", "", observed("OPTIONS", "/x", 404, []string{"Access-Control-Request-Method: PUT"}), "preflight", inspector.Blocked, "404"},
		{"a preflight that the policy refuses", policy, enforced("OPTIONS", "/x", 403, []string{"Access-Control-Request-Method: DELETE"}), "preflight", inspector.Blocked, "The policy “app” does not allow the method DELETE."},
		{"a header that the policy refuses", policy, enforced("OPTIONS", "/x", 403, []string{"Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: x-a"}), "preflight", inspector.Blocked, "does not allow the header x-a."},
		{"a preflight that the policy allows", policy, enforced("OPTIONS", "/x", 204, []string{"Access-Control-Request-Method: PUT"}, "Access-Control-Allow-Origin: "+web, "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Credentials: true"), "preflight", inspector.Allowed, "permits"},
		{"corsac adds, and the server says nothing", "", added("GET", "/x", 200, nil), "request", inspector.Blocked, "no CORS headers"},
		{"corsac adds, and the server says the same", "", added("GET", "/x", 200, nil, "Access-Control-Allow-Origin: "+web), "request", inspector.Allowed, "headers that the server sent"},
		{"corsac adds, and the server allows another origin", "", added("GET", "/x", 200, nil, "Access-Control-Allow-Origin: https://a.example", "Access-Control-Max-Age: 5"), "request", inspector.Blocked, ""},
		{"corsac adds, and answers the preflight; the response is blocked", "", added("PUT", "/x", 200, json), "request", inspector.Blocked, "The server's response has no CORS headers."},
		{"corsac adds, and answers the preflight", "", added("PUT", "/x", 200, json, "Access-Control-Allow-Origin: *"), "request", inspector.Unknown, "not asked for permission: PUT, content-type"},
		{"a preflight that corsac answers", "", preflightOfAdd("PUT"), "preflight", inspector.Unknown, "not asked for permission: PUT"},
		{"corsac adds, and the policy decides", policy, added("DELETE", "/x", 200, nil), "request", inspector.Blocked, "The policy “app” does not allow the method DELETE."},
		{"a preflight that corsac answers, and the policy decides", policy, preflightOfAdd("DELETE"), "preflight", inspector.Blocked, "does not allow the method DELETE."},
		{"a failure on purpose", policy, &sample{"GET", "/x", fetched, 503, nil, record.Proxied{Meant: api + "/x", Fault: "fail 503"}}, "fault", inspector.Free, "on purpose"},
		{"a delay on purpose", policy, &sample{"GET", "/x", fetched, 200, nil, record.Proxied{Sent: api + "/x", Fault: "delay 1s"}}, "request", inspector.Allowed, ""},
		{"the page's server is down", "", &sample{"GET", "/x", fetched, 502, nil, record.Proxied{Meant: web + "/x"}}, "own", inspector.Free, ""},
		{"a file of the page", "", ownFile("/a.js"), "own", inspector.Free, "own server"},
		{"a page", "", samples()[0], "navigation", inspector.Free, ""},
		{"a program", "", &sample{"POST", "/x", nil, 200, nil, record.Proxied{Sent: api + "/x"}}, "program", inspector.Free, "No page"},
		{"a WebSocket", "", samples()[12], "websocket", inspector.Free, "check Origin"},
		{"an Origin that is none", "", &sample{"GET", "/x", []string{"Origin: x y"}, 200, nil, record.Proxied{}}, "request", inspector.Unknown, ""},
	} {
		s := start(t, inspector.Options{})
		if c.file != "" {
			s.configure(c.file)
		}
		s.record(c.sample)
		got := call[rows](s, "GET", "list", nil).Rows[0]
		if got.Kind != c.kind || got.State != string(c.state) || !strings.Contains(got.Why, c.why) || got.Why == "" {
			t.Errorf("%s: %+v, want %s, %s, %q", c.name, got, c.kind, c.state, c.why)
		}
		if n := len(got.States); (n != 0) != (c.state != inspector.Free) {
			t.Errorf("%s: %v", c.name, got.States)
		}
		detail := call[struct {
			Row     struct{ State string }
			Diagram []struct{ Title, State string }
		}](s, "GET", "exchange/1?stack=nginx", nil)
		if detail.Row.State != string(c.state) || len(detail.Diagram) < 2 {
			t.Errorf("%s: %+v", c.name, detail)
		}
	}
}

// TestProduction moves page and API to where they are in production.
func TestProduction(t *testing.T) {
	s := start(t, inspector.Options{PageOrigin: "https://app.example.com"})
	s.configure(strings.Replace(policy, web, "https://app.example.com", 1))
	s.record(apiCall("PUT", "/api/x?a=b", 200, nil))
	state := func() string { return call[rows](s, "GET", "list", nil).Rows[0].State }
	if state() != "allowed" {
		t.Error(state())
	}
	call[struct{}](s, "POST", "production", map[string]string{"page": "https://www.example.com/shop", "api": "https://api.example.com"})
	if state() != "blocked" {
		t.Error(state())
	}
	d := call[struct{ Check, Page, Server string }](s, "GET", "exchange/1", nil)
	if d.Check != "corsac check 'https://api.example.com/api/x?a=b' --origin https://www.example.com -X PUT" || d.Page != "https://www.example.com" || d.Server != "https://api.example.com" {
		t.Errorf("%+v", d)
	}
	if _, err := inspector.New(inspector.Options{PageOrigin: "app"}); err == nil {
		t.Error("app is an origin")
	}
}

// TestPolicy learns from both kinds of modes, compares with the file, and exports.
func TestPolicy(t *testing.T) {
	s := start(t, inspector.Options{})
	for _, x := range samples() {
		s.record(x)
	}
	s.configure(policy)
	p := call[struct {
		YAML, File string
		Servers    []struct {
			Server, Name, Compared string
			Diff                   []struct{ Field, Value, Is string }
		}
		Needs []struct {
			Method, Target string
			Needs          []string
			Count          int
		}
	}](s, "GET", "policy", nil)
	if len(p.Servers) != 2 || p.Servers[0].Server != api || p.Servers[1].Server != "https://staging.example.com" || p.Servers[0].Compared != "app" || len(p.Needs) != 9 {
		t.Errorf("%+v", p)
	}
	var diff []string
	for _, e := range p.Servers[0].Diff {
		if e.Is != "there" {
			diff = append(diff, e.Is+" "+e.Field+" "+e.Value)
		}
	}
	if got, want := strings.Join(diff, ", "), "missing allow_methods DELETE, missing allow_headers x-request-id, unused allow_origins https://old.example.com"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	type effect struct {
		Mistakes []struct {
			Line int
			Text string
		}

		Allowed, Blocked, Unknown int
	}
	if e := call[effect](s, "POST", "whatif", map[string]string{"yaml": p.YAML}); e.Allowed != 9 || e.Blocked != 0 || e.Unknown != 0 {
		t.Errorf("what was learned does not allow what was seen: %+v", e)
	}
	if e := call[effect](s, "POST", "whatif", map[string]string{"yaml": p.File}); e.Allowed != 8 || e.Blocked != 1 {
		t.Errorf("the file: %+v", e)
	}
	if e := call[effect](s, "POST", "whatif", map[string]string{"yaml": "policies:\n  a:\n    allow_origin: [x]\n"}); len(e.Mistakes) == 0 || e.Mistakes[0].Line != 3 || strings.Count(e.Mistakes[0].Text, "no such field") != 1 {
		t.Errorf("a mistake: %+v", e)
	}
	for stack, want := range map[string]string{"express": "app.use(cors(", "nginx": "add_header", "corsac": "policies:"} {
		out := call[struct {
			Text    string
			Refused []string
		}](s, "POST", "export", map[string]any{"yaml": policy, "policy": "app", "stack": stack, "form": "", "narrower": true})
		if !strings.Contains(out.Text, want) {
			t.Errorf("%s: %+v", stack, out)
		}
	}
}

// TestMany checks that ten thousand requests are listed, and that more do not stay.
func TestMany(t *testing.T) {
	testenv.NoRace(t, "it needs more exchanges than are kept")
	s := start(t, inspector.Options{})
	for i := range 10_100 {
		s.record(apiCall("PUT", fmt.Sprintf("/api/items/%d", i), 200, []string{"Content-Type: application/json"}))
	}
	begin := time.Now()
	list := call[rows](s, "GET", "list", nil)
	t.Logf("listed after %v", time.Since(begin))
	if len(list.Rows) != 10_000 || list.Rows[0].ID != 101 {
		t.Errorf("%d rows, from %d", len(list.Rows), list.Rows[0].ID)
	}
	p := call[struct{ Needs []struct{} }](s, "GET", "policy", nil)
	if len(p.Needs) != 300 {
		t.Errorf("%d groups", len(p.Needs))
	}
}
