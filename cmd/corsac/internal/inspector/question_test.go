package inspector_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// asked is what the playground gets of an exchange.
type asked struct {
	Origin, URL, Method, Headers, Credentials, Mode, Server, Preflight, Actual, Policy string
}

// pairs returns header lines as the engine takes them.
func pairs(lines string) [][2]string {
	list := [][2]string{}
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			list = append(list, [2]string{name, value})
		}
	}
	return list
}

// ask asks the engine about headers, as the playground does.
func (a *asked) ask(t *testing.T) *verdict.Verdict {
	t.Helper()
	q := map[string]any{"origin": a.Origin, "url": a.URL, "method": a.Method, "headers": pairs(a.Headers), "profile": "all"}
	if a.Credentials != "" {
		q["credentials"] = a.Credentials
	}
	if a.Mode != "" {
		q["mode"] = a.Mode
	}
	var wire []any
	for _, w := range [][2]string{{"preflight", a.Preflight}, {"actual", a.Actual}} {
		first, rest, _ := strings.Cut(w[1], "\n")
		if status, _ := strconv.Atoi(first); status != 0 {
			wire = append(wire, map[string]any{"kind": w[0], "status": status, "response_headers": pairs(rest)})
		} else {
			wire = append(wire, map[string]any{"kind": w[0], "error": "net::ERR_CONNECTION_REFUSED"})
		}
	}
	q["wire"] = wire
	text, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	question, err := verdict.ParseQuestion(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	v, err := question.Ask()
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// detailed is a part of the details of an exchange.
type detailed struct {
	Row struct {
		State  inspector.State
		Target string
	}
	Question *asked
}

// TestQuestion checks that the playground gets a request with which it decides as the
// inspector does, and no secret.
func TestQuestion(t *testing.T) {
	s := start(t, inspector.Options{Playground: empty{}})
	more := []*sample{
		observed("PUT", "/v2/cached", 200, []string{"Content-Type: application/json"}, "Access-Control-Allow-Origin: "+web),
		observed("OPTIONS", "/v2/asked", 204, []string{"Access-Control-Request-Method: PUT"}, "Access-Control-Allow-Origin: "+web, "Access-Control-Allow-Methods: PUT"),
		observed("GET", "/v2/key?api_key="+secret, 200, nil),
		observed("GET", "/v2/down", 0, nil),
	}
	for _, x := range append(samples(), more...) {
		s.record(x)
	}
	_, body := s.send("GET", "api/list", "", "X-Corsac-Token: "+s.token)
	if !strings.Contains(body, `"playground":true`) {
		t.Errorf("the page does not know of the playground: %.300s", body)
	}
	results := map[inspector.State]string{inspector.Allowed: "allowed", inspector.Blocked: "blocked", inspector.Unknown: "blocked", inspector.Failed: "error"}
	for id := range len(samples()) + len(more) {
		d := call[detailed](s, "GET", "exchange/"+strconv.Itoa(id+1), nil)
		q := d.Question
		if q == nil {
			if d.Row.State != inspector.Free {
				t.Errorf("%s, %s: no question", d.Row.Target, d.Row.State)
			}
			continue
		}
		if text, _ := json.Marshal(q); strings.Contains(string(text), secret) {
			t.Errorf("%s: a secret: %s", d.Row.Target, text)
		}
		v := q.ask(t)
		got := v.Result
		for _, other := range v.Profiles {
			if other.Result != "allowed" {
				got = other.Result
			}
		}
		if string(got) != results[d.Row.State] {
			t.Errorf("%s is %s, and the playground says %s: %+v", d.Row.Target, d.Row.State, got, q)
		}
	}
	d := call[detailed](s, "GET", "exchange/7", nil)
	want := asked{web, api + "/api/items/3", "PUT", "Authorization: Bearer TOKEN\nContent-Type: application/json", "", "", "headers", "204", "200\nContent-Type: application/json\nX-Powered-By: Express\nX-Total-Count: 3", ""}
	if *d.Question != want {
		t.Errorf("%+v, want %+v", *d.Question, want)
	}
}

// TestQuestionPolicy checks that the playground decides by the policy if the inspector
// does.
func TestQuestionPolicy(t *testing.T) {
	s := start(t, inspector.Options{Playground: empty{}})
	s.configure(policy)
	s.record(samples()[6])
	q := call[detailed](s, "GET", "exchange/1", nil).Question
	var p cors.Policy
	if q == nil || q.Server != "policy" || json.Unmarshal([]byte(q.Policy), &p) != nil || len(p.AllowOrigins) != 2 || !p.AllowCredentials {
		t.Errorf("%+v", q)
	}
}

// TestPlayground checks that there are links to the playground only if there is one,
// and that it is guarded as the rest.
func TestPlayground(t *testing.T) {
	s := start(t, inspector.Options{})
	s.record(samples()[6])
	if d := call[detailed](s, "GET", "exchange/1", nil); d.Question != nil {
		t.Errorf("a link to no playground: %+v", d.Question)
	}
	if res, _ := s.send("GET", "playground/", ""); res.StatusCode != 404 {
		t.Errorf("no playground: %d", res.StatusCode)
	}
	s = start(t, inspector.Options{Playground: empty{}})
	for _, c := range []struct {
		path, header string
		status       int
	}{
		{"playground/", "X: y", 200},
		{"playground/engine.js", "X: y", 200},
		{"playground", "X: y", 200},
		{"playground/", "Host: evil.example", 403},
		{"playground/engine.js", "Sec-Fetch-Site: cross-site", 403},
	} {
		if res, body := s.send("GET", c.path, "", c.header); res.StatusCode != c.status || c.status == 200 && !strings.HasPrefix(body, "/") {
			t.Errorf("%s, %s: %d %s", c.path, c.header, res.StatusCode, body)
		}
	}
}
