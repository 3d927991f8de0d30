package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
)

// send sends a request with headers, in pairs.
func (s *running) send(method, path string, headers ...string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
}

// TestStatus checks what the status says of requests: the most frequent refusals with
// the change that would allow each, and the counts of routes.
func TestStatus(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	text := `policies:
  app: {allow_origins: [https://app.example.com], allow_credentials: true}
  guarded:
    allow_origins: [https://app.example.com]
gateway:
  admin: localhost:0
  listen: 127.0.0.1:0
  routes:
    - {path: /api, upstream: "` + echo(t) + `", policy: app}
    - {path: /guarded, upstream: "http://127.0.0.1:1", policy: guarded, hide_origin: true}
`
	s := run(t, file, text, func(r *serve.Runner) { r.Version = "v1.2.3" })
	const app = "https://app.example.com"
	for _, c := range []struct {
		times   int
		method  string
		path    string
		headers []string
	}{
		{9, "GET", "/api", []string{"Origin", "https://other.example"}},
		{8, "GET", "/guarded", []string{"Origin", "https://third.example"}},
		{7, "OPTIONS", "/api", []string{"Origin", app, "Access-Control-Request-Method", "PATCH"}},
		{6, "OPTIONS", "/api", []string{"Origin", app, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "x-a"}},
		{6, "GET", "/guarded", []string{"Origin", "https://third.example", "Connection", "Upgrade", "Upgrade", "websocket"}},
		{5, "GET", "/api", []string{"Origin", "null"}},
		{4, "GET", "/api", []string{"Origin", `<script>"https://evil.example`}},
		{3, "GET", "/api", []string{"Origin", "http://plain.example"}},
		{2, "GET", "/nowhere", []string{"Origin", "https://lost.example"}},
		{1, "GET", "/guarded", nil},
	} {
		for range c.times {
			s.send(c.method, c.path, c.headers...)
		}
	}
	await(t, "all is counted", func() bool { return s.Status().InFlight == 0 })
	var got serve.Status
	_, body := s.askAdmin("GET", "/status")
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	want := []gateway.Refusal{
		{Origin: "https://other.example", Policy: "app", Reason: "origin-not-allowed", Count: 9, Change: file + ":2: add https://other.example to allow_origins of app"},
		{Origin: "https://third.example", Policy: "guarded", Reason: "origin-not-allowed", Count: 8, Change: file + ":4: add https://third.example to allow_origins of guarded"},
		{Origin: app, Policy: "app", Reason: "method-not-allowed", Value: "PATCH", Count: 7, Change: file + ":2: add PATCH to allow_methods of app"},
		{Origin: app, Policy: "app", Reason: "header-not-allowed", Value: "x-a", Count: 6, Change: file + ":2: add x-a to allow_headers of app"},
		{Origin: "https://third.example", Policy: "guarded", Reason: "hide_origin", Count: 6, Change: file + ":4: add https://third.example to allow_origins of guarded"},
		{Origin: "null", Policy: "app", Reason: "origin-null", Count: 5, Obstacle: "any page can have the origin null"},
		{Origin: `<script>"https://evil.example`, Policy: "app", Reason: "origin-malformed", Count: 4, Obstacle: "no browser sends this"},
		{Origin: "http://plain.example", Policy: "app", Reason: "origin-not-allowed", Count: 3},
		{Origin: "https://lost.example", Reason: "origin-not-allowed", Count: 2, Obstacle: "no route takes the path"},
	}
	if len(got.Refusals) != len(want) {
		t.Fatalf("%s", body)
	}
	for i, r := range got.Refusals {
		if r.Origin == "http://plain.example" { // in the words of package cors
			if !strings.HasPrefix(r.Obstacle, "no policy may allow it: ") || r.Change != "" {
				t.Errorf("%+v", r)
			}
			r.Obstacle = ""
		}
		if r != want[i] {
			t.Errorf("%+v\nwant\n%+v", r, want[i])
		}
	}
	if r := got.Routes; len(r) != 3 || r[0].Route != "/api" || r[0].Decisions != 34 || r[0].Refused != 34 || r[1].Failures != 1 || r[1].Errors != 1 || r[2].Route != "none" || r[2].Decisions != 2 {
		t.Errorf("%+v", r)
	}
	if got.Version != "v1.2.3" || got.Started.IsZero() || got.InFlight != 0 {
		t.Errorf("%s", body)
	}
	s.checkPage()
}

// checkPage checks the page of the status after the requests of TestStatus.
func (s *running) checkPage() {
	s.t.Helper()
	status, body := s.askAdmin("GET", "/")
	if status != http.StatusOK || strings.Contains(body, "<script>") || !strings.Contains(body, "&lt;script&gt;") {
		s.t.Errorf("%d %s", status, body)
	}
	for _, part := range []string{"v1.2.3", "add PATCH to allow_methods of app", "no route takes the path", s.Status().Hash} {
		if !strings.Contains(body, part) {
			s.t.Errorf("the page lacks %q", part)
		}
	}
	write(s.t, s.file, "nonsense: <b>")
	s.askAdmin("POST", "/reload")
	if _, body := s.askAdmin("GET", "/"); !strings.Contains(body, "is refused") || strings.Contains(body, "<b>\"") || strings.Contains(body, "nonsense: <b>") {
		s.t.Errorf("%s", body)
	}
	for _, header := range []string{"Host: rebound.example", "Sec-Fetch-Site: cross-site"} {
		if status, _ := s.askAdmin("GET", "/", header); status != http.StatusForbidden {
			s.t.Errorf("%s: %d", header, status)
		}
	}
	if status, style := s.askAdmin("GET", "/status.css"); status != http.StatusOK || !strings.Contains(style, "prefers-color-scheme") {
		s.t.Errorf("%d", status)
	}
}

// TestAccessLogMoves checks that a new configuration changes where the access log
// goes, and that a file which cannot be written is refused.
func TestAccessLogMoves(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "corsac.yaml")
	plain := fileFor(echo(t), first, "127.0.0.1:0")
	logTo := func(name string) string {
		return strings.Replace(withAdmin(plain), "gateway:\n", "gateway:\n  access_log: {to: "+name+"}\n", 1)
	}
	s := run(t, file, logTo("a.log"), nil)
	send := func(path, origin string) {
		s.send("GET", path, "Origin", origin)
		await(t, "it is logged", func() bool { return s.Status().InFlight == 0 })
	}
	send("/x", first)
	write(t, file, logTo("b.log"))
	if status, body := s.askAdmin("POST", "/reload"); status != http.StatusOK {
		t.Fatal(body)
	}
	send("/y", second)
	write(t, file, logTo("no/such/folder.log"))
	if status, body := s.askAdmin("POST", "/reload"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "gateway.access_log: ") || !strings.Contains(body, "its folder is not there; make it") {
		t.Errorf("%d %s", status, body)
	}
	send("/z", first)
	write(t, file, withAdmin(plain))
	s.askAdmin("POST", "/reload")
	send("/unseen", first)
	for name, paths := range map[string][]string{"a.log": {"/x"}, "b.log": {"/y", "/z"}} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(text), "\n") != len(paths) {
			t.Errorf("%s: %s", name, text)
		}
		for _, path := range paths {
			if !strings.Contains(string(text), `"path":"`+path+`"`) {
				t.Errorf("%s lacks %s:\n%s", name, path, text)
			}
		}
	}
}

// TestAccessLogFolderLater checks that a configuration whose access log has no folder is
// used once the folder is there, without anybody asking for that.
func TestAccessLogFolderLater(t *testing.T) {
	dir := t.TempDir()
	plain := fileFor(echo(t), first, "127.0.0.1:0")
	s := run(t, filepath.Join(dir, "corsac.yaml"), plain, nil)
	before := s.Status().Hash
	write(t, s.file, strings.Replace(plain, "gateway:\n", "gateway:\n  access_log: {to: logs/access.log}\n", 1))
	await(t, "it is refused again, also shortly after the start", func() bool { return s.Status().Refused >= 2 })
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	await(t, "it is used", func() bool { return s.Status().Hash != before && s.Status().Problem == nil })
	if _, err := os.Stat(filepath.Join(dir, "logs", "access.log")); err != nil {
		t.Error(err)
	}
}

// TestStatusOfTrials checks that the status and the page say what is on trial.
func TestStatusOfTrials(t *testing.T) {
	text := strings.Replace(withAdmin(fileFor(echo(t), first, "127.0.0.1:0")), "policy: app}", "policy: app, trial: next, rollout: 5%}", 1)
	text = strings.Replace(text, "gateway:\n", "  next: {allow_origins: [https://next.example.com]}\ngateway:\n", 1)
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
	if r := s.Status().Routes; len(r) != 1 || r[0].Trial != "next" || r[0].Rollout != 5 {
		t.Errorf("%+v", r)
	}
	if _, body := s.askAdmin("GET", "/"); !strings.Contains(body, "app, on trial next (5 %)") {
		t.Errorf("%s", body)
	}
}

// TestStatusOfLimits checks that the status and the page say which limits were reached.
func TestStatusOfLimits(t *testing.T) {
	text := strings.Replace(withAdmin(fileFor(echo(t), first, "127.0.0.1:0")), "gateway:\n", "gateway:\n  limits: {header_bytes: 8KiB}\n", 1)
	text = strings.Replace(text, "policy: app}", "policy: app, max_body: 1KB}", 1)
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), text, nil)
	if got := s.Status().Limits; len(got) != 0 {
		t.Errorf("at the start: %+v", got)
	}
	if _, body := s.askAdmin("GET", "/"); strings.Contains(body, ">Limits reached<") {
		t.Errorf("%s", body)
	}
	s.send("GET", "/", "X-Long", strings.Repeat("x", 9000))
	for range 2 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, strings.NewReader(strings.Repeat("x", 2000)))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
	}
	want := []serve.LimitStatus{{Limit: "max_body", Reached: 2}, {Limit: "header_bytes", Reached: 1}}
	if got := s.Status().Limits; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	_, body := s.askAdmin("GET", "/")
	if shown := regexp.MustCompile(`(?s)<h2>Limits reached</h2>.*<code>max_body</code></td><td[^>]*>2</td>.*<code>header_bytes</code></td><td[^>]*>1</td>`); !shown.MatchString(body) {
		t.Errorf("%s", body)
	}
}

// TestStatusOfCertificates checks when certificates end, and that the page shows it.
func TestStatusOfCertificates(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, 1, "a.example", "b.example")
	text := withAdmin(secureFile(echo(t), "{certificates: [{cert: a.example.pem, key: a.example.key}]}"))
	s := run(t, filepath.Join(dir, "corsac.yaml"), strings.Replace(text, "  plain_listen: localhost:0\n", "", 1), nil)
	ends := s.Status().Certificates
	if len(ends) != 1 || ends[0].Name != "a.example" || ends[0].Until.IsZero() {
		t.Fatalf("%+v", ends)
	}
	if _, body := s.askAdmin("GET", "/"); !strings.Contains(body, ends[0].Until.UTC().Format("2006-01-02 15:04:05 UTC")) {
		t.Errorf("%s", body)
	}
}

// TestCountsOfManyAtOnce checks that no request is lost from the counts when many
// arrive at once, and that those in flight are seen.
func TestCountsOfManyAtOnce(t *testing.T) {
	const clients, each = 8, 25
	var arrived sync.WaitGroup
	arrived.Add(clients)
	release := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			arrived.Done()
			<-release
		}
		status, _ := strconv.Atoi(r.URL.Query().Get("status"))
		w.WriteHeader(status)
	}))
	defer upstream.Close()
	s := run(t, filepath.Join(t.TempDir(), "corsac.yaml"), withAdmin(fileFor(upstream.URL, first, "127.0.0.1:0")), nil)
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for i := range each {
				s.send("GET", fmt.Sprintf("/x?status=%d", 200+(client+i)%each), "Origin", first)
			}
			s.send("GET", "/wait?status=200")
		})
	}
	arrived.Wait()
	if n := s.Status().InFlight; n != clients {
		t.Errorf("%d in flight, want %d", n, clients)
	}
	close(release)
	all.Wait()
	await(t, "all is counted", func() bool { return s.Status().InFlight == 0 })
	if got := s.Status().Routes[0].Decisions; got != clients*(each+1) {
		t.Errorf("%d requests, want %d", got, clients*(each+1))
	}
	_, metrics := s.askAdmin("GET", "/metrics")
	for status := 201; status < 200+each; status++ {
		if want := fmt.Sprintf("corsac_responses_total{route=\"/\",status=\"%d\"} %d\n", status, clients); !strings.Contains(metrics, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if want := fmt.Sprintf("corsac_upstream_duration_seconds_count{route=\"/\"} %d\n", clients*(each+1)); !strings.Contains(metrics, want) {
		t.Errorf("there is no %s", want)
	}
}
