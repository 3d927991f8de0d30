package inspector_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
)

const (
	web    = "http://localhost:5173"
	api    = "http://localhost:8080"
	secret = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// sample is a request through a proxy, and its answer.
type sample struct {
	method, target string
	headers        []string // lines
	status         int
	answer         []string // lines
	proxied        record.Proxied
}

// fetched are the headers of a fetch of the page, in the mode same-origin.
var fetched = []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "User-Agent: Mozilla/5.0"}

// session is an inspector with a server.
type session struct {
	t      *testing.T
	ring   *record.Ring
	config atomic.Pointer[config.Config]
	url    string
	token  string
	next   atomic.Pointer[sample]
	in     *inspector.Inspector
	proxy  http.Handler
}

func start(t *testing.T, o inspector.Options) *session {
	t.Helper()
	s := &session{t: t, ring: record.NewRing(10_000, 64<<20)}
	s.ring.KeepSecrets(8 << 20)
	page, err := url.Parse(web)
	if err != nil {
		t.Fatal(err)
	}
	o.Ring = s.ring
	o.Current = func() inspector.Current {
		return inspector.Current{Web: page, Config: s.config.Load(), ConfigFile: "corsac.yaml"}
	}
	in, err := inspector.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.in = in
	s.proxy = record.Handler(http.HandlerFunc(s.answer), s.ring, "dev")
	srv := httptest.NewServer(in)
	t.Cleanup(srv.Close)
	s.url = strings.Replace(srv.URL, "127.0.0.1", "localhost", 1) + inspector.Path
	_, body := s.send("GET", "", "")
	if m := regexp.MustCompile(`name="corsac-token" content="([^"]+)"`).FindStringSubmatch(body); m != nil {
		s.token = m[1]
	}
	return s
}

// answer plays the proxy.
func (s *session) answer(w http.ResponseWriter, _ *http.Request) {
	x := s.next.Load()
	record.Note(w, x.proxied)
	for _, l := range x.answer {
		name, value, _ := strings.Cut(l, ": ")
		w.Header().Add(name, value)
	}
	if x.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(x.status)
}

// record records a sample.
func (s *session) record(x *sample) {
	s.next.Store(x)
	r := httptest.NewRequest(x.method, "http://localhost:3000"+x.target, nil)
	for _, l := range x.headers {
		name, value, _ := strings.Cut(l, ": ")
		r.Header.Add(name, value)
	}
	defer func() { _ = recover() }() // of a handler that aborts
	s.proxy.ServeHTTP(httptest.NewRecorder(), r)
}

// configure puts a corsac.yaml in place.
func (s *session) configure(text string) {
	s.t.Helper()
	c, err := config.Parse("corsac.yaml", []byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	s.config.Store(c)
}

// send sends a request. headers are lines, before those that are usual.
func (s *session) send(method, path, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range headers {
		name, value, _ := strings.Cut(l, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Add(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res, string(got)
}

// call calls the API as the page does, and decodes the answer.
func call[T any](s *session, method, path string, body any) T {
	s.t.Helper()
	var out bytes.Buffer
	headers := []string{"X-Corsac-Token: " + s.token, "Sec-Fetch-Site: same-origin"}
	if method == "POST" {
		headers = append(headers, "Content-Type: application/json")
		if err := json.NewEncoder(&out).Encode(body); err != nil {
			s.t.Fatal(err)
		}
	}
	res, text := s.send(method, "api/"+path, out.String(), headers...)
	var answer T
	if err := json.Unmarshal([]byte(text), &answer); err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s, %v", method, path, res.StatusCode, text, err)
	}
	return answer
}

// apiCall returns a call of the page to the API in the mode same-origin.
func apiCall(method, target string, status int, headers []string, answer ...string) *sample {
	more := append([]string{}, fetched...)
	if method != "GET" {
		more = append(more, "Origin: http://localhost:3000")
	}
	p := record.Proxied{Route: "/api", Mode: "same-origin", Sent: api + target}
	if method != "GET" {
		p.Changes = []rewrite.Change{{Header: "Origin", Before: "http://localhost:3000", After: api, Why: "the server expects requests of its own pages"}}
	}
	return &sample{method, target, append(more, headers...), status, append([]string{"Content-Type: application/json"}, answer...), p}
}

// ownFile returns a request for a file of the page's own server.
func ownFile(target string) *sample {
	return &sample{"GET", target, []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}, 200, nil, record.Proxied{Route: "/", Sent: web + target}}
}

// observed returns a request of a page on another origin in the mode observe.
func observed(method, target string, status int, headers []string, answer ...string) *sample {
	return &sample{method, target, append([]string{"Origin: " + web, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}, headers...), status, answer, record.Proxied{Route: "/v2", Mode: "observe", Sent: "https://staging.example.com" + target}}
}

// samples are a session as people have them.
func samples() []*sample {
	return []*sample{
		{"GET", "/", []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 200, []string{"Content-Type: text/html"}, record.Proxied{Route: "/", Sent: web + "/"}},
		ownFile("/src/main.tsx"), ownFile("/src/app.css"),
		apiCall("GET", "/api/items?page=1", 200, nil, "Access-Control-Allow-Origin: *", "X-Powered-By: Express"),
		apiCall("POST", "/api/login", 200, []string{"Content-Type: application/json"}, "Set-Cookie: sid="+secret+"; Path=/; HttpOnly", "X-Powered-By: Express"),
		apiCall("GET", "/api/me", 200, []string{"Cookie: sid=" + secret, "Authorization: Bearer " + secret}, "X-Powered-By: Express"),
		apiCall("PUT", "/api/items/3", 200, []string{"Content-Type: application/json", "Authorization: Bearer " + secret}, "X-Total-Count: 3", "X-Powered-By: Express"),
		apiCall("DELETE", "/api/items/7", 204, []string{"X-Request-Id: 7f3a"}, "X-Powered-By: Express"),
		observed("OPTIONS", "/v2/orders", 405, []string{"Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type"}, "Allow: GET, PUT", "X-Powered-By: Express"),
		observed("GET", "/v2/orders", 200, nil, "Access-Control-Allow-Origin: "+web, "Vary: Origin", "X-Powered-By: Express"),
		observed("GET", "/v2/reports", 500, nil, "X-Powered-By: Express"),
		observed("GET", "/v2/prices", 200, []string{"Cookie: a=b"}, "Access-Control-Allow-Origin: *"),
		{"GET", "/hmr", []string{"Origin: http://localhost:3000", "Sec-Fetch-Mode: websocket", "Upgrade: websocket"}, 101, nil, record.Proxied{Route: "/", Sent: web + "/hmr"}},
	}
}

// policy is a corsac.yaml that does not allow everything.
const policy = `policies:
  app:
    allow_origins: [http://localhost:5173, https://old.example.com]
    allow_methods: [PUT]
    allow_headers: [Content-Type, Authorization]
    allow_credentials: true
`
