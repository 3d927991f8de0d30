package inspector_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
)

// TestForeign makes the requests that pages of other sites, and scripts of the
// proxied page, could make.
func TestForeign(t *testing.T) {
	s := start(t, inspector.Options{})
	s.record(samples()[6])
	origin := strings.TrimSuffix(s.url, inspector.Path)
	token := "X-Corsac-Token: " + s.token
	for _, c := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
	}{
		{"without the token", "GET", "api/list", "", nil, 403},
		{"another token", "GET", "api/list", "", []string{"X-Corsac-Token: x"}, 403},
		{"the proxied page", "GET", "api/list", "", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"}, 403},
		{"the proxied page reads the page", "GET", "", "", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}, 403},
		{"the proxied page frames the page", "GET", "", "", []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403},
		{"another site, with the token", "GET", "api/list", "", []string{token, "Origin: https://evil.example"}, 403},
		{"another site by Sec-Fetch-Site", "GET", "api/list", "", []string{token, "Sec-Fetch-Site: cross-site"}, 403},
		{"another port", "POST", "api/clear", "{}", []string{token, "Content-Type: application/json", "Origin: http://localhost:1"}, 403},
		{"null", "POST", "api/clear", "{}", []string{token, "Content-Type: application/json", "Origin: null"}, 403},
		{"two origins", "POST", "api/clear", "{}", []string{token, "Content-Type: application/json", "Origin: " + origin, "Origin: https://evil.example"}, 403},
		{"a form", "POST", "api/clear", "{}", []string{token, "Content-Type: text/plain", "Origin: " + origin}, 415},
		{"no type", "POST", "api/clear", "{}", []string{token, "Origin: " + origin}, 415},
		{"faults without the token", "POST", "api/faults", `{"path":"/api"}`, []string{"Content-Type: application/json", "Origin: " + origin}, 403},
		{"faults of another site", "POST", "api/faults", `{"path":"/api"}`, []string{token, "Content-Type: application/json", "Origin: https://evil.example"}, 403},
		{"faults of a form", "POST", "api/faults", `{"path":"/api"}`, []string{token, "Content-Type: text/plain", "Origin: " + origin}, 415},
		{"faults by GET", "GET", "api/faults", "", []string{token}, 405},
		{"a GET that changes something", "GET", "api/clear", "", []string{token}, 405},
		{"a HEAD that changes something", "HEAD", "api/clear", "", []string{token}, 405},
		{"a preflight", "OPTIONS", "api/clear", "", []string{"Origin: https://evil.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-corsac-token"}, 403},
		{"a link of another site to the API", "GET", "api/list", "", []string{token, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403},
		{"a link of another site", "GET", "", "", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 200},
		{"rebinding", "GET", "", "", []string{"Host: evil.example"}, 403},
		{"rebinding of the API", "POST", "api/reveal", `{"id":1,"part":"request","index":2}`, []string{"Host: evil.example", "Origin: http://evil.example", token, "Content-Type: application/json"}, 403},
		{"an address of the network", "GET", "", "", []string{"Host: 10.0.0.7"}, 403},
		{"a private file", "GET", "page/index.html", "", nil, 404},
		{"a path out of the folder", "GET", "page/..%2finspector.go", "", nil, 404},
		{"the page itself", "POST", "api/clear", "{}", []string{token, "Content-Type: application/json", "Origin: " + origin, "Sec-Fetch-Site: same-origin"}, 200},
	} {
		res, body := s.send(c.method, c.path, c.body, c.headers...)
		if res.StatusCode != c.status {
			t.Errorf("%s: %d %.100s, want %d", c.name, res.StatusCode, body, c.status)
		}
		if c.status != 200 && strings.Contains(body, s.token) {
			t.Errorf("%s: the answer has the token", c.name)
		}
		for name := range res.Header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s", c.name, name)
			}
		}
		h := res.Header
		policy := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("%s: %v", c.name, h)
		}
	}
}

// TestHuge sends what is too large or malformed.
func TestHuge(t *testing.T) {
	s := start(t, inspector.Options{})
	s.record(samples()[6])
	usual := []string{"X-Corsac-Token: " + s.token, "Content-Type: application/json"}
	deep := strings.Repeat("[", 100_000)
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"whatif", `{"yaml":"` + strings.Repeat("x", 2<<20) + `"}`, 413},
		{"whatif", `{"yaml":` + deep, 400},
		{"whatif", `{"yaml":1}`, 400},
		{"whatif", `{"yaml":"","more":1}`, 400},
		{"whatif", `{"yaml":""} {}`, 400},
		{"whatif", `{"yaml":"` + deep + `"}`, 200},
		{"whatif", `{"yaml":"a: &a [x]\nb: [*a, *a]"}`, 200},
		{"reveal", `{"id":18446744073709551616}`, 400},
		{"reveal", `{"id":1,"part":"request","index":-1}`, 404},
		{"reveal", `{"id":1,"part":"x","index":0}`, 404},
		{"production", `{"page":"not an origin","api":""}`, 422},
		{"production", `{"page":"https://` + strings.Repeat("a", 100_000) + `.example","api":""}`, 422},
		{"export", `{"yaml":"","policy":"","stack":"no-such","form":"","narrower":false}`, 422},
		{"export", `{"yaml":"","policy":"","stack":"express","form":"no-such","narrower":false}`, 422},
		{"export", `{"yaml":"policies: {a: {allow_origins: [https://a.example]}}","policy":"b","stack":"express","form":"","narrower":false}`, 422},
	} {
		res, body := s.send("POST", "api/"+c.path, c.body, usual...)
		if res.StatusCode != c.status || !strings.HasPrefix(body, "{") || len(body) > 1<<20 {
			t.Errorf("%s %.60s: %d %.200s, want %d", c.path, c.body, res.StatusCode, body, c.status)
		}
	}
	for _, id := range []string{"0", "2", "-1", "99999999999999999999", "x"} {
		if res, _ := s.send("GET", "api/exchange/"+id, "", usual...); res.StatusCode != 404 {
			t.Errorf("exchange %s: %d", id, res.StatusCode)
		}
	}
}

// event is what a follower gets.
type event struct{ name, id, data string }

// followed returns the events that a follower gets.
func followed(t *testing.T, s *session, last string) <-chan event {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Corsac-Token", s.token)
	r.Header.Set("Last-Event-ID", last)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan event)
	go func() {
		defer close(events)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e = event{name: value}
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
				select {
				case events <- e:
				case <-t.Context().Done():
					return
				}
			}
		}
	}()
	return events
}

func next(t *testing.T, events <-chan event) event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("there is no event")
		return event{}
	}
}

// TestEvents follows what is recorded, resumes, and starts again where it must.
func TestEvents(t *testing.T) {
	s := start(t, inspector.Options{})
	list := call[struct{ Next string }](s, "GET", "list", nil)
	events := followed(t, s, list.Next)
	if e := next(t, events); e.name != "change" || !strings.Contains(e.data, `"rows":[]`) {
		t.Errorf("%+v", e)
	}
	s.record(apiCall("GET", "/api/one", 200, nil))
	one := next(t, events)
	if one.name != "change" || !strings.Contains(one.data, `"target":"/api/one"`) || one.id == "" {
		t.Errorf("%+v", one)
	}
	s.record(apiCall("GET", "/api/two", 200, nil))
	if e := next(t, followed(t, s, one.id)); strings.Contains(e.data, "/api/one") || !strings.Contains(e.data, "/api/two") {
		t.Errorf("resumed: %+v", e)
	}
	for _, last := range []string{"", "x-1", strings.Repeat("9", 1000), strings.Split(one.id, "-")[0] + "-x"} {
		if e := next(t, followed(t, s, last)); e.name != "reset" {
			t.Errorf("%q: %+v", last, e)
		}
	}
	next(t, events)
	call[struct{}](s, "POST", "clear", struct{}{})
	if e := next(t, events); !strings.Contains(e.data, `"first":3`) {
		t.Errorf("cleared: %+v", e)
	}
	s.configure(policy)
	s.record(apiCall("GET", "/api/three", 200, nil))
	if e := next(t, events); e.name != "reset" {
		t.Errorf("with another policy: %+v", e)
	}
}

// TestFollowers checks that there may be only so many, and that their places become
// free.
func TestFollowers(t *testing.T) {
	s := start(t, inspector.Options{})
	list := call[struct{ Next string }](s, "GET", "list", nil)
	usual := []string{"X-Corsac-Token: " + s.token, "Last-Event-ID: " + list.Next}
	for range 32 {
		next(t, followed(t, s, list.Next))
	}
	if res, body := s.send("GET", "api/events", "", usual...); res.StatusCode != 503 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestSlowFollower checks that a follower that does not read is dropped, however much
// there is to send.
func TestSlowFollower(t *testing.T) {
	s := start(t, inspector.Options{})
	s.in.SetPatience(200 * time.Millisecond)
	list := call[struct{ Next string }](s, "GET", "list", nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(s.url, inspector.Path), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(conn, "GET %sapi/events HTTP/1.1\r\nHost: localhost\r\nX-Corsac-Token: %s\r\nLast-Event-ID: %s\r\n\r\n", inspector.Path, s.token, list.Next)
	target := "/api/" + strings.Repeat("x", 4000)
	for begin := time.Now(); ; {
		for range 200 {
			s.record(apiCall("GET", target, 200, nil))
		}
		if n := s.in.Followers(); n == 0 && time.Since(begin) > time.Second {
			return
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatal("the follower is still there")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestReveal checks that secrets are masked everywhere, and that one at a time can be
// revealed.
func TestReveal(t *testing.T) {
	s := start(t, inspector.Options{})
	for _, x := range samples() {
		s.record(x)
	}
	usual := "X-Corsac-Token: " + s.token
	paths := []string{"list", "policy"}
	for id := range len(samples()) {
		paths = append(paths, fmt.Sprintf("exchange/%d?stack=express", id+1))
	}
	for _, path := range paths {
		res, body := s.send("GET", "api/"+path, "", usual)
		if res.StatusCode != 200 || strings.Contains(body, secret) {
			t.Errorf("%s: %d, with a secret: %v", path, res.StatusCode, strings.Contains(body, secret))
		}
	}
	d := call[struct {
		Request []struct {
			Name   string
			Masked bool
		}
		Curl string
	}](s, "GET", "exchange/6", nil)
	found := 0
	for i, l := range d.Request {
		if !l.Masked {
			continue
		}
		found++
		got := call[struct{ Value string }](s, "POST", "reveal", map[string]any{"id": 6, "part": "request", "index": i})
		if !strings.HasSuffix(got.Value, secret) {
			t.Errorf("%s: %q", l.Name, got.Value)
		}
	}
	if found != 2 || !strings.Contains(d.Curl, "'Authorization: Bearer TOKEN'") || !strings.Contains(d.Curl, "'Cookie: sid=TOKEN'") {
		t.Errorf("%d masked lines, %s", found, d.Curl)
	}
}

// TestOwnPort checks that the root of a port of its own leads to the page.
func TestOwnPort(t *testing.T) {
	s := start(t, inspector.Options{})
	res, err := http.Get(strings.TrimSuffix(s.url, inspector.Path))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 200 || res.Request.URL.Path != inspector.Path {
		t.Errorf("%d %s", res.StatusCode, res.Request.URL)
	}
}
