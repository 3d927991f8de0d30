package inspector_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/fetch"
)

// server plays a server that is asked, and keeps what it was asked.
type server struct {
	response *fetch.WireResponse
	asked    []string
}

func (s *server) ask(_ context.Context, url, server string, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	s.asked = append(s.asked, fmt.Sprintf("%s %s %s %s %s", w.Method, url, server, w.Headers.Get("Origin"), w.Headers.Get("Access-Control-Request-Method")))
	if s.response == nil {
		return nil, errors.New("nothing listens there")
	}
	return s.response, nil
}

// TestAsk asks the server where nobody did, and checks that nothing is sent again that may
// change something, and that the answer counts only for what was asked.
func TestAsk(t *testing.T) {
	response := func(status int, headers ...string) *fetch.WireResponse {
		r := &fetch.WireResponse{Status: status}
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			r.Headers = append(r.Headers, fetch.Header{Name: name, Value: value})
		}
		return r
	}
	permits := response(204, "Access-Control-Allow-Origin: "+web, "Access-Control-Allow-Methods: PUT")
	for _, c := range []struct {
		name     string
		sample   *sample
		response *fetch.WireResponse
		asked    string // "" for nothing
		status   int
		state    inspector.State
		why      string
	}{
		{"a preflight that permits", apiCall("PUT", "/api/x?key=a", 200, nil), permits, "OPTIONS http://localhost:3000/api/x?key=a " + api + " " + web + " PUT", 200, inspector.Allowed, "corsac has asked it"},
		{"a preflight that does not", apiCall("DELETE", "/x", 200, nil), response(404), "OPTIONS http://localhost:3000/x " + api + " " + web + " DELETE", 200, inspector.Blocked, "404"},
		{"a GET", apiCall("GET", "/x", 200, nil), response(200, "Access-Control-Allow-Origin: "+web), "GET http://localhost:3000/x " + api + " " + web + " ", 200, inspector.Allowed, ""},
		{"a GET that is not allowed", apiCall("GET", "/x", 200, nil), response(200), "GET http://localhost:3000/x " + api + " " + web + " ", 200, inspector.Blocked, "no CORS headers"},
		{"a GET with a preflight", apiCall("GET", "/x", 200, []string{"X-A: 1"}), response(204, "Access-Control-Allow-Origin: *", "Access-Control-Allow-Headers: x-a"), "OPTIONS http://localhost:3000/x " + api + " " + web + " GET", 200, inspector.Allowed, ""},
		{"a preflight that corsac answered", preflightOfAdd("PUT"), permits, "OPTIONS http://localhost:3000/x https://staging.example.com " + web + " PUT", 200, inspector.Allowed, "permits"},
		{"a POST without a preflight", apiCall("POST", "/x", 200, nil), permits, "", 409, inspector.Unknown, "not asked"},
		{"what is known", apiCall("GET", "/x", 200, nil, "Access-Control-Allow-Origin: *"), permits, "", 409, inspector.Allowed, ""},
		{"a page", samples()[0], permits, "", 409, inspector.Free, ""},
		{"a server that is down", apiCall("PUT", "/x", 200, nil), nil, "OPTIONS http://localhost:3000/x " + api + " " + web + " PUT", 502, inspector.Unknown, "not asked"},
	} {
		srv := &server{response: c.response}
		s := start(t, inspector.Options{Ask: srv.ask})
		s.record(c.sample)
		res, body := s.send("POST", "api/ask", `{"id":1}`, "X-Corsac-Token: "+s.token, "Content-Type: application/json")
		if res.StatusCode != c.status || strings.Join(srv.asked, "; ") != c.asked {
			t.Errorf("%s: %d %s, asked %q, want %d, %q", c.name, res.StatusCode, body, srv.asked, c.status, c.asked)
		}
		if got := call[rows](s, "GET", "list", nil).Rows[0]; got.State != string(c.state) || !strings.Contains(got.Why, c.why) {
			t.Errorf("%s: %+v, want %s, %q", c.name, got, c.state, c.why)
		}
		d := call[struct {
			Ask bool
			Row struct{ State string }
		}](s, "GET", "exchange/1", nil)
		if again := c.status == 502; d.Ask != again || d.Row.State != string(c.state) {
			t.Errorf("%s: %+v", c.name, d)
		}
		if c.status != 200 {
			continue
		}
		call[struct{}](s, "POST", "production", map[string]string{"page": "https://other.example.com"})
		if got := call[rows](s, "GET", "list", nil).Rows[0].State; c.name != "a preflight that corsac answered" && got != "unknown" {
			t.Errorf("%s: an answer to another page counts: %s", c.name, got)
		}
	}
}

// TestAskGuard checks that no other page lets corsac ask servers.
func TestAskGuard(t *testing.T) {
	srv := &server{response: &fetch.WireResponse{Status: 200}}
	s := start(t, inspector.Options{Ask: srv.ask})
	s.record(apiCall("PUT", "/x", 200, nil))
	token := "X-Corsac-Token: " + s.token
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"without the token": {[]string{"Content-Type: application/json"}, 403},
		"a form":            {[]string{token, "Content-Type: text/plain"}, 415},
		"another site":      {[]string{token, "Content-Type: application/json", "Origin: https://evil.example"}, 403},
		"rebinding":         {[]string{token, "Content-Type: application/json", "Host: evil.example"}, 403},
	} {
		if res, body := s.send("POST", "api/ask", `{"id":1}`, c.headers...); res.StatusCode != c.status || len(srv.asked) > 0 {
			t.Errorf("%s: %d %s, asked %q", name, res.StatusCode, body, srv.asked)
		}
	}
	if res, _ := s.send("GET", "api/ask", "", token); res.StatusCode != 405 {
		t.Errorf("GET: %d", res.StatusCode)
	}
	without := start(t, inspector.Options{})
	without.record(apiCall("PUT", "/x", 200, nil))
	if res, _ := without.send("POST", "api/ask", `{"id":1}`, "X-Corsac-Token: "+without.token, "Content-Type: application/json"); res.StatusCode != 409 {
		t.Errorf("nobody to ask: %d", res.StatusCode)
	}
}
